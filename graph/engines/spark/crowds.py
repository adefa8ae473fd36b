"""Crowds: objects on which more happens within a slice's sight than a worker should hold.

A slice of time cannot be made shorter than what its rows see, and everybody may act within that. So
of a crowd nobody looks at a slice: interactions are counted by moment, where they are; sums over
moments say how many are in the window of each; and each account's rows on the object, wherever the
others' are, learn from that who has company, and how much. What a task is given goes by the
milliseconds that there are in some minutes, and by what one account does on one object.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from logging import getLogger
from typing import TYPE_CHECKING

from graph.engines.spark.coaction_acts import OBJECT, settled
from graph.engines.spark.crowd_work import (
    BLOCK,
    INSIDE,
    NEAR,
    OWN,
    Blocks,
    blocks,
    count_inside,
    find_near,
)
from graph.engines.spark.slices import GROUP, Cutting, Hot, floored, sliced

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

CROWD_ROWS = 1_000_000
"""Rows of one object that a task is given at once, at most; a slice with more is a crowd's."""

_MOMENT = (*OBJECT, "at")
_log = getLogger("ringwatch.spark")


@contextmanager
def crowded(
    engine: SparkEngine, rows: DataFrame, hot: Hot | None, cut: Cutting
) -> Iterator[DataFrame | None]:
    """The crowds among hot objects, as `o1`, `o2` and `size`; None if there is none.

    Args:
        engine: holds the rows.
        rows: with `o1`, `o2` and `at`.
        hot: the hot objects.
        cut: how they would be cut.
    """
    from pyspark.sql import functions as f

    if hot is None or hot.largest <= CROWD_ROWS:
        yield None
        return
    found = hot.objects.where(f.col("size") > CROWD_ROWS)
    if cut.width_ms is not None:
        # Fewer in all than a slice may have are no crowd.
        placed = sliced(rows.join(f.broadcast(found), list(OBJECT)), cut.width_ms, cut)
        counts = placed.groupBy(*GROUP, "size").agg(f.count(f.lit(1)).alias("held"))
        found = counts.where(f.col("held") > CROWD_ROWS).select(*OBJECT, "size").distinct()
    with settled(engine, found) as crowds:
        number = engine.settled_rows(crowds)
        _log.info("%d objects have more than %d interactions in a slice", number, CROWD_ROWS)
        yield crowds if number else None


@contextmanager
def near_others(engine: SparkEngine, rows: DataFrame, within_ms: int) -> Iterator[DataFrame]:
    """`NEAR` of the rows of crowds: those that have company, and how much of it.

    `graph.engines.kernels.bounds.near` of rows that no worker holds.
    """
    from pyspark.sql import functions as f

    cut = blocks(within_ms)
    at_once = rows.groupBy(*_MOMENT).agg(f.count(f.lit(1)).alias("n"))
    with ExitStack() as held:
        # What it is found with is gone before it is used.
        with (
            settled(engine, at_once) as moments,
            settled(engine, _inside(engine, moments, cut)) as inside,
        ):
            parted, copied = in_parts(rows, moments, inside)
            told = parted.join(copied, [*_MOMENT, "part"])
            own = told.repartition(*OWN).sortWithinPartitions(*OWN, "at")
            found = engine.worked(own, partial(find_near, within_ms=within_ms), NEAR)
            near = held.enter_context(settled(engine, found))
        yield near


def _inside(engine: SparkEngine, moments: DataFrame, cut: Blocks) -> DataFrame:
    """`INSIDE` of all moments: each goes to the blocks that see it, with the sums of inner ones."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    placed = moments.withColumn("here", f.expr(floored("at", cut.width_ms)))
    seen = f.explode(f.array(*(f.col("here") + f.lit(away) for away in cut.seen())))
    given = placed.select(*OBJECT, seen.alias("block"), f.lit(False).alias("inner"), "at", "n")
    if cut.whole:
        # Blocks are as many as the minutes of the extract, however many rows they have.
        sums = placed.groupBy(*OBJECT, f.col("here").alias("block")).agg(f.sum("n").alias("n"))
        around = (
            Window.partitionBy(*OBJECT).orderBy("block").rangeBetween(1 - cut.whole, cut.whole - 1)
        )
        inner = sums.select(
            *(*OBJECT, "block", f.lit(True).alias("inner")),
            f.lit(0).cast("bigint").alias("at"),
            f.sum("n").over(around).alias("n"),
        )
        given = given.unionByName(inner)
    ordered = given.repartition(*BLOCK).sortWithinPartitions(*BLOCK, "inner", "at")
    return engine.worked(ordered, partial(count_inside, cut=cut), INSIDE)


def in_parts(rows: DataFrame, moments: DataFrame, inside: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Rows and what is `inside` their windows, both with a `part` of their moment to meet in.

    What happens at one moment may be more than a task's rows, too.

    Args:
        rows: with `account`, `o1`, `o2` and `at`.
        moments: `n` rows for each moment.
        inside: `INSIDE` of each moment.
    """
    from pyspark.sql import functions as f

    # Moments of more than a task's rows are few, since together they have no more than all rows.
    heavy = moments.where(f.col("n") > CROWD_ROWS).select(
        *_MOMENT, f.expr(f"n div {CROWD_ROWS} + 1").alias("parts")
    )
    there = f.broadcast(heavy)
    parted = rows.join(there, list(_MOMENT), "left").withColumn(
        "part", f.expr("if(parts is null, 0L, pmod(xxhash64(account), parts))")
    )
    copied = inside.join(there, list(_MOMENT), "left").withColumn(
        "part", f.expr("explode(if(parts is null, array(0L), sequence(0L, parts - 1)))")
    )
    return parted.drop("parts"), copied.drop("parts")
