"""Layers into one coordination graph, and that graph into clusters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from algorithms.label_propagation import semi_synchronous_label_propagation
from algorithms.leiden import leiden
from graph.engine import Engine
from graph.errors import ConfigError
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES
from jobs.detector import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """How the coordination graph is divided."""

    method: Literal["leiden", "label-propagation"] = "leiden"
    resolution: float = 0.1
    """CPM: the least weight that an average pair of a cluster has; see docs/decisions/0003."""
    at_least_accounts: int = 3
    """Smaller groups are left out: a pair is a coincidence that one can look at by hand."""
    rounds: int = 16
    """Rounds of label propagation, where that is the method."""


def coordination_graph(engine: Engine, layers: Sequence[Layer]) -> InteractionGraph:
    """All layers' edges in one graph; each edge keeps its layer, and layers' weights add up.

    A pair that two layers join is two rows, so each layer's share of the joined weight stays
    readable; algorithms add the rows.
    """
    if not layers:
        none = engine.from_arrow(EDGES.arrow.empty_table(), EDGES)
        return InteractionGraph(none)
    query = " union all ".join(f"select * from {{layer_{n}}}" for n in range(len(layers)))
    tables = {f"layer_{n}": layer.graph.edges for n, layer in enumerate(layers)}
    return InteractionGraph(engine.sql(query, EDGES, **tables))


def divide(graph: InteractionGraph, settings: ClusterSettings, *, seed: int) -> Clustering:
    """The whole coordination graph divided, groups of one and two among them."""
    if settings.method == "leiden":
        return leiden(graph, resolution=settings.resolution, seed=seed)
    return semi_synchronous_label_propagation(graph, rounds=settings.rounds, seed=seed)


def large(whole: Clustering, settings: ClusterSettings) -> Clustering:
    """The clusters of at least `at_least_accounts` accounts.

    Raises:
        ConfigError: `at_least_accounts` is below 2.
    """
    if settings.at_least_accounts < 2:
        message = f"at_least_accounts is at least 2, not {settings.at_least_accounts}"
        raise ConfigError(message)
    members = whole.members.engine.sql(
        """
        select account, cluster from {members}
        where cluster in (
            select cluster from {members} group by cluster having count(*) >= $accounts)
        """,
        CLUSTERING,
        {"accounts": settings.at_least_accounts},
        members=whole.members,
    )
    return Clustering(members, method=whole.method)
