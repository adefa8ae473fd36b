"""An edge's weight in [0, 1], from what its layer measured."""

from __future__ import annotations

from graph.model import InteractionGraph
from graph.schemas import EDGES


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
