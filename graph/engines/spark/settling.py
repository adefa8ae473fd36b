"""Frames written to the scratch and read back: without lineage, and with every row counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.spark.rows import quoted, whole_order
from graph.engines.spark.scratch import Scratch, refuse_lost
from graph.schema import Schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def settled(frame: DataFrame, scratch: Scratch) -> tuple[DataFrame, str]:
    """The frame as it is read back, and the folder in which it stands.

    Raises:
        RingwatchError: rows were lost between writing and reading.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    seen = Observation()
    place = scratch.place("settled")
    frame.observe(seen, f.count(f.lit(1)).alias("rows")).write.parquet(place)
    rows: int = seen.get.get("rows", 0)
    refuse_lost("settled", place, written=rows, found=scratch.rows(place))
    read = frame.sparkSession.read.schema(frame.schema)
    return read.option("__globPaths__", "false").parquet(place), place


def in_files(
    frame: DataFrame, scratch: Scratch, schema: Schema, *, held: int, rows: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a table in key order, `rows` at a time, sorted by the workers into files.

    Args:
        frame: the table's rows, as many as `held`.
        scratch: where the files stand meanwhile.
        schema: the table's.
        held: how many rows the table has.
        rows: of a batch, at most.

    Raises:
        RingwatchError: at the end, if other than `held` rows came.
    """
    from pyspark.sql import functions as f

    place = scratch.place("sorted")
    order = [f.col(quoted(name)).asc_nulls_first() for name in whole_order(schema)]
    frame.sort(*order).write.parquet(place)
    found = 0
    try:
        for part in scratch.parts(place):
            with scratch.opened(part) as file:
                for batch in file.iter_batches(rows):
                    found += batch.num_rows
                    yield batch.cast(schema.arrow)
        refuse_lost(schema.name, place, written=held, found=found)
    finally:
        scratch.remove(place)
