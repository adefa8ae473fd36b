"""Dense numbers for the rows of a frame, in order: what a large graph's ids become, once.

Rows are sorted into ranges, each range counted, and a range's numbers begin where those of the
ranges before it end. The driver learns one count a range. The sorted rows are written before they
are counted: asked twice, Spark might cut its ranges elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from graph.engines.spark.engine import SparkEngine

_BITS_OF_PLACE = 33
"""Spark's running id has the partition above these bits and the place in it below."""


def numbered(
    engine: SparkEngine, frame: DataFrame, order: Sequence[str], *, name: str = "code"
) -> DataFrame:
    """The frame's rows with one more column: 0, 1, 2 ... in the order of some columns.

    Text is in byte order, a null before everything. Rows that are equal in `order` follow their
    other columns, so that only wholly equal rows may change places. The answer depends neither on
    the order nor on the partitions in which the rows come.

    Args:
        engine: the engine whose scratch holds the answer.
        frame: any rows; usually distinct ones.
        order: the columns to go by, first things first.
        name: what the new column (bigint) is called.

    Returns:
        A settled frame; whoever asked gives it back with `engine.forget`.
    """
    from pyspark.sql import functions as f

    rest = [column for column in frame.columns if column not in order]
    ranges = int(engine.session.conf.get("spark.sql.shuffle.partitions") or engine.partitions)
    ascending = [f.asc_nulls_first(_quoted(column)) for column in order]
    ordered = frame.repartitionByRange(ranges, *ascending).sortWithinPartitions(
        *ascending, *(f.asc_nulls_first(_quoted(column)) for column in rest)
    )
    placed = engine.settled(ordered.withColumn(name, f.monotonically_increasing_id()))
    try:
        return engine.settled(placed.withColumn(name, _number(placed, name)))
    finally:
        engine.forget(placed)


def _number(placed: DataFrame, name: str) -> Column:
    """The place in the range, behind all rows of the ranges before."""
    from pyspark.sql import functions as f

    within = f.lit(1 << _BITS_OF_PLACE)
    span: Any = f.shiftright(_quoted(name), _BITS_OF_PLACE)
    place: Any = f.col(_quoted(name)) % within
    counts = sorted(
        (int(row["span"]), int(row["rows"]))
        for row in placed.groupBy(span.alias("span")).agg(f.count("*").alias("rows")).collect()
    )
    if not counts:
        return place
    # One count for each range there may be, so that a range's number is its place in the list.
    rows = dict(counts)
    sizes = [rows.get(number, 0) for number in range(counts[-1][0] + 1)]
    before = f.array(*(f.lit(total).cast("bigint") for total in (0, *accumulate(sizes[:-1]))))
    return f.get(before, span.cast("int")) + place


def _quoted(column: str) -> str:
    return f"`{column.replace('`', '``')}`"
