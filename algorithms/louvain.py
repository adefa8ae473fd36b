"""Louvain: the older way to a division of high modularity."""

from __future__ import annotations

import math

from graph.model import Clustering, InteractionGraph, kernel


def louvain(graph: InteractionGraph, *, resolution: float = 1.0, seed: int = 0) -> Clustering:
    """Communities of high modularity, over the whole graph at once.

    For comparison with published work; `leiden` finds better and always connected communities,
    and with `cpm` also small ones. Layers are summed and directions do not matter. The answer
    depends on `seed` alone, not on the order of rows. A community is named by its least account.

    Args:
        graph: any graph with weights of at least 0.
        resolution: above 0; more makes smaller communities.
        seed: of the random order in which accounts are visited.

    Raises:
        NotOnThisEngine: igraph is not installed.
        ValueError: a setting or a weight is out of range.

    Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008.
    """
    if not 0 < resolution < math.inf:
        message = f"`resolution` is above 0, not {resolution}"
        raise ValueError(message)
    members = kernel(graph, "louvain")(graph, resolution=resolution, seed=seed)
    return Clustering(members, method="louvain")
