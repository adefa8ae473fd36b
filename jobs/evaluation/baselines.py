"""Other methods over the same interactions, each a declaration; `BASELINES` lists them.

A method gives what it found, or says why it was left out: a tool that is not installed is no
failure. New ones are added to the list and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from algorithms.label_propagation import semi_synchronous_label_propagation
from algorithms.leiden import leiden
from graph.model import Clustering, InteractionGraph
from graph.table import Table
from jobs.evaluation.analyst import analyst_graph
from jobs.evaluation.cnt_peer import toolkit
from jobs.evaluation.found import Found, found_by
from jobs.evaluation.fraudar import fraudar


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A method that could not be asked, and why."""

    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A method that runs are set beside.

    Attributes:
        name: its key in the document.
        says: what it does, in words.
        find: takes the interactions (`INTERACTIONS`) and the seed of every random choice.
    """

    name: str
    says: str
    find: Callable[[Table, int], Found | LeftOut]


def _analyst(interactions: Table, seed: int, *, within_seconds: float) -> Found:
    graph = analyst_graph(interactions, within_seconds=within_seconds)
    return found_by(graph, _leiden(graph, seed))


def _propagated(interactions: Table, seed: int, *, within_seconds: float) -> Found:
    graph = analyst_graph(interactions, within_seconds=within_seconds)
    return found_by(graph, semi_synchronous_label_propagation(graph, seed=seed))


def _leiden(graph: InteractionGraph, seed: int) -> Clustering:
    # As the libraries do it when they are told nothing: modularity over the whole graph.
    return leiden(graph, resolution=1.0, objective="modularity", per_component=False, seed=seed)


def _toolkit(interactions: Table, seed: int) -> Found | LeftOut:
    found = toolkit(interactions)
    return LeftOut(found) if isinstance(found, str) else found


def _fraudar(interactions: Table, seed: int) -> Found | LeftOut:
    # It has no random choice.
    found = fraudar(interactions)
    return LeftOut(found) if isinstance(found, str) else found


_DECLARED = (
    Baseline(
        name="analyst-600s",
        says="same action on the same object within 600 s, on 3 objects or more, weighted by"
        " popularity; Leiden",
        find=partial(_analyst, within_seconds=600),
    ),
    Baseline(
        name="analyst-3600s",
        says="the same within 3600 s",
        find=partial(_analyst, within_seconds=3600),
    ),
    Baseline(
        name="label-propagation",
        says="the graph of analyst-600s, divided by label propagation",
        find=partial(_propagated, within_seconds=600),
    ),
    Baseline(
        name="fraudar",
        says="the ten densest blocks of accounts and objects, popular objects weighing less",
        find=_fraudar,
    ),
    Baseline(
        name="cnt",
        says="coordination-network-toolkit at its defaults: 60 s, two messages, connected parts",
        find=_toolkit,
    ),
)
BASELINES: dict[str, Baseline] = {each.name: each for each in _DECLARED}
"""In the order of the report."""
