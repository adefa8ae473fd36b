"""Frames written to the scratch and read back: without lineage, and with every row counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from graph.engines.spark.rows import as_column, has_nulls, quoted, whole_order
from graph.engines.spark.scratch import Scratch, refuse_lost
from graph.errors import SchemaError
from graph.schema import Schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def settled(frame: DataFrame, scratch: Scratch) -> tuple[DataFrame, str]:
    """The frame as it is read back, and the folder in which it stands.

    What fails leaves no folder behind.

    Raises:
        RingwatchError: rows were lost between writing and reading.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    seen = Observation()
    with scratch.filling("settled") as place:
        frame.observe(seen, f.count(f.lit(1)).alias("rows")).write.parquet(place)
        rows: int = seen.get.get("rows", 0)
        refuse_lost("settled", place, written=rows, found=scratch.rows(place))
    read = frame.sparkSession.read.schema(frame.schema)
    return read.option("__globPaths__", "false").parquet(place), place


def in_schema(frame: DataFrame, scratch: Scratch, schema: Schema) -> tuple[str, int]:
    """Write a frame's columns of `schema`, by name and of its types: the folder, and the rows.

    Raises:
        SchemaError: a column is missing, or a null stands where none may be.
    """
    from pyspark.sql import Observation
    from pyspark.sql import functions as f

    cast = frame.select(*(as_column(frame, column) for column in schema.columns))
    needed = [column.name for column in schema.columns if not column.nullable]
    nulls = [
        f.count_if(f.col(quoted(name)).isNull()).alias(f"nulls_{place}")
        for place, name in enumerate(needed)
    ]
    seen = Observation()
    with scratch.filling(schema.name) as place:
        cast.observe(seen, f.count(f.lit(1)).alias("rows"), *nulls).write.parquet(place)
        counted: dict[str, Any] = seen.get
        for number, name in enumerate(needed):
            if counted.get(f"nulls_{number}"):
                raise SchemaError(has_nulls(schema, name, counted[f"nulls_{number}"]))
    return place, int(counted.get("rows", 0))


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

    order = [f.col(quoted(name)).asc_nulls_first() for name in whole_order(schema)]
    with scratch.filling("sorted") as place:
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
