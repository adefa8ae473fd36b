"""The ways to rank a graph's accounts: arrays to scores, and the local engine's tables to arrays.

The functions that end in `_of` know no engine: another engine's workers run them too.
"""

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
    rows = pagerank_of(
        dense(graph),
        seeds=seeds,
        damping=damping,
        iterations=iterations,
        tolerance=tolerance,
        weighted=weighted,
    )
    return _kept(graph, rows)


def seed_propagation(
    graph: InteractionGraph, *, bad: Mapping[str, float], good: Mapping[str, float]
) -> Table:
    """How much nearer each account is to `bad` than to `good` (`RANKING`)."""
    refuse_odd_weights(graph)
    return _kept(graph, seed_propagation_of(dense(graph), bad=bad, good=good))


def k_core(graph: InteractionGraph) -> Table:
    """Core numbers (`RANKING`)."""
    return _kept(graph, k_core_of(dense(graph)))


def hits(
    graph: InteractionGraph, *, iterations: int, tolerance: float, weighted: bool
) -> tuple[Table, Table]:
    """Hubs and authorities (two `RANKING`s)."""
    refuse_odd_weights(graph)
    both = hits_of(dense(graph), iterations=iterations, tolerance=tolerance, weighted=weighted)
    hubs, authorities = (
        pa.Table.from_arrays([both["account"], both[name]], schema=RANKING.arrow)
        for name in ("hub", "authority")
    )
    return _kept(graph, hubs), _kept(graph, authorities)


def pagerank_of(
    given: DenseGraph,
    *,
    seeds: Mapping[str, float] | None,
    damping: float,
    iterations: int | None,
    tolerance: float,
    weighted: bool,
) -> pa.Table:
    """The rows of `pagerank`."""
    restart = (
        np.full(given.accounts, 1 / max(given.accounts, 1))
        if seeds is None
        else _shares(_placed(given.ids, seeds))
    )
    walk, sinks = walk_of(_matrix(given, weighted=weighted), directed=given.directed)
    scores = pagerank_scores(
        walk, sinks, restart, damping=damping, iterations=iterations, tolerance=tolerance
    )
    return _ranked(given.ids, scores)


def seed_propagation_of(
    given: DenseGraph, *, bad: Mapping[str, float], good: Mapping[str, float]
) -> pa.Table:
    """The rows of `seed_propagation`."""
    scores = residuals(
        _matrix(given, weighted=True), _placed(given.ids, bad), _placed(given.ids, good)
    )
    return _ranked(given.ids, scores)


def k_core_of(given: DenseGraph) -> pa.Table:
    """The rows of `k_core`."""
    cores = core_numbers(given.accounts, given.src, given.dst)
    return _ranked(given.ids, cores.astype(np.float64))


def hits_of(given: DenseGraph, *, iterations: int, tolerance: float, weighted: bool) -> pa.Table:
    """The scores of `hits`: `account`, `hub` and `authority`."""
    hubs, authorities = hub_scores(
        _matrix(given, weighted=weighted), iterations=iterations, tolerance=tolerance
    )
    return pa.table({"account": given.ids, "hub": hubs, "authority": authorities})


def _matrix(given: DenseGraph, *, weighted: bool) -> Matrix:
    """The graph's matrix, all weights 1 where they do not matter."""
    weight = given.weight if weighted else np.ones(len(given.src))
    return adjacency(given.accounts, given.src, given.dst, weight, directed=given.directed)


def _ranked(ids: pa.StringArray, scores: Floats) -> pa.Table:
    """`RANKING` rows."""
    return pa.Table.from_arrays([ids, pa.array(scores, pa.float64())], schema=RANKING.arrow)


def refuse_strangers(strangers: int, first: str, *, of: int) -> None:
    """Refuse seeds that are no accounts.

    Raises:
        ValueError: there are some.
    """
    if strangers:
        message = f"{strangers} of {of} seeds are no accounts of the graph, the first {first!r}"
        raise ValueError(message)


def _placed(ids: pa.StringArray, seeds: Mapping[str, float]) -> Floats:
    """The seeds' weights at their places."""
    names = sorted(seeds)
    places = pc.index_in(pa.array(names, pa.string()), value_set=ids)
    strangers = [name for name, at in zip(names, places.to_pylist(), strict=True) if at is None]
    refuse_strangers(len(strangers), strangers[0] if strangers else "", of=len(names))
    placed = np.zeros(len(ids))
    placed[places.to_numpy().astype(np.int64)] = [seeds[name] for name in names]
    return placed


def _shares(placed: Floats) -> Floats:
    shares: Floats = placed / placed.sum()
    return shares


def _kept(graph: InteractionGraph, rows: pa.Table) -> Table:
    return graph.engine.from_arrow(rows, RANKING)
