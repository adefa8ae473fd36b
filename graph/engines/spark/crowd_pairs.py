"""Pairs of a crowd's interactions without its rows: all there are, less each account's own.

How many pairs lie within a window is known from how many interactions there are at each moment; how
many of those are of one account, from its own rows alone. So in the place of a crowd's rows come
its moments, and each account's rows as if of an object by itself, whose pairs are taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.spark.coaction_acts import OBJECT
from graph.engines.spark.crowds import crowded
from graph.engines.spark.slices import Cutting, hot_objects, in_slices

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

Work = Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]


@contextmanager
def counted_in_parts(
    engine: SparkEngine,
    rows: DataFrame,
    number: int,
    cut: Cutting,
    work: Work,
    made: pa.Schema,
    *carried: str,
) -> Iterator[DataFrame]:
    """What workers count by `graph.engines.spark.slice_parts.own_parts`, row beside row.

    Args:
        engine: holds the rows.
        rows: `account` (a number), `o1`, `o2`, `at`.
        number: how many there are.
        cut: how hot objects are cut.
        work: counts; its sums are over parts.
        made: what it gives.
        carried: further columns of the rows, equal on one object.
    """
    from pyspark.sql import functions as f

    with hot_objects(engine, rows, number) as hot, crowded(engine, rows, hot, cut) as crowds:
        if hot is None or crowds is None:
            yield engine.worked(in_slices(rows, hot, cut), work, made)
            return
        there = f.broadcast(crowds.select(*OBJECT))
        others = rows.join(there, list(OBJECT), "left_anti")
        parts = _apart(rows.join(there, list(OBJECT), "left_semi"), carried)
        yield engine.worked(in_slices(others, hot, cut), work, made).unionByName(
            engine.worked(in_slices(parts, replace(hot, objects=crowds), cut), work, made)
        )


def _apart(rows: DataFrame, carried: tuple[str, ...]) -> DataFrame:
    """A row for each moment of a crowd, to be added, and one for each of its rows, to be taken."""
    from pyspark.sql import functions as f

    names = (*OBJECT, "at", *carried)
    moments = rows.groupBy(*names).agg(f.count(f.lit(1)).alias("n"))
    own = rows.withColumns(
        {
            "o1": f.xxhash64(*OBJECT, "account"),
            "o2": f.xxhash64("account", *reversed(OBJECT)),
        }
    ).select(*names, f.lit(1).cast("bigint").alias("n"))
    return moments.withColumn("added", f.lit(True)).unionByName(
        own.withColumn("added", f.lit(False))
    )
