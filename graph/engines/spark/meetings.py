"""How often members of each cluster meet, on Spark.

A cell is an object in a stretch of time, and has distinct accounts. What a cluster's formula needs
is, for each stratum, its members' acts and how many cells of each size they share, and how its
members' own posts lie in them: those are counted by Spark, and a worker computes the formula of the
local engine, cluster by cluster.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from graph.engines.kernels.cells import MEETINGS, Totals
from graph.engines.kernels.strata import time_strata
from graph.engines.spark.coaction_acts import object_hashes, post_hashes, settled
from graph.engines.spark.meetings_work import RATES, meet, rates_of_strata
from graph.engines.spark.one_act import CELL, met_by_acts
from graph.engines.spark.slices import floored
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


def cluster_meetings(
    members: Table, interactions: Table, *, width_ms: int, least: int, unnamed: str
) -> Table:
    """`graph.engines.chance.cluster_meetings` of tables that Spark holds."""
    from pyspark.sql import functions as f

    engine = cast("SparkEngine", interactions.engine)
    told = engine.frame(interactions).select(
        "account",
        *object_hashes(),
        f.expr(floored("acted_at", width_ms)).alias("stretch"),
        *post_hashes(unnamed),
    )
    grouped = engine.frame(members)
    with settled(engine, told.select("account", *CELL).distinct()) as acts:
        sizes = acts.groupBy(*CELL).agg(f.count(f.lit(1)).alias("size"))
        with (
            settled(engine, sizes) as cells,
            met_by_acts(engine, grouped, told) as (met, acting),
        ):
            strata, acted = _strata(engine, cells, width_ms, least)
            placed = cells.join(f.broadcast(strata), "stretch")
            totals = Totals(acted, _rates(engine, placed, acted))
            clusters = _clusters(grouped, acts, placed, strata)
            whole = clusters.join(met, "cluster", "left").join(acting, "cluster", "left")
            return engine.map_batches(whole, partial(meet, totals=totals), MEETINGS)


def _strata(
    engine: SparkEngine, cells: DataFrame, width_ms: int, least: int
) -> tuple[DataFrame, np.ndarray]:
    """The stratum of each stretch of time, and the acts in each stratum."""
    from pyspark.sql import functions as f

    # A fact for each hour, and not for each interaction.
    known = cells.groupBy("stretch").agg(f.sum("size").alias("acts")).orderBy("stretch").toArrow()
    stretch, acts = known["stretch"].to_numpy(), known["acts"].to_numpy()
    strata = time_strata(stretch * width_ms, width_ms=width_ms, least=least, times=acts)
    numbered = pa.table({"stretch": known["stretch"], "stratum": pa.array(strata.of)})
    acted = np.bincount(strata.of, weights=acts, minlength=strata.count).astype(np.float64)
    return engine.session.createDataFrame(numbered), acted


def _rates(engine: SparkEngine, placed: DataFrame, acted: np.ndarray) -> np.ndarray:
    """`Totals.rates`: from the numbers of cells by size, in one order in each stratum."""
    from pyspark.sql import functions as f

    alike = placed.groupBy("stratum", "size").agg(f.count(f.lit(1)).alias("times"))
    listed = alike.groupBy("stratum").agg(
        f.sort_array(f.collect_list(f.struct("size", "times"))).alias("cells")
    )
    found = engine.worked(listed, partial(rates_of_strata, acts=acted), RATES).toArrow()
    rates = np.zeros((len(RATES) - 1, len(acted)))
    rates[:, found["stratum"].to_numpy()] = [
        found[name].to_numpy() for name in RATES.names if name != "stratum"
    ]
    return rates


def _clusters(
    members: DataFrame, acts: DataFrame, placed: DataFrame, strata: DataFrame
) -> DataFrame:
    """Each `cluster` with its `strata`: number, acts, members who act, and the cells they share.

    Cells of one size with as many members are one entry, so a cluster's list goes by its hours and
    not by its acts.
    """
    from pyspark.sql import functions as f

    inside = acts.join(members.select("account", "cluster"), "account")
    acting = (
        inside.join(f.broadcast(strata), "stretch")
        .groupBy("cluster", "stratum")
        .agg(f.countDistinct("account").alias("members"))
    )
    shared = (
        inside.groupBy("cluster", *CELL)
        .agg(f.count(f.lit(1)).alias("joint"))
        .join(placed, list(CELL))
        .groupBy("cluster", "stratum", "size", "joint")
        .agg(f.count(f.lit(1)).alias("times"))
        .groupBy("cluster", "stratum")
        .agg(
            f.sum(f.col("joint") * f.col("times")).alias("acts"),
            f.sort_array(f.collect_list(f.struct("size", "joint", "times"))).alias("cells"),
        )
    )
    parts = f.struct("stratum", "acts", "members", "cells")
    listed = (
        shared.join(acting, ["cluster", "stratum"])
        .groupBy("cluster")
        .agg(f.sort_array(f.collect_list(parts)).alias("strata"))
    )
    return members.select("cluster").distinct().join(listed, "cluster", "left")
