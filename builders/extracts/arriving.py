"""Rows as they arrive in an engine: usable ones, faulty ones and reports of files in one table.

Files are read wherever the engine computes, and all that is learnt of them comes back the same way.
A usable row has the model's columns; a faulty one has `_reason`; a file's report has `_report`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import Column, Schema

# An attribute begins with a letter, so these names are never one.
_ORIGIN = (
    Column("_file", "BIGINT", "the file's number in reading order"),
    Column(
        "_place",
        "BIGINT",
        "of usable rows, and of faulty ones apart: the row's number in reading order",
        nullable=True,
    ),
)
_TOLD = (
    Column("_row", "BIGINT", "of a faulty row: the row in the file, from 1", nullable=True),
    Column("_column", "VARCHAR", "of a faulty row: the column at fault", nullable=True),
    Column("_raw", "VARCHAR", "of a faulty row: what stood there, escaped", nullable=True),
    Column("_reason", "VARCHAR", "of a faulty row: why it was set aside", nullable=True),
    Column("_report", "VARCHAR", "the report of a file (`FileReport`)", nullable=True),
)
USABLE = "r._reason is null and r._report is null"
"""SQL: the row `r` of an arriving table is usable."""

# A row's place follows from its file alone, so that files may be read in any order.
_PLACES_A_FILE = 1 << 40


def arriving_schema(model: Schema) -> Schema:
    """The columns of what arrives of `model`: any of the model's may be null in a faulty row."""
    columns = (Column(one.name, one.type, one.meaning, nullable=True) for one in model.columns)
    return Schema(f"read_{model.name}", (*_ORIGIN, *columns, *_TOLD), key=("_file", "_place"))


def usable_rows(
    columns: Mapping[str, pa.Array], schema: Schema, file: int, before: int
) -> pa.RecordBatch:
    """Usable rows of a file that has given `before` others."""
    rows = len(columns["account"])
    return _batch({**columns, "_place": _places(file, before, rows)}, schema, file, rows)


def faulty_rows(faults: pa.RecordBatch, schema: Schema, file: int, before: int) -> pa.RecordBatch:
    """Rows that were set aside (`FAULTS`), of a file that has given `before` others."""
    rows = faults.num_rows
    if np.any(np.diff(faults["row"].to_numpy()) < 0):
        faults = faults.take(pc.array_sort_indices(faults["row"]))
    columns = {f"_{name}": faults[name] for name in faults.schema.names}
    return _batch({**columns, "_place": _places(file, before, rows)}, schema, file, rows)


def report_row(report: str, schema: Schema, file: int) -> pa.RecordBatch:
    """The report of a file as a row."""
    return _batch({"_report": pa.array([report])}, schema, file, 1)


def _batch(columns: Mapping[str, pa.Array], schema: Schema, file: int, rows: int) -> pa.RecordBatch:
    given = {**columns, "_file": pa.array(np.full(rows, file, dtype=np.int64))}
    arrays = [given.get(one.name, pa.nulls(rows, one.type)) for one in schema.arrow]
    return pa.RecordBatch.from_arrays(arrays, schema=schema.arrow)


def _places(file: int, before: int, rows: int) -> pa.Array:
    first = file * _PLACES_A_FILE + before
    return pa.array(np.arange(first, first + rows, dtype=np.int64))
