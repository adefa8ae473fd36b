"""k-core: how deep in a dense part an account sits."""

from __future__ import annotations

from graph.model import InteractionGraph, Ranking, kernel


def k_core(graph: InteractionGraph) -> Ranking:
    """Each account's core number: the largest k of a part where all have k partners inside it.

    Partners are distinct other accounts: weights, layers, directions and self-loops do not matter.
    An account without partners has core number 0.

    Source: Seidman 1983; Batagelj and Zaversnik 2003.
    """
    return Ranking(kernel(graph, "k-core")(graph), method="k-core")
