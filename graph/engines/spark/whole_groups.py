"""Sorted rows in pieces of whole groups, as they stream into a worker.

A partition may hold far more than a worker's memory; a group (an object, or a slice of one) must be
seen at once. So batches are put together until enough rows are there, and cut where a group ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

ROWS_AT_ONCE = 262_144


def whole_groups(
    batches: Iterator[pa.RecordBatch], keys: Sequence[str], rows: int = ROWS_AT_ONCE
) -> Iterator[pa.RecordBatch]:
    """The rows again, in batches of about `rows` rows, or one group, that end where a group ends.

    Args:
        batches: rows sorted by `keys`.
        keys: the columns that are equal within a group.
        rows: how many are waited for before a batch is cut.
    """
    waiting: list[pa.RecordBatch] = []
    held, wanted = 0, rows
    for batch in batches:
        waiting.append(batch)
        held += batch.num_rows
        if held < wanted:
            continue
        together = _together(waiting)
        begins = np.flatnonzero(first_of_group([numbers(together, key) for key in keys]))
        end = int(begins[-1])
        if end:
            yield together.slice(0, end)
        waiting = [together.slice(end)]
        held -= end
        # One group alone is larger: look again when it has doubled.
        wanted = max(rows, 2 * held)
    if held:
        yield _together(waiting)


def first_of_group(keys: Sequence[Longs]) -> Flags:
    """Which rows differ from the row before in one of the keys; the first row does."""
    first = np.zeros(len(keys[0]), np.bool_)
    first[:1] = True
    for key in keys:
        first[1:] |= key[1:] != key[:-1]
    return first


def group_starts(keys: Sequence[Longs]) -> Longs:
    """Where each group of sorted rows begins, and the end of the last."""
    starts: Longs = np.append(np.flatnonzero(first_of_group(keys)), len(keys[0])).astype(np.int64)
    return starts


def numbers(batch: pa.RecordBatch, name: str) -> Longs:
    """A column of numbers without nulls, as an array."""
    column: Longs = batch.column(name).to_numpy(zero_copy_only=False)
    return column


def _together(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    table = pa.Table.from_batches(batches).combine_chunks()
    return table.to_batches()[0]
