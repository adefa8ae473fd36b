"""Suspicion and trust spread from known accounts over graphs that no worker holds.

Scores agree with the local engine's to 1e-9 of their scale. The equation and its sources are those
of `kernels.seeds`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from graph.engines.kernels.seeds import LEAST_CHANGE, MOST_ROUNDS, rests, strength_of
from graph.engines.ranking import seed_propagation_of
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.loops import looping
from graph.engines.spark.pairs import summed_pairs
from graph.engines.spark.products import adjacency, both_ways, product
from graph.engines.spark.ranking import placed
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import RANKING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def seed_propagation(
    graph: InteractionGraph, *, bad: Mapping[str, float], good: Mapping[str, float]
) -> Table:
    """How much nearer each account is to `bad` than to `good` (`RANKING`)."""
    refuse_odd_weights(graph)
    with summed_pairs(graph, weighted=True) as pairs:
        if fits_one_task(graph, pairs):
            work = partial(seed_propagation_of, bad=bad, good=good)
            return in_one_task(graph, pairs, work, RANKING)
        with dense_frames(graph, pairs) as given:
            return _spread(given, bad, good)


def _spread(given: DenseFrames, bad: Mapping[str, float], good: Mapping[str, float]) -> Table:
    from pyspark.sql import functions as f

    heaviest = max((*bad.values(), *good.values()))
    scaled = [
        placed(given, {name: weight / heaviest for name, weight in seeds.items()}, column)
        for seeds, column in ((bad, "bad"), (good, "good"))
    ]
    first = (
        given.ids.select("code")
        .join(scaled[0], "code", "left")
        .join(scaled[1], "code", "left")
        .fillna(0.0, ["bad", "good"])
        .selectExpr("code", "bad", "good", "bad as suspicion", "good as trust", "1D as moved")
    )
    matrix = adjacency(given.edges, directed=given.directed)
    with (
        both_ways(given.engine, matrix, symmetric=not given.directed) as ways,
        looping(given.engine, first) as loop,
    ):
        strength = strength_of(_largest_singular_value(given, ways))
        for _ in range(MOST_ROUNDS):
            loop.turn(_next_round(ways, loop.state, strength))
            if loop.measured(f.max("moved"))[0] < LEAST_CHANGE:
                break
        nearness = f.col("suspicion") - f.col("trust")
        largest = loop.measured(f.max(f.abs(nearness)))[0] or 1.0
        return given.ranking(loop.state.select("code", (nearness / f.lit(largest)).alias("score")))


def _next_round(ways: tuple[DataFrame, DataFrame], state: DataFrame, strength: float) -> DataFrame:
    """Suspicion comes to who acts on the suspect, trust to whom the trusted act on."""
    from pyspark.sql import functions as f

    if ways[0] is ways[1]:
        both = product(ways[0], state.select("code", "suspicion", "trust"), "suspicion", "trust")
        come = state.join(both.toDF("code", "more", "most"), "code", "left")
    else:
        suspected = product(ways[0], state.select("code", "suspicion"), "suspicion")
        trusted = product(ways[1], state.select("code", "trust"), "trust")
        come = state.join(suspected.toDF("code", "more"), "code", "left").join(
            trusted.toDF("code", "most"), "code", "left"
        )
    return (
        come.withColumn("more", f.col("bad") + f.lit(strength) * f.coalesce("more", f.lit(0.0)))
        .withColumn("most", f.col("good") + f.lit(strength) * f.coalesce("most", f.lit(0.0)))
        .selectExpr(
            "code",
            "bad",
            "good",
            "more as suspicion",
            "most as trust",
            "greatest(abs(more - suspicion), abs(most - trust)) as moved",
        )
    )


def _largest_singular_value(given: DenseFrames, ways: tuple[DataFrame, DataFrame]) -> float:
    """As `kernels.seeds.largest_singular_value`, on frames."""
    from pyspark.sql import functions as f

    squares = f.sum(f.col("v") * f.col("v"))
    value = 0.0
    with looping(given.engine, given.ids.select("code", f.lit(1.0).alias("v"))) as loop:
        for _ in range(MOST_ROUNDS):
            length = math.sqrt(loop.measured(squares)[0])
            if not length:
                return 0.0
            unit = loop.state.select("code", (f.col("v") / f.lit(length)).alias("v"))
            loop.turn(product(ways[0], unit, "v"))
            grown = math.sqrt(loop.measured(squares)[0])
            if rests(grown, value):
                return grown
            value = grown
            loop.turn(product(ways[1], loop.state, "v"))
    return value
