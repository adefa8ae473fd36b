"""What a worker counts of objects, and of slices of hot ones: the sums are of whole objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph.engines.kernels.bounds import Slices
from graph.engines.spark.slices import GROUP, Cutting
from graph.engines.spark.whole_groups import Flags, Longs, group_starts, numbers, whole_groups


@dataclass(frozen=True, slots=True)
class Part:
    """Some interactions as dense numbers, and whether what they give is added or taken away.

    `account` is None where pairs of one account count too, and `times` then says how many
    interactions each row stands for. `told`: whether these rows are where interactions themselves
    are counted, and not their pairs alone.
    """

    sign: int
    account: Longs | None
    object_: Longs
    at: Longs
    carried: Mapping[str, Longs]
    times: Longs | None
    told: bool


def own_parts(
    batches: Iterator[pa.RecordBatch], cut: Cutting, carried: Sequence[str] = ()
) -> Iterator[Part]:
    """Parts whose sums are those of whole objects, and of slices what begins in each.

    Of a slice that is all it has less what stands behind its own time; of a crowd
    (`graph.engines.spark.crowd_pairs`) all there is at its moments less what each account has.

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
        crowd = "added" in groups.schema.names
        account = None if crowd else _dense(numbers(groups, "account"))
        times = numbers(groups, "n") if crowd else None
        for sign, kept in _signed(slices, object_, at):
            for more, some in _added(groups, kept) if crowd else ((1, kept),):
                yield Part(
                    sign * more,
                    None if account is None else account[some],
                    object_[some],
                    at[some],
                    {name: numbers(groups, name)[some] for name in carried},
                    None if times is None else times[some],
                    more > 0,
                )


def _dense(account: Longs) -> Longs:
    return np.unique(account, return_inverse=True)[1].astype(np.int64)


def _added(groups: pa.RecordBatch, kept: Flags | slice) -> Iterator[tuple[int, Flags]]:
    """Of the rows of crowds those whose pairs are added, and those whose are taken away."""
    added = groups.column("added").to_numpy(zero_copy_only=False)
    among = np.zeros(len(added), np.bool_)
    among[kept] = True
    yield 1, added & among
    yield -1, ~added & among


def _signed(
    slices: Slices | None, object_: Longs, at: Longs
) -> Iterator[tuple[int, Flags | slice]]:
    if slices is None:
        yield 1, slice(None)
        return
    yield 1, at >= slices.first[object_]
    yield -1, at > slices.last[object_]
