"""The local ways to rank a graph's accounts: tables to arrays, a kernel, arrays to a `RANKING`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.dense import dense
from graph.engines.kernels.matrix import adjacency
from graph.engines.kernels.pagerank import pagerank_scores, walk_of
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import RANKING
from graph.table import Table

Floats = npt.NDArray[np.float64]


def pagerank(
    graph: InteractionGraph,
    *,
    seeds: Mapping[str, float] | None,
    damping: float,
    iterations: int | None,
    tolerance: float,
    weighted: bool,
) -> Table:
    """PageRank (`RANKING`); walkers restart anywhere, or at `seeds` by their weights."""
    refuse_odd_weights(graph)
    given = dense(graph)
    restart = (
        np.full(given.accounts, 1 / max(given.accounts, 1))
        if seeds is None
        else _placed(given.ids, seeds)
    )
    weights = given.weight if weighted else np.ones(len(given.src))
    matrix = adjacency(given.accounts, given.src, given.dst, weights, directed=given.directed)
    walk, sinks = walk_of(matrix)
    scores = pagerank_scores(
        walk, sinks, restart, damping=damping, iterations=iterations, tolerance=tolerance
    )
    return _ranked(graph, given.ids, scores)


def _placed(ids: pa.StringArray, seeds: Mapping[str, float]) -> Floats:
    """The seeds' weights at their places, adding up to 1.

    Raises:
        ValueError: a seed is no account of the graph.
    """
    names = sorted(seeds)
    places = pc.index_in(pa.array(names, pa.string()), value_set=ids)
    strangers = [name for name, at in zip(names, places.to_pylist(), strict=True) if at is None]
    if strangers:
        message = (
            f"{len(strangers)} of {len(names)} seeds are no accounts of the graph,"
            f" the first {strangers[0]!r}"
        )
        raise ValueError(message)
    placed = np.zeros(len(ids))
    placed[places.to_numpy().astype(np.int64)] = [seeds[name] for name in names]
    share: Floats = placed / placed.sum()
    return share


def _ranked(graph: InteractionGraph, ids: pa.StringArray, scores: Floats) -> Table:
    rows = pa.Table.from_arrays([ids, pa.array(scores, pa.float64())], schema=RANKING.arrow)
    return graph.engine.from_arrow(rows, RANKING)
