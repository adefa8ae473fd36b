"""Core numbers of graphs that no worker holds: everybody's estimate falls until none does.

An account's estimate is at first how many partners it has, then the largest k such that k partners
are estimated at k or more. The estimates come to rest at the core numbers.

Source: Lü, Zhou, Zhang and Stanley 2016, The H-index of a network node and its relation to degree
and coreness; Montresor, De Pellegrini and Miorandi 2013 (distributed k-core).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.engines.ranking import k_core_of
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.loops import held, looping
from graph.engines.spark.pairs import summed_pairs
from graph.model import InteractionGraph
from graph.schemas import RANKING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def k_core(graph: InteractionGraph) -> Table:
    """Core numbers (`RANKING`)."""
    with summed_pairs(graph, weighted=False) as pairs:
        if fits_one_task(graph, pairs):
            return in_one_task(graph, pairs, k_core_of, RANKING)
        with dense_frames(graph, pairs) as given:
            return _cores(given)


def _cores(given: DenseFrames) -> Table:
    from pyspark.sql import functions as f

    apart = given.edges.where("src <> dst").select("src", "dst")
    both = apart.toDF("of", "near").unionByName(apart.toDF("near", "of")).distinct()
    with held(given.engine, both, by="near") as near:
        partners = near.groupBy("of").agg(f.count("*").alias("partners"))
        first = given.ids.join(partners, given.ids.code == partners.of, "left").selectExpr(
            "code", "coalesce(partners, 0L) as core", "true as moved"
        )
        with looping(given.engine, first) as loop:
            while loop.measured(f.count_if("moved"))[0]:
                least = _supported(near, loop.state)
                loop.turn(
                    loop.state.join(least, loop.state.code == least.of, "left").selectExpr(
                        "code",
                        "least(core, coalesce(supported, 0L)) as core",
                        "coalesce(supported, 0L) < core as moved",
                    )
                )
            return given.ranking(loop.state.selectExpr("code", "cast(core as double) as score"))


def _supported(near: DataFrame, state: DataFrame) -> DataFrame:
    """For each account with partners (`of`) the largest k that k of them are estimated at."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    counted = (
        near.join(state.select("code", "core"), near.near == state.code)
        .groupBy("of", "core")
        .agg(f.count("*").alias("partners"))
    )
    downward = (
        Window.partitionBy("of")
        .orderBy(f.desc("core"))
        .rowsBetween(Window.unboundedPreceding, Window.currentRow)
    )
    reached = f.sum("partners").over(downward)
    return (
        counted.withColumn("reached", reached)
        .groupBy("of")
        .agg(f.max(f.least("core", "reached")).alias("supported"))
    )
