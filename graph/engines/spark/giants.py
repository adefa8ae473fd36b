"""Giant components on Spark: cut before they are divided and united after, by the shared rule.

The rule and its parts that work on arrays are those of `graph.engines.kernels.giants`. Labels
spread over giant components alone; the communities of one are united in one task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.giants import ROUNDS, Giant, united_labels
from graph.engines.kernels.leiden import Search, component_seed
from graph.engines.spark.labels import propagated, tossed
from graph.engines.spark.loops import settling
from graph.engines.spark.refusals import refusals, refusing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.dense import DenseFrames

Numbered = tuple[int, Giant]
"""A giant component and the code of its least account."""


def giants_of(given: DenseFrames, parts: DataFrame, giant_edges: int) -> list[Numbered]:
    """The components of more edges than that: few, since each is large."""
    from pyspark.sql import functions as f

    giants = (
        given.edges.where("src <> dst")
        .join(parts.toDF("src", "giant"), "src")
        .groupBy("giant")
        .agg(f.count("*").alias("edges"))
        .where(f.col("edges") > giant_edges)
    )
    accounts = (
        parts.join(giants, parts.label == giants.giant)
        .groupBy("giant", "edges")
        .agg(f.count("*").alias("accounts"))
    )
    rows = accounts.join(given.ids.toDF("account", "giant"), "giant").orderBy("giant").collect()
    return [(row["giant"], Giant(row["account"], row["accounts"], row["edges"])) for row in rows]


@contextmanager
def cut(
    given: DenseFrames, parts: DataFrame, giants: Sequence[Numbered], *, seed: int
) -> Iterator[tuple[DataFrame, DataFrame]]:
    """The giants' edges, each with its `giant`, and all edges of the graph that are not cut.

    Args:
        given: the graph, its edges with `fixed` weights.
        parts: the components, `code` and `label`; settled.
        giants: those that are cut.
        seed: the run's seed.
    """
    from pyspark.sql import functions as f

    engine = given.engine
    of = parts.join(_frame(given, giants), parts.label == f.col("giant")).select("code", "giant")
    with (
        settling(engine, of) as members,
        settling(engine, given.edges.join(members.toDF("src", "giant"), "src")) as tied,
        settling(engine, tossed(given.ids.join(members, "code", "left_semi"), seed=seed)) as coins,
        propagated(engine, coins, tied.selectExpr("src", "dst", "fixed as votes"), ROUNDS) as borne,
    ):
        uncut = (
            tied.join(borne.toDF("src", "one"), "src")
            .join(borne.toDF("dst", "other"), "dst")
            .where("one = other")
            .select("src", "dst", "fixed")
        )
        others = given.edges.join(members.select(f.col("code").alias("src")), "src", "left_anti")
        with settling(engine, others.select("src", "dst", "fixed").unionByName(uncut)) as kept:
            yield tied, kept


@contextmanager
def united(
    given: DenseFrames,
    tied: DataFrame,
    labels: DataFrame,
    giants: Sequence[Numbered],
    *,
    search: Search,
    seed: int,
) -> Iterator[DataFrame]:
    """The labels once the giants' communities are united where that pays; settled.

    Args:
        given: the graph.
        tied: the giants' edges, each with its `giant`.
        labels: everybody's community, `code` and `label`; settled.
        giants: those that were cut.
        search: what to search for.
        seed: the run's seed.
    """
    from pyspark.sql import functions as f

    ends = labels.toDF("src", "one"), labels.toDF("dst", "other")
    joined = tied.join(ends[0], "src").join(ends[1], "dst")
    pairs = (
        joined.where("one <> other")
        .selectExpr("giant", "least(one, other) as one", "greatest(one, other) as other", "fixed")
        .groupBy("giant", "one", "other")
        .agg(f.sum("fixed").alias("value"))
        .withColumn("name", f.lit(None).cast("string"))
    )
    members = tied.selectExpr("giant", "src as code").unionByName(
        tied.selectExpr("giant", "dst as code")
    )
    communities = (
        labels.join(members.distinct(), "code")
        .groupBy("giant", f.col("label").alias("one"))
        .agg(f.count("*").alias("value"))
        .join(_frame(given, giants), "giant")
        .selectExpr("giant", "one", "cast(null as bigint) as other", "value", "name")
    )
    found = (
        communities.unionByName(pairs)
        .groupBy("giant")
        .applyInArrow(
            # Not a `partial`: PySpark 4.1 stumbles over the annotations of what it binds.
            lambda giant: _unite(giant, search=search, seed=seed),
            "label bigint, united bigint",
        )
    )
    whole = labels.join(found, "label", "left").select(
        "code", f.coalesce("united", "label").alias("label")
    )
    with refusals(), settling(given.engine, whole) as settled:
        yield settled


def _frame(given: DenseFrames, giants: Sequence[Numbered]) -> DataFrame:
    rows = {
        "giant": pa.array([code for code, _ in giants], pa.int64()),
        "name": pa.array([giant.account for _, giant in giants], pa.string()),
    }
    return given.engine.session.createDataFrame(pa.table(rows))


def _unite(rows: pa.Table, *, search: Search, seed: int) -> pa.Table:
    """A giant's communities united, from a row for each and one for each joined pair of them."""
    of_two = pc.is_valid(rows["other"])
    communities = rows.filter(pc.invert(of_two)).sort_by("one")
    pairs = rows.filter(of_two).sort_by([("one", "ascending"), ("other", "ascending")])
    names = communities["one"].to_numpy()
    with refusing():
        found = united_labels(
            names,
            communities["value"].to_numpy(),
            pairs["one"].to_numpy(),
            pairs["other"].to_numpy(),
            pairs["value"].to_numpy(),
            search=search,
            seed=component_seed(seed, communities["name"][0].as_py()),
        )
    return pa.table({"label": names, "united": found})
