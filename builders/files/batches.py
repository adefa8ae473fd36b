"""Raw rows as they leave a file, and the rows that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LONGEST_VALUE = 1 << 20
"""Bytes that one line, record or value may have; a longer one makes its row a fault."""

NOT_UTF8 = "bytes that are not UTF-8"


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that was not read: the 1-based row in its file, and why.

    `column` is the column at fault, or empty for the whole row; `raw` what stood there, escaped,
    at most 200 characters.
    """

    row: int
    column: str
    raw: str
    reason: str


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Some rows of a file, with their 1-based numbers, and the faulty rows met among them.

    Every row of the file stands in just one of `rows` and `faults`. Headers, and blank lines of
    csv, tsv and jsonl, are no rows. `notes` say what was met and is no fault.
    """

    rows: pa.RecordBatch
    numbers: pa.Int64Array
    faults: tuple[RowFault, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file: its columns, and its rows for the columns at some positions."""

    schema: pa.Schema
    batches: Callable[[tuple[int, ...]], Iterator[RawBatch]]
    notes: list[str] = field(default_factory=list)


def numbers(first: int, count: int) -> pa.Int64Array:
    """The row numbers from `first` on."""
    return pa.array(np.arange(first, first + count, dtype=np.int64))


def merged(
    kept: pa.RecordBatch,
    kept_at: npt.NDArray[np.int64],
    further: pa.RecordBatch,
    further_at: npt.NDArray[np.int64],
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64]]:
    """Two lots of rows as one, in the order of their places."""
    if not len(further_at):
        return kept, kept_at
    places = np.concatenate([kept_at, further_at])
    order = np.argsort(places, kind="stable")
    together = pa.concat_batches([kept, further])
    return together.take(pa.array(order)), places[order]


def in_slices(batch: RawBatch, rows: int) -> Iterator[RawBatch]:
    """The batch in parts of at most `rows` rows; faults and notes leave with the first part."""
    if batch.rows.num_rows <= rows:
        yield batch
        return
    yield RawBatch(
        batch.rows.slice(0, rows), batch.numbers.slice(0, rows), batch.faults, batch.notes
    )
    for start in range(rows, batch.rows.num_rows, rows):
        yield RawBatch(batch.rows.slice(start, rows), batch.numbers.slice(start, rows))
