"""Rows that cannot be used: which, why, and what stood there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.files.names import shown_text

Mask = npt.NDArray[np.bool_]

FAULTS = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("column", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("reason", pa.string()),
    ]
)
# Whatever is not plainly printable ASCII goes the slow way, where it is escaped and cut.
_TO_ESCAPE = r"[^ -\[\]-~]|^.{200}"


class Faults:
    """The faulty rows of one batch. Each is kept with the first fault found in it."""

    def __init__(self, numbers: npt.NDArray[np.int64]) -> None:
        """No faults yet; `numbers` are the rows' numbers in their file."""
        self.bad: Mask = np.zeros(len(numbers), dtype=np.bool_)
        self._numbers = numbers
        self._parts: list[pa.RecordBatch] = []

    def add(self, where: Mask, column: str, reason: str | Sequence[str], raw: pa.Array) -> int:
        """Set rows aside and give how many were new.

        Args:
            where: the faulty rows of the batch; those that are set aside already stay as they are.
            column: the column at fault.
            reason: why; either for all, or one for each True of `where`.
            raw: what stands in the column, for every row of the batch.
        """
        new = where & ~self.bad
        count = int(new.sum())
        if not count:
            return 0
        if isinstance(reason, str):
            reasons = pa.repeat(reason, count)
        else:
            reasons = pa.array(reason, pa.string()).filter(pa.array(new[where]))
        self.bad |= new
        self._parts.append(
            pa.record_batch(
                [
                    pa.array(self._numbers[new]),
                    pa.repeat(column, count),
                    readable(raw.filter(pa.array(new))),
                    reasons,
                ],
                schema=FAULTS,
            )
        )
        return count

    def batches(self) -> list[pa.RecordBatch]:
        """What was set aside (`FAULTS`)."""
        return self._parts


def readable(raw: pa.Array) -> pa.Array:
    """Values as text that may be shown: escaped, at most 200 characters; a null is empty."""
    if pa.types.is_nested(raw.type):
        raw = pa.array([None if value is None else str(value) for value in raw.to_pylist()])
    text = pc.fill_null(raw.cast(pa.string()), "")
    unfit = pc.match_substring_regex(text, _TO_ESCAPE)
    if pc.any(unfit).as_py():
        shown = [shown_text(value) for value in text.filter(unfit).to_pylist()]
        text = pc.replace_with_mask(text, unfit, pa.array(shown, pa.string()))
    return text


def as_mask(found: pa.Array) -> Mask:
    """A boolean column as an array of its own; a null is False."""
    mask: Mask = pc.fill_null(found, False).to_numpy(zero_copy_only=False)
    return mask.copy()
