"""PageRank: where a walker along the edges is found, from anywhere or from seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graph.model import InteractionGraph, Ranking, kernel


def pagerank(
    graph: InteractionGraph,
    *,
    damping: float = 0.85,
    iterations: int | None = None,
    tolerance: float = 1e-10,
    weighted: bool = True,
) -> Ranking:
    """Each account's share of the walkers: at least 0, adding up to 1 over the graph.

    A walker follows an edge with chance `damping` (heavier edges oftener, if `weighted`; an
    undirected edge both ways) and restarts anywhere otherwise. Walkers at a sink restart.

    Args:
        graph: any graph with weights of at least 0; layers of an edge are summed.
        damping: the chance of walking on, in [0, 1).
        iterations: just so many rounds from the even start; None goes on to `tolerance`.
        tolerance: the summed change of a round at which scores rest.
        weighted: whether weights matter; an edge of several layers is one edge otherwise.

    Raises:
        ValueError: a setting or a weight is out of range.

    Source: Page, Brin, Motwani and Winograd 1999, with sinks as LDBC Graphalytics has them.
    """
    _refuse_odd_settings(damping, iterations, tolerance)
    scores = kernel(graph, "pagerank")(
        graph,
        seeds=None,
        damping=damping,
        iterations=iterations,
        tolerance=tolerance,
        weighted=weighted,
    )
    return Ranking(scores, method="pagerank")


def personalised_pagerank(
    graph: InteractionGraph,
    seeds: Iterable[str] | Mapping[str, float],
    *,
    damping: float = 0.85,
    iterations: int | None = None,
    tolerance: float = 1e-10,
    weighted: bool = True,
) -> Ranking:
    """How near each account is to `seeds`: shares of walkers that restart at the seeds alone.

    As `pagerank`, but walkers start and restart at the seeds, also from sinks. A mapping gives
    each seed its weight.

    Raises:
        ValueError: a seed is no account of the graph, there is none, or a setting, weight or
            edge weight is out of range.

    Source: Haveliwala 2002, Topic-sensitive PageRank.
    """
    _refuse_odd_settings(damping, iterations, tolerance)
    weights = dict(seeds) if isinstance(seeds, Mapping) else dict.fromkeys(seeds, 1.0)
    if not weights or not all(0 <= weight < float("inf") for weight in weights.values()):
        message = "`seeds` names at least one account, with weights of at least 0"
        raise ValueError(message)
    if not sum(weights.values()) > 0:
        message = "the weights of `seeds` are all 0; give at least one a weight above 0"
        raise ValueError(message)
    scores = kernel(graph, "pagerank")(
        graph,
        seeds=weights,
        damping=damping,
        iterations=iterations,
        tolerance=tolerance,
        weighted=weighted,
    )
    return Ranking(scores, method="personalised-pagerank")


def _refuse_odd_settings(damping: float, iterations: int | None, tolerance: float) -> None:
    if not 0 <= damping < 1:
        message = f"`damping` is a chance in [0, 1), not {damping}"
        raise ValueError(message)
    if iterations is not None and iterations < 0:
        message = f"`iterations` is at least 0, not {iterations}"
        raise ValueError(message)
    if not 0 < tolerance < 1:
        message = f"`tolerance` is in (0, 1), not {tolerance}"
        raise ValueError(message)
