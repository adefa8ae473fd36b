"""A run's coordination graph, whole or one cluster of it, as other libraries hold graphs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.place import opened
from graph import convert
from graph.model import InteractionGraph
from graph.schemas import ACCOUNTS, EDGES
from ringwatch.frames import frame

if TYPE_CHECKING:
    import pandas as pd

_PEOPLE = """
select account, min(name) as name, min(created_at) as created_at,
       cast(null as bigint) as followers, min(platform) as platform
from {members} where cluster = $cluster or $cluster is null group by account
"""
_INSIDE = """
with inside as (select account from {members} where cluster = $cluster)
select * from {edges}
where $cluster is null
   or (src in (select account from inside) and dst in (select account from inside))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The accounts that act together and how strongly, read from the run when it is asked for.

    `cluster` is the name of the one cluster it shows, None for the whole graph: then accounts that
    are in no cluster are in it too, where an edge joins them.
    """

    out: Path
    run: str
    cluster: str | None = None

    def to_pandas(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Its edges and its accounts."""
        with self._read() as graph:
            edges, accounts = convert.to_arrow(graph)
            return frame(edges), frame(accounts)

    def to_networkx(self) -> Any:  # noqa: ANN401 - networkx has no types
        """A `networkx.MultiGraph`; nodes are ids, edge keys are layers.

        Raises:
            NotOnThisEngine: networkx is not installed.
        """
        with self._read() as graph:
            return convert.to_networkx(graph)

    def to_igraph(self) -> Any:  # noqa: ANN401 - igraph has no types
        """An `igraph.Graph`; vertex `name` is the id, `label` the name that the account shows.

        Raises:
            NotOnThisEngine: igraph is not installed.
        """
        with self._read() as graph:
            return convert.to_igraph(graph)

    @contextmanager
    def _read(self) -> Iterator[InteractionGraph]:
        with opened(self.out, self.run) as place:
            members = place.run.table(place.engine, "members")
            edges = place.run.table(place.engine, "edges")
            only = {"cluster": self.cluster}
            yield InteractionGraph(
                place.engine.sql(_INSIDE, EDGES, only, members=members, edges=edges),
                accounts=place.engine.sql(_PEOPLE, ACCOUNTS, only, members=members),
            )
