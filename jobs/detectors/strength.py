"""An edge's weight in [0, 1] from what its layer measured, and what lies inside clusters."""

from __future__ import annotations

from typing import NamedTuple

from algorithms.facts import inner_edges
from graph.model import Clustering, InteractionGraph
from graph.schemas import EDGES
from graph.table import Table


def weighted_by_surprise(graph: InteractionGraph, *, full_at: float) -> InteractionGraph:
    """Edges weighted by their p-value: -log10 p / `full_at`, at most 1.

    A weight that follows surprise survives growth in volume; a count does not.
    """
    weighted = graph.engine.sql(
        f"select {EDGES.selecting(weight='least(greatest(-log10_p / $full_at, 0.0), 1.0)')}"
        " from {edges}",
        EDGES,
        {"full_at": full_at},
        edges=graph.edges,
    )
    return InteractionGraph(weighted, directed=graph.directed, accounts=graph.accounts)


def weakly(edges: Table, *, full_at: float) -> Table:
    """Refused edges (`EDGES`), each at half the weight that its surprise would have."""
    half = "least(greatest(-log10_p / $full_at, 0.0), 1.0) / 2.0"
    return edges.engine.sql(
        f"select {EDGES.selecting(weight=half)} from {{edges}}",
        EDGES,
        {"full_at": full_at},
        edges=edges,
    )


def counted_inside(edges: Table, clustering: Clustering) -> Counted:
    """How much stands behind the edges inside clusters."""
    inner = inner_edges(edges, clustering)
    row = inner.engine.query(
        "select coalesce(sum(post_pairs), 0) as pairs, coalesce(sum(objects), 0) as objects"
        " from {inner}",
        inner=inner,
    ).to_pylist()[0]
    return Counted(post_pairs=int(row["pairs"]), objects=int(row["objects"]))


class Counted(NamedTuple):
    """Sums over edges."""

    post_pairs: int
    objects: int
