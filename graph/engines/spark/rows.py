"""Rows of one schema on their way between Arrow and Spark: columns, nulls, order, files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.errors import SchemaError
from graph.schema import Column, Schema

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def as_column(frame: DataFrame, column: Column) -> Any:  # noqa: ANN401 - a column of Spark
    """The frame's column of this name (case is ignored), of this column's type.

    Raises:
        SchemaError: the frame has none.
    """
    from pyspark.sql import functions as f

    names = {name.lower(): name for name in frame.columns}
    found = names.get(column.name.lower())
    if found is None:
        message = f"it lacks the column `{column.name}`"
        raise SchemaError(message)
    value = f.col(quoted(found))
    kind = {"VARCHAR": "string", "BIGINT": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean"}
    if column.type == "BIGINT":
        # The local engine rounds, halves of a double to the even number; Spark's cast would cut.
        given = type(frame.schema[found].dataType).__name__
        if given in ("DoubleType", "FloatType"):
            value = f.rint(value)
        elif given == "DecimalType":
            value = f.round(value)
    return value.cast(kind[column.type]).alias(column.name)


def quoted(name: str) -> str:
    """A column's name as Spark's SQL takes any name."""
    return f"`{name.replace('`', '``')}`"


def nullable(schema: Schema) -> pa.Schema:
    """The schema's columns with nulls allowed: whether they stand there is looked at apart."""
    return pa.schema([field.with_nullable(True) for field in schema.arrow])


def refuse_nulls(rows: pa.Table, schema: Schema) -> None:
    """Raise if a null stands where none may be.

    Raises:
        SchemaError: naming the first such column.
    """
    for column in schema.columns:
        if not column.nullable and rows[column.name].null_count:
            raise SchemaError(has_nulls(schema, column.name, rows[column.name].null_count))


def has_nulls(schema: Schema, name: str, nulls: int) -> str:
    """The message for nulls in a column that may have none."""
    return f"`{schema.name}` has {nulls} nulls in `{name}`: it may have none"


def whole_order(schema: Schema) -> list[str]:
    """Every column stands behind the key: rows with equal keys leave in one order too."""
    return [*schema.key, *(name for name in schema.names if name not in schema.key)]


def in_order(rows: pa.Table, schema: Schema) -> pa.Table:
    """Rows that fit in memory in key order, with the schema's types."""
    keys = [(name, "ascending", "at_start") for name in whole_order(schema)]
    named = rows.select(list(schema.names)).cast(nullable(schema))
    if named.num_rows:
        named = named.take(pc.sort_indices(named, keys))
    return named.cast(schema.arrow).combine_chunks()


def written(batches: Iterable[pa.RecordBatch], schema: Schema, path: Path) -> int:
    """Write batches to one Parquet file as they come; give the number of rows."""
    rows = 0
    with pq.ParquetWriter(
        path, schema.arrow, compression="zstd", write_page_checksum=True
    ) as writer:
        for batch in batches:
            writer.write_batch(batch.cast(schema.arrow))
            rows += batch.num_rows
    return rows
