"""What shared interest would give each edge, on Spark.

Interactions learn the group of their object in a join, and matches are counted in whole objects
and slices of hot ones, as for the hours (`graph.engines.spark.chance`). What the kernel calls a
cell (an hour of the day of a group) is here a row of a table, and so is a stratum with its rates:
there is no telling how many topics an extract has, so none of them comes to the driver. An
account's profile carries the rates of its strata to the edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from graph.engines.kernels.interest import Hours, hours_of
from graph.engines.spark.any_time import pairs_of_objects
from graph.engines.spark.coaction_acts import object_hashes, settled
from graph.engines.spark.crowd_pairs import counted_in_parts
from graph.engines.spark.interest_work import CELLS, RATED, REST, count_cells, rate
from graph.engines.spark.slices import cutting, floored

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from graph.engines.spark.engine import SparkEngine

INTERESTS = "interests"
"""A profile's list of (`stratum`, `acts`, `same`, `across`, `follower`), by stratum."""


@contextmanager
def interests(
    engine: SparkEngine, acts: DataFrame, groups: DataFrame, *, within_ms: int, least: int
) -> Iterator[DataFrame]:
    """How often each account acts in the strata of interest: `account` and `INTERESTS`.

    Args:
        engine: holds the rows.
        acts: `INTERACTIONS`.
        groups: `object_kind`, `object` and its `group_number`; other objects are one more group.
        within_ms: the window; -1 for any time.
        least: interactions that a stratum needs.
    """
    hours = hours_of(within_ms)
    with (
        settled(engine, _grouped(acts, groups)) as grouped,
        _cells(engine, grouped, within_ms) as cells,
        settled(engine, _rated(engine, cells, least, hours.folds)) as rated,
    ):
        strata = cells.withColumn("stratum", _stratum(least)).select("code", "stratum")
        yield _profiles(grouped, strata.join(rated, "stratum"), hours)


def _grouped(acts: DataFrame, groups: DataFrame) -> DataFrame:
    """Each interaction's account, object and time, with its object's group as `grp`."""
    from pyspark.sql import functions as f

    [(last,)] = groups.agg(f.max("group_number")).collect()
    without = f.lit(0 if last is None else last + 1).cast("bigint")
    named = groups.select("object_kind", "object", f.col("group_number").alias("grp"))
    return acts.join(named, ["object_kind", "object"], "left").select(
        "account",
        *object_hashes(),
        f.col("acted_at").alias("at"),
        f.coalesce("grp", without).alias("grp"),
    )


@contextmanager
def _cells(engine: SparkEngine, grouped: DataFrame, within_ms: int) -> Iterator[DataFrame]:
    """A row for each group and hour of the day in which somebody acts (`CELLS`)."""
    from pyspark.sql import functions as f

    if within_ms < 0:
        # All time is one hour, so a group's code is its number.
        pairs = pairs_of_objects(grouped, "grp").withColumn("across", f.lit(0))
        found = pairs.withColumnsRenamed({"grp": "code", "pairs": "same"})
        with settled(engine, _summed(found, "code")) as cells:
            yield cells
        return
    rows = grouped.withColumn("account", f.xxhash64("account"))
    cut = cutting(within_ms, 1)
    work = partial(count_cells, within_ms=within_ms, cut=cut)
    number = engine.settled_rows(grouped)
    with (
        counted_in_parts(engine, rows, number, cut, work, CELLS, "grp") as counted,
        settled(engine, _summed(counted, "code")) as cells,
    ):
        yield cells


def _summed(cells: DataFrame, by: str) -> DataFrame:
    """The sums of `acts`, `same` and `across`: whole numbers, the last two as doubles."""
    from pyspark.sql import functions as f

    return cells.groupBy(by).agg(
        f.sum("acts").alias("acts"),
        *(f.sum(name).cast("double").alias(name) for name in ("same", "across")),
    )


def _stratum(least: int) -> Column:
    """A cell's own, or that of all thin ones."""
    from pyspark.sql import functions as f

    return f.when(f.col("acts") >= least, f.col("code")).otherwise(f.lit(REST))


def _rated(engine: SparkEngine, cells: DataFrame, least: int, folds: int) -> DataFrame:
    """The strata's rates (`RATED`)."""
    from pyspark.sql import functions as f

    strata = _summed(cells.withColumn("stratum", _stratum(least)), "stratum").withColumns(
        {"acts": f.col("acts").cast("double"), "grp": f.expr(f"stratum div {folds}")}
    )
    ordered = strata.repartition("grp").sortWithinPartitions("grp", "stratum")
    return engine.worked(ordered, partial(rate, folds=folds), RATED)


def _profiles(grouped: DataFrame, strata: DataFrame, hours: Hours) -> DataFrame:
    """`account` and its `INTERESTS`, from the rated stratum of each code."""
    from pyspark.sql import functions as f

    hour = "0L" if hours.width_ms is None else floored("at", hours.width_ms)
    code = f.expr(f"grp * {hours.folds} + pmod({hour}, {hours.folds})")
    by_cell = grouped.groupBy("account", code.alias("code")).agg(f.count(f.lit(1)).alias("acts"))
    rates = ("same", "across", "follower")
    by_stratum = (
        by_cell.join(strata, "code")
        .groupBy("account", "stratum", *rates)
        .agg(f.sum("acts").alias("acts"))
    )
    entries = f.collect_list(f.struct("stratum", "acts", *rates))
    return by_stratum.groupBy("account").agg(f.sort_array(entries).alias(INTERESTS))
