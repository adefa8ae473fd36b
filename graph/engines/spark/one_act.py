"""What `kernels.one_act` needs of members' acts, counted by Spark for each cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph.engines.kernels.cells import SIZES
from graph.engines.spark.coaction_acts import OBJECT, settled

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

CELL = (*OBJECT, "stretch")
"""The columns that are equal for acts in one cell."""


@contextmanager
def met_by_acts(
    engine: SparkEngine, members: DataFrame, told: DataFrame
) -> Iterator[tuple[DataFrame, DataFrame]]:
    """Each `cluster` with `met` (joint, times), and each with `acting` (acts by size, members).

    Args:
        engine: where the tables lie.
        members: `account` and its `cluster`.
        told: interactions as `account`, `CELL`, and `c1`, `c2` of the own post, both 0 for none.
    """
    from pyspark.sql import functions as f

    alone = (f.col("c1") == 0) & (f.col("c2") == 0)
    posts = (
        told.join(members.select("account", "cluster"), "account")
        # What is a post by itself lies in one cell alone, and is told by that.
        .select(
            "cluster",
            "account",
            *CELL,
            f.when(alone, f.xxhash64("o1", "stretch")).otherwise(f.col("c1")).alias("c1"),
            f.when(alone, f.xxhash64("o2", "stretch")).otherwise(f.col("c2")).alias("c2"),
        )
        .distinct()
    )
    with settled(engine, posts) as kept, settled(engine, _cells(kept)) as cells:
        yield _met(cells), _acting(kept, cells)


def _cells(posts: DataFrame) -> DataFrame:
    """Cells of two members or more, with two sums (xor) that are equal for equal sets of acts."""
    from pyspark.sql import functions as f

    return (
        posts.groupBy("cluster", *CELL)
        .agg(
            f.countDistinct("account").alias("joint"),
            f.count(f.lit(1)).alias("acts"),
            f.bit_xor(f.xxhash64("account", "c1", "c2")).alias("one"),
            f.bit_xor(f.xxhash64("c2", "account", "c1")).alias("other"),
        )
        .where("joint >= 2")
    )


def _met(cells: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    return (
        cells.select("cluster", "joint", "acts", "one", "other")
        .distinct()
        .groupBy("cluster", "joint")
        .agg(f.count(f.lit(1)).alias("times"))
        .groupBy("cluster")
        .agg(f.sort_array(f.collect_list(f.struct("joint", "times"))).alias("met"))
    )


def _acting(posts: DataFrame, cells: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    largest = (
        posts.join(cells.select("cluster", *CELL, "joint"), ["cluster", *CELL])
        .groupBy("cluster", "account", "c1", "c2")
        .agg(f.max("joint").alias("largest"))
    )
    by_size = [f.sum(f.when(f.col("largest") >= size, 1).otherwise(0)) for size in SIZES]
    return (
        largest.groupBy("cluster", "account")
        .agg(f.array(*by_size).alias("acts"))
        .groupBy("cluster", "acts")
        .agg(f.count(f.lit(1)).alias("members"))
        .groupBy("cluster")
        .agg(f.sort_array(f.collect_list(f.struct("acts", "members"))).alias("acting"))
    )
