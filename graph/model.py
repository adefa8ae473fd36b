"""The central values: a graph of accounts, a division of it, a ranking of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import NotOnThisEngine
from graph.table import Table

if TYPE_CHECKING:
    from graph.engine import Engine, Kernel


@dataclass(frozen=True, slots=True)
class InteractionGraph:
    """Accounts joined by edges (`EDGES`).

    Undirected graphs hold each pair once with `src < dst` in byte order (self-loops have
    `src = dst`); directed graphs hold who acts in `src` and on whom in `dst`. `accounts` names the
    vertices (a table with an `account` column, such as `ACCOUNTS`) where some have no edge;
    without it the vertices are the edges' ends.
    """

    edges: Table
    directed: bool = False
    accounts: Table | None = None

    @property
    def engine(self) -> Engine:
        """The engine that holds the edges."""
        return self.edges.engine


@dataclass(frozen=True, slots=True)
class Clustering:
    """A partition of a graph's accounts (`CLUSTERING`): each account is in just one cluster.

    A cluster is named by its least account id, never by a counter. `bounds` (`BOUNDS`) has a row
    for each part of the graph that the method could not divide as a whole.
    """

    members: Table
    method: str
    bounds: Table | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """A score for each account of a graph (`RANKING`); `method` says what the score is."""

    scores: Table
    method: str


def kernel(of: InteractionGraph | Table, name: str) -> Kernel:
    """The native way to do `name` where the graph lives.

    Raises:
        NotOnThisEngine: the engine has none.
    """
    native = of.engine.kernel(name)
    if native is None:
        message = f'`{name}` does not run on the {of.engine.name} engine; use engine = "local"'
        raise NotOnThisEngine(message)
    return native
