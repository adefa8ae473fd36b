"""What a worker counts of a crowd: what is in the windows of moments, and who has company there.

A crowd is an object on which more happens within a slice than a worker should hold
(`graph.engines.spark.crowds`). Its windows are counted twice over, and neither count needs all its
rows: how many interactions are near each moment follows from how many there are at each, and how
many of those are an account's own from the account's own rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from graph.engines.kernels import company
from graph.engines.spark.whole_groups import Longs, group_starts, numbers, whole_groups

BLOCK = ("o1", "o2", "block")
"""What the moments have in common that a worker needs at once."""
OWN = ("o1", "o2", "account")
"""What an account's rows on one object have in common."""

INSIDE = pa.schema(
    [("o1", pa.int64()), ("o2", pa.int64()), ("at", pa.int64()), ("inside", pa.int64())]
)
"""How many interactions are on an object at most a window from a moment, at it among them."""

NEAR = pa.schema(
    [
        *((name, pa.int64()) for name in ("account", "o1", "o2", "at", "c1", "c2")),
        ("size", pa.int64()),
        ("others", pa.int64()),
    ]
)
"""An interaction that has company.

`size`: of its window, itself and all that have company counted; `others`: how many of other
accounts are in it. Half the sum of `others` is the number of pairs.
"""

_SHORTEST_MS = 60_000
_BLOCKS_A_WINDOW = 64


@dataclass(frozen=True, slots=True)
class Blocks:
    """Time in blocks, so that a window's inside is known by sums and only its rim by moments.

    Of a window around a moment in block `k`, all blocks nearer than `whole` to `k` are inside, and
    what is left of it is in the blocks `whole` and `whole + 1` away. If `whole` is 0, no block is.
    """

    within_ms: int
    width_ms: int
    whole: int

    def seen(self) -> list[int]:
        """How far off the blocks are whose moments a block needs, its own among them."""
        away = {0, self.whole, self.whole + 1}
        return sorted(away | {-each for each in away})


def blocks(within_ms: int) -> Blocks:
    """The blocks for a window: a minute at least, and few in a window."""
    width = max(_SHORTEST_MS, -(-within_ms // _BLOCKS_A_WINDOW))
    return Blocks(within_ms, width, within_ms // width)


def count_inside(batches: Iterator[pa.RecordBatch], *, cut: Blocks) -> Iterator[pa.RecordBatch]:
    """`INSIDE` of the moments of each block.

    Args:
        batches: rows sorted by `BLOCK`, `inner` and `at`, with their number `n`: the moments that
            a block sees, and where blocks are inside the window a row with `inner` set that has
            the sum of theirs.
        cut: how time is cut.
    """
    for groups in whole_groups(batches, BLOCK):
        inner = groups.column("inner").to_numpy(zero_copy_only=False)
        keys = [numbers(groups, name) for name in BLOCK]
        starts = group_starts(keys)
        owner = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        at, n = numbers(groups, "at"), numbers(groups, "n")
        summed = np.zeros(len(starts) - 1, np.int64)
        summed[owner[inner]] = n[inner]
        moment = ~inner
        at, n, owner = at[moment], n[moment], owner[moment]
        block = keys[2][moment]
        own = at // cut.width_ms == block
        if cut.whole:
            # The own block is inside, and counted with the others there.
            n = np.where(own, 0, n)
        first = np.searchsorted(owner, np.arange(len(starts))).astype(np.int64)
        low, high = company.windows(at, first, cut.within_ms)
        before = _running(n)
        inside = before[high] - before[low] + summed[owner]
        columns = (keys[0][moment], keys[1][moment], at, inside)
        yield pa.RecordBatch.from_arrays([pa.array(each[own]) for each in columns], schema=INSIDE)


def find_near(batches: Iterator[pa.RecordBatch], *, within_ms: int) -> Iterator[pa.RecordBatch]:
    """`NEAR` of rows sorted by `OWN` and `at`, with how many are `inside` each one's window."""
    for groups in whole_groups(batches, OWN):
        starts = group_starts([numbers(groups, name) for name in OWN])
        low, high = company.windows(numbers(groups, "at"), starts, within_ms)
        inside = numbers(groups, "inside")
        others = inside - (high - low)
        alone = others == 0
        # Whoever has no company is near none but its account's own rows, and goes.
        gone = _running(alone.astype(np.int64))
        size = inside - (gone[high] - gone[low])
        columns = [numbers(groups, name) for name in NEAR.names[:-2]]
        yield pa.RecordBatch.from_arrays(
            [pa.array(each[~alone]) for each in (*columns, size, others)], schema=NEAR
        )


def _running(counts: Longs) -> Longs:
    """The sums before each place, and of all."""
    return np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
