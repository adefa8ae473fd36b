"""The first stage where time does not matter: every object is one window, however large.

An object cannot be cut by time then, and need not be: whether it has company, how many pairs it
holds and whom its rows are for follows from how often each account acted on it. That is counted by
Spark itself, so no worker holds an object.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph.engines.kernels.bounds import Limits
from graph.engines.kernels.dealing import home_sql
from graph.engines.spark.coaction_acts import OBJECT, Acts, settled
from graph.engines.spark.coaction_company import BOUNDS
from graph.engines.spark.coaction_dealt import ROW_COLUMNS, Dealt, affordable_window, show_buckets

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

_OBJECT, _WINDOW, _PAIRS = BOUNDS


@contextmanager
def dealt_by_object(
    engine: SparkEngine, acts: Acts, buckets: int, limits: Limits
) -> Iterator[Dealt]:
    """Find and deal the rows of objects in which two accounts or more act, after the bounds."""
    from pyspark.sql import functions as f

    with settled(engine, _objects(acts, buckets)) as objects:
        bound = f.lit(None).cast("string")
        if limits.window_interactions is not None:
            bound = f.when(f.col("interactions") > limits.window_interactions, _WINDOW)
        if limits.object_interactions is not None:
            bound = f.when(f.col("interactions") > limits.object_interactions, _OBJECT).otherwise(
                bound
            )
        judged = objects.withColumn("bound", bound)
        pairs, used, cut = _totals(judged)
        if limits.raw_pairs is not None and pairs > limits.raw_pairs:
            left = judged.where("bound is null")
            windows = left.select((f.col("interactions") - 1).alias("others"), "interactions")
            most = affordable_window(windows, limits.raw_pairs)
            dense = f.col("bound").isNull() & (f.col("interactions") > most)
            judged = judged.withColumn("bound", f.when(dense, _PAIRS).otherwise(f.col("bound")))
            pairs, used, cut = _totals(judged)
        cuts = judged.where("bound is not null").select(
            *OBJECT, "bound", "accounts", "interactions", "pairs"
        )
        with settled(engine, _rows(acts, judged.where("bound is null"), buckets)) as rows:
            show_buckets([row["count"] for row in rows.groupBy("bucket").count().collect()])
            yield Dealt(rows=rows, pairs=pairs, interactions=used, cuts=cuts if cut else None)


def pairs_by_object(acts: Acts) -> int:
    """How many pairs of rows of two accounts there are on one object."""
    return _totals(_objects(acts, 1).selectExpr("*", "cast(null as string) as bound"))[0]


def _objects(acts: Acts, buckets: int) -> DataFrame:
    """The objects of two accounts or more: how many act there, how often, and their `pairs`.

    `owners` has each bucket that owns an account there, and the `least` account that it owns;
    `greatest` is the greatest account of all.
    """
    from pyspark.sql import functions as f

    shares = acts.rows.groupBy(*OBJECT, "account").agg(f.count(f.lit(1)).alias("acts"))
    by_bucket = shares.groupBy(*OBJECT, f.expr(home_sql("account", buckets)).alias("bucket")).agg(
        f.count(f.lit(1)).alias("accounts"),
        f.sum("acts").alias("acts"),
        f.sum(f.expr("cast(acts as decimal(19, 0)) * acts")).alias("squares"),
        f.min("account").alias("least"),
        f.max("account").alias("greatest"),
    )
    by_object = by_bucket.groupBy(*OBJECT).agg(
        f.sum("accounts").alias("accounts"),
        f.sum("acts").alias("interactions"),
        f.sum("squares").alias("squares"),
        f.collect_list(f.struct("bucket", "least")).alias("owners"),
        f.max("greatest").alias("greatest"),
    )
    all_pairs = "cast(interactions as decimal(19, 0)) * interactions"
    return by_object.where("accounts > 1").selectExpr(
        *(*OBJECT, "accounts", "interactions", "owners", "greatest"),
        f"cast(({all_pairs} - squares) / 2 as decimal(38, 0)) as pairs",
    )


def _rows(acts: Acts, objects: DataFrame, buckets: int) -> DataFrame:
    """The rows of these objects, each for the buckets that own a pair of it."""
    from pyspark.sql import functions as f

    lesser = "transform(filter(owners, owner -> owner.least < account), owner -> owner.bucket)"
    own = f"if(greatest > account, array({home_sql('account', buckets)}), array())"
    return (
        acts.rows.join(objects.select(*OBJECT, "owners", "greatest"), list(OBJECT))
        .withColumn("bucket", f.expr(f"explode(array_union({lesser}, {own}))"))
        .select(*ROW_COLUMNS)
    )


def _totals(judged: DataFrame) -> tuple[int, int, bool]:
    """The pairs and interactions that are left, and whether any were cut."""
    [(pairs, used, cut)] = judged.selectExpr(
        "sum(if(bound is null, pairs, 0))",
        "sum(if(bound is null, interactions, 0))",
        "count(bound) > 0",
    ).collect()
    return int(pairs or 0), int(used or 0), bool(cut)
