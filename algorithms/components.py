"""Connected components: the coarsest honest division of a graph."""

from __future__ import annotations

from graph.model import Clustering, InteractionGraph, kernel


def components(graph: InteractionGraph) -> Clustering:
    """Accounts that a path of edges joins, whatever the edges' weights and directions.

    Every account of the graph is in just one component; one without edges is its own. A component
    is named by its least account id.

    Source: weakly connected components as LDBC Graphalytics defines them (WCC).
    """
    return Clustering(kernel(graph, "components")(graph), method="components")
