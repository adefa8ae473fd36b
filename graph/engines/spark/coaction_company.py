"""What a worker finds in whole objects or slices: company, pairs, bounds, and whom rows are for."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph.engines.kernels.bounds import Limits, Losses, Near, bounded, near, own_pairs
from graph.engines.kernels.company import Rows
from graph.engines.kernels.dealing import dealt, home
from graph.engines.spark.slices import GROUP, Cutting
from graph.engines.spark.whole_groups import Longs, group_starts, numbers, whole_groups

ROW, TOTAL, WINDOWS, CUT, HELD = range(5)
"""The kinds of rows that are found: see `FOUND`."""

BOUNDS = ("object-interactions", "window-interactions", "raw-pairs")

FOUND = pa.schema(
    [
        ("kind", pa.int8()),
        ("bucket", pa.int32()),
        ("account", pa.int64()),
        ("o1", pa.int64()),
        ("o2", pa.int64()),
        ("at", pa.int64()),
        ("c1", pa.int64()),
        ("c2", pa.int64()),
        ("accounts", pa.int64()),
        ("interactions", pa.int64()),
        ("pairs", pa.int64()),
    ]
)
"""What is found, in rows of five kinds.

- `ROW`: an interaction for the bucket that it is dealt to.
- `TOTAL`: how many interactions have company, and their pairs.
- `WINDOWS`: how many `interactions` have `pairs` others in their window.
- `CUT`: what the bound with the number `bucket` left out of an object: the accounts (or one
  account, if the object is sliced), the interactions, and the pairs lost.
- `HELD`: how many `interactions` were not dealt, since there are more pairs than `most_pairs`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be found for one window.

    `buckets`: how many share the accounts; 0 for counts alone. `affordable`: the largest window
    that the bound on raw pairs leaves; None if it leaves all. `sized`: whether the sizes of
    windows are asked for. `most_pairs`: a task that has found more deals no more rows; None for
    any. What there is too much of would be dealt in vain, before anybody knows of it.
    """

    within_ms: int
    buckets: int
    object_interactions: int | None = None
    window_interactions: int | None = None
    affordable: int | None = None
    sized: bool = False
    most_pairs: int | None = None
    cut: Cutting


def find_company(batches: Iterator[pa.RecordBatch], *, asked: Asked) -> Iterator[pa.RecordBatch]:
    """`FOUND` of rows that are sorted by object, slice and time."""
    pairs = 0
    for groups in whole_groups(batches, GROUP):
        pairs = yield from _found(groups, asked, pairs)


def _found(
    groups: pa.RecordBatch, asked: Asked, before: int
) -> Generator[pa.RecordBatch, None, int]:
    """`FOUND` of whole groups; gives the pairs of the task so far, of which `before` were known."""
    starts = group_starts([numbers(groups, key) for key in GROUP])
    codes, account = np.unique(numbers(groups, "account"), return_inverse=True)
    size = numbers(groups, "size")[starts[:-1]]
    slices = asked.cut.times(numbers(groups, "slice")[starts[:-1]], size)
    rows = Rows(
        account=account.astype(np.int32),
        at=numbers(groups, "at"),
        # Where the row stands, in the place of a post: posts do not matter here.
        content=np.arange(groups.num_rows),
        starts=starts,
        objects=np.arange(len(size), dtype=np.int32),
    )
    kept, losses = bounded(
        near(rows, asked.within_ms, len(codes)),
        asked.within_ms,
        len(codes),
        np.where(size > 0, size, np.diff(starts)),
        Limits(asked.object_interactions, asked.window_interactions, None),
        slices=slices,
        affordable=asked.affordable,
    )
    own = kept.own(slices)
    pairs = int(own_pairs(kept, asked.within_ms, len(codes), slices).sum())
    yield _batch(TOTAL, interactions=np.array([own.sum()]), pairs=np.array([pairs]))
    if asked.sized:
        others, times = np.unique(kept.sizes()[own] - 1, return_counts=True)
        yield _batch(WINDOWS, interactions=times, pairs=others)
    for lost in losses:
        yield from _cut(lost, groups, starts, codes, size > 0)
    if asked.most_pairs is not None and before + pairs > asked.most_pairs:
        yield _batch(HELD, interactions=np.array([own.sum()]))
    elif asked.buckets:
        yield from _dealt(kept, own, groups, codes, asked.buckets)
    return before + pairs


def _dealt(
    kept: Near, own: np.ndarray, groups: pa.RecordBatch, codes: Longs, buckets: int
) -> Iterator[pa.RecordBatch]:
    names = ("account", "o1", "o2", "at", "c1", "c2")
    for some in dealt(kept, own, home(codes, buckets), buckets):
        where = kept.rows.content[some.row]
        columns = {name: numbers(groups, name)[where] for name in names}
        yield _batch(ROW, bucket=some.bucket, **columns)


def _cut(
    lost: Losses, groups: pa.RecordBatch, starts: Longs, codes: Longs, sliced: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """The losses; of a slice account by account, since one account may act in many slices."""
    bound = BOUNDS.index(lost.bound)
    whole = ~sliced[lost.code]
    first = starts[lost.code]
    yield _batch(
        CUT,
        bucket=np.full(len(first), bound, np.int32),
        o1=numbers(groups, "o1")[first],
        o2=numbers(groups, "o2")[first],
        accounts=np.where(whole, lost.accounts, 0),
        interactions=np.where(whole, lost.interactions, 0),
        pairs=lost.pairs,
    )
    shares = lost.shares[sliced[lost.shares[:, 0]]]
    first = starts[shares[:, 0]]
    yield _batch(
        CUT,
        bucket=np.full(len(first), bound, np.int32),
        account=codes[shares[:, 1]],
        o1=numbers(groups, "o1")[first],
        o2=numbers(groups, "o2")[first],
        accounts=np.zeros(len(first), np.int64),
        interactions=shares[:, 2],
        pairs=np.zeros(len(first), np.int64),
    )


def _batch(kind: int, **columns: np.ndarray) -> pa.RecordBatch:
    rows = len(next(iter(columns.values())))
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in FOUND
        if field.name != "kind"
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(np.full(rows, kind, np.int8)), *arrays], schema=FOUND
    )
