"""Pairs of interactions on one object at any time, on Spark: no object need be looked at whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.engines.spark.coaction_acts import OBJECT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def pairs_of_objects(acts: DataFrame, *carried: str) -> DataFrame:
    """A row for each object: its `acts`, and its ordered `pairs` of acts by two accounts.

    All pairs on an object less those of one account; decimals, since they may be many.

    Args:
        acts: interactions with `account`, `o1` and `o2`.
        carried: further columns, equal on one object, that its row keeps.
    """
    from pyspark.sql import functions as f

    shares = acts.groupBy(*OBJECT, *carried, "account").agg(f.count(f.lit(1)).alias("acts"))
    exact = f.col("acts").cast("decimal(19, 0)")
    objects = shares.groupBy(*OBJECT, *carried).agg(
        f.sum("acts").alias("acts"), f.sum(exact * f.col("acts")).alias("squares")
    )
    return objects.selectExpr(
        *carried, "acts", "cast(acts as decimal(19, 0)) * acts - squares as pairs"
    )
