"""PageRank of graphs that no worker holds: one product a round.

Sums of doubles depend on their order, so scores agree with the local engine's to 1e-9 of their
scale and not to the last bit. The definition and its sources are those of `kernels.pagerank`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.kernels.pagerank import most_rounds
from graph.engines.ranking import pagerank_of, refuse_strangers
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.loops import Loop, held, looping, settling
from graph.engines.spark.pairs import summed_pairs
from graph.engines.spark.products import adjacency, product
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import RANKING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


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
    with summed_pairs(graph, weighted=weighted) as pairs:
        if fits_one_task(graph, pairs):
            work = partial(
                pagerank_of,
                seeds=seeds,
                damping=damping,
                iterations=iterations,
                tolerance=tolerance,
                weighted=weighted,
            )
            return in_one_task(graph, pairs, work, RANKING)
        with dense_frames(graph, pairs) as given:
            return _walked(
                given, seeds, damping=damping, iterations=iterations, tolerance=tolerance
            )


def placed(given: DenseFrames, seeds: Mapping[str, float], name: str) -> DataFrame:
    """The seeds' codes (`code`) and, in a column called `name`, their weights.

    Raises:
        ValueError: a seed is no account of the graph.
    """
    from pyspark.sql import functions as f

    names = sorted(seeds)
    rows = pa.table(
        {
            "account": pa.array(names, pa.string()),
            name: pa.array([float(seeds[seed]) for seed in names], pa.float64()),
        }
    )
    frame = given.engine.session.createDataFrame(rows)
    strangers = frame.join(given.ids, "account", "left_anti")
    row = strangers.agg(f.count("*"), f.min("account")).first()
    many, first = tuple(row or (0, None))
    refuse_strangers(int(many), str(first), of=len(names))
    return frame.join(given.ids, "account").select("code", name)


def _walked(
    given: DenseFrames,
    seeds: Mapping[str, float] | None,
    *,
    damping: float,
    iterations: int | None,
    tolerance: float,
) -> Table:
    from pyspark.sql import functions as f

    ways = adjacency(given.edges, directed=given.directed)
    strength = ways.groupBy("row").agg(f.sum("weight").alias("strength")).where("strength > 0")
    # A column of the walk holds where its account's walkers go.
    walk = ways.join(strength, "row").selectExpr(
        "col as row", "row as col", "weight / strength as weight"
    )
    start = _restarts(given, seeds).join(strength, f.col("code") == strength.row, "left")
    first = start.selectExpr(
        "code", "restart", "strength is null as sink", "restart as score", "0D as moved"
    )
    rounds = most_rounds(damping, tolerance) if iterations is None else iterations
    with (
        settling(given.engine, walk) as settled,
        held(given.engine, settled, by="col") as shares,
        looping(given.engine, first) as loop,
    ):
        total, _, stuck = _measured(loop)
        for _ in range(rounds):
            restarting = damping * stuck + 1 - damping
            loop.turn(_next_round(shares, loop.state, damping, restarting))
            total, moved, stuck = _measured(loop)
            if iterations is None and moved < tolerance:
                break
        share = f.col("score") / f.lit(total or 1.0)
        return given.ranking(loop.state.select("code", share.alias("score")))


def _next_round(walk: DataFrame, state: DataFrame, damping: float, restarting: float) -> DataFrame:
    from pyspark.sql import functions as f

    arrived = product(walk, state.select("code", "score"), "score").toDF("at", "arrived")
    walked = f.lit(damping) * f.coalesce("arrived", f.lit(0.0))
    return (
        state.join(arrived, state.code == arrived.at, "left")
        .withColumn("following", walked + f.lit(restarting) * f.col("restart"))
        .selectExpr(
            "code", "restart", "sink", "following as score", "abs(following - score) as moved"
        )
    )


def _measured(loop: Loop) -> tuple[float, float, float]:
    """The scores' sum, the summed change of the last round, and the sinks' scores."""
    from pyspark.sql import functions as f

    stuck = f.sum(f.when(f.col("sink"), f.col("score")))
    total, moved, at_sinks = loop.measured(f.sum("score"), f.sum("moved"), stuck)
    return total, moved, at_sinks


def _restarts(given: DenseFrames, seeds: Mapping[str, float] | None) -> DataFrame:
    """Where walkers restart: `restart` adds up to 1."""
    from pyspark.sql import functions as f

    if seeds is None:
        return given.ids.select("code", f.lit(1 / max(given.accounts, 1)).alias("restart"))
    weights = placed(given, seeds, "weight")
    share = f.coalesce("weight", f.lit(0.0)) / f.lit(float(sum(seeds.values())))
    return (
        given.ids.select("code")
        .join(weights, "code", "left")
        .select("code", share.alias("restart"))
    )
