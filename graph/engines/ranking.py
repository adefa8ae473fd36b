"""The local ways to rank a graph's accounts: tables to arrays, a kernel, arrays to a `RANKING`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.dense import DenseGraph, dense
from graph.engines.kernels.cores import core_numbers
from graph.engines.kernels.hits import hub_scores
from graph.engines.kernels.matrix import Matrix, adjacency
from graph.engines.kernels.pagerank import pagerank_scores, walk_of
from graph.engines.kernels.seeds import residuals
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
        else _shares(_placed(given.ids, seeds))
    )
    walk, sinks = walk_of(_matrix(given, weighted=weighted))
    scores = pagerank_scores(
        walk, sinks, restart, damping=damping, iterations=iterations, tolerance=tolerance
    )
    return _ranked(graph, given.ids, scores)


def seed_propagation(
    graph: InteractionGraph, *, bad: Mapping[str, float], good: Mapping[str, float]
) -> Table:
    """How much nearer each account is to `bad` than to `good` (`RANKING`)."""
    refuse_odd_weights(graph)
    given = dense(graph)
    scores = residuals(
        _matrix(given, weighted=True), _placed(given.ids, bad), _placed(given.ids, good)
    )
    return _ranked(graph, given.ids, scores)


def k_core(graph: InteractionGraph) -> Table:
    """Core numbers (`RANKING`)."""
    given = dense(graph)
    cores = core_numbers(given.accounts, given.src, given.dst)
    return _ranked(graph, given.ids, cores.astype(np.float64))


def hits(
    graph: InteractionGraph, *, iterations: int, tolerance: float, weighted: bool
) -> tuple[Table, Table]:
    """Hubs and authorities (two `RANKING`s)."""
    refuse_odd_weights(graph)
    given = dense(graph)
    hubs, authorities = hub_scores(
        _matrix(given, weighted=weighted), iterations=iterations, tolerance=tolerance
    )
    return _ranked(graph, given.ids, hubs), _ranked(graph, given.ids, authorities)


def _matrix(given: DenseGraph, *, weighted: bool) -> Matrix:
    weight = given.weight if weighted else np.ones(len(given.src))
    return adjacency(given.accounts, given.src, given.dst, weight, directed=given.directed)


def _placed(ids: pa.StringArray, seeds: Mapping[str, float]) -> Floats:
    """The seeds' weights at their places.

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
    return placed


def _shares(placed: Floats) -> Floats:
    shares: Floats = placed / placed.sum()
    return shares


def _ranked(graph: InteractionGraph, ids: pa.StringArray, scores: Floats) -> Table:
    rows = pa.Table.from_arrays([ids, pa.array(scores, pa.float64())], schema=RANKING.arrow)
    return graph.engine.from_arrow(rows, RANKING)
