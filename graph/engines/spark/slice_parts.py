"""What a worker counts of objects, and of slices of hot ones: the sums are of whole objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph.engines.kernels.bounds import Slices
from graph.engines.spark.slices import GROUP, Cutting
from graph.engines.spark.whole_groups import Longs, group_starts, numbers, whole_groups


@dataclass(frozen=True, slots=True)
class Part:
    """Some interactions as dense numbers, and whether what they give is added or taken away."""

    sign: int
    account: Longs
    object_: Longs
    at: Longs
    carried: Mapping[str, Longs]


def own_parts(
    batches: Iterator[pa.RecordBatch], cut: Cutting, carried: Sequence[str] = ()
) -> Iterator[Part]:
    """Parts whose sums are those of whole objects, and of slices what begins in each.

    Of a slice that is all it has less what stands behind its own time.

    Args:
        batches: rows sorted by object, slice and time.
        cut: how hot objects were cut.
        carried: further columns that a part is to have.
    """
    for groups in whole_groups(batches, GROUP):
        starts = group_starts([numbers(groups, key) for key in GROUP])
        place = numbers(groups, "slice")[starts[:-1]]
        slices = cut.times(place, numbers(groups, "size")[starts[:-1]])
        object_ = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        at = numbers(groups, "at")
        account = np.unique(numbers(groups, "account"), return_inverse=True)[1].astype(np.int64)
        for sign, kept in _signed(slices, object_, at):
            further = {name: numbers(groups, name)[kept] for name in carried}
            yield Part(sign, account[kept], object_[kept], at[kept], further)


def _signed(
    slices: Slices | None, object_: Longs, at: Longs
) -> Iterator[tuple[int, np.ndarray | slice]]:
    if slices is None:
        yield 1, slice(None)
        return
    yield 1, at >= slices.first[object_]
    yield -1, at > slices.last[object_]
