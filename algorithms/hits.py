"""HITS: who points at what is pointed at by those who point well."""

from __future__ import annotations

from graph.model import InteractionGraph, Ranking, kernel


def hits(
    graph: InteractionGraph,
    *,
    iterations: int = 1_000,
    tolerance: float = 1e-8,
    weighted: bool = True,
) -> tuple[Ranking, Ranking]:
    """Hubs and authorities, each at least 0 and adding up to 1.

    A hub acts on good authorities, an authority is acted on by good hubs; an undirected edge does
    both. In a graph of several parts the part with the largest singular value takes all. Without
    any edge all scores are even.

    Args:
        graph: any graph with weights of at least 0; layers of an edge are summed.
        iterations: the most rounds to wait for rest.
        tolerance: the summed change of a round below which hubs rest.
        weighted: whether weights matter.

    Raises:
        ValueError: the scores do not rest within `iterations`, or a weight is out of range.

    Source: Kleinberg 1999, Authoritative sources in a hyperlinked environment.
    """
    if iterations < 1:
        message = f"`iterations` is at least 1, not {iterations}"
        raise ValueError(message)
    hubs, authorities = kernel(graph, "hits")(
        graph, iterations=iterations, tolerance=tolerance, weighted=weighted
    )
    return Ranking(hubs, method="hits-hubs"), Ranking(authorities, method="hits-authorities")
