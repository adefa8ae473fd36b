"""Rows dealt to those who sweep accounts: to each just the rows of the pairs that it counts.

A pair of accounts belongs to the one with the lower code, and an account to one of a number of
buckets, its home. A row is dealt once to each bucket that owns a pair of it: that is the home of
every account of a lower code in its window, and its own home if there is one of a higher code. So a
row of a viral object is dealt as often as there are buckets at most, and a row with one row in its
company once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numba import njit

from graph.engines.kernels.bounds import Flags, Near
from graph.engines.kernels.company import Ints, Longs

_PARTITION_BITS = 20
_DEALT_AT_ONCE = 1 << 18


class Dealt(NamedTuple):
    """Rows by their places, and the bucket that each is for."""

    row: Ints
    bucket: Ints


def account_code(rank: Longs, partition: int) -> Longs:
    """The code of an account: its rank among those of its partition, then the partition.

    Accounts fall into partitions at random, so a code goes by rank in the whole, nearly. Room is
    for a million partitions of 8 billion accounts.
    """
    codes: Longs = (rank << _PARTITION_BITS) | partition
    return codes


def home(code: Longs, buckets: int) -> Ints:
    """The bucket of each account: accounts of like activity are spread over all of them."""
    low = code & ((1 << _PARTITION_BITS) - 1)
    found: Ints = (((code >> _PARTITION_BITS) + low) % buckets).astype(np.int32)
    return found


def home_sql(code: str, buckets: int) -> str:
    """`home` as an expression of SQL."""
    low = (1 << _PARTITION_BITS) - 1
    return f"cast((shiftright({code}, {_PARTITION_BITS}) + ({code} & {low})) % {buckets} as int)"


def dealt(near: Near, own: Flags, homes: Ints, buckets: int) -> Iterator[Dealt]:
    """Deal the own rows, some at a time.

    Args:
        near: the rows of one window; account codes are in the order in which pairs belong.
        own: which rows are dealt; the others were only seen.
        homes: the bucket of each account code.
        buckets: how many there are.
    """
    room = _DEALT_AT_ONCE + buckets
    row, bucket = np.empty(room, np.int32), np.empty(room, np.int32)
    # Which row met a bucket last; it serves all rows, since rows differ.
    met = np.full(buckets, -1, np.int32)
    following = 0
    while following < len(own):
        following, filled = _deal(
            following, near.rows.account, near.low, near.high, own, homes, met, row, bucket
        )
        if filled:
            yield Dealt(row[:filled].copy(), bucket[:filled].copy())


@njit(cache=True, nogil=True)
def _deal(
    first: int,
    account: Ints,
    low: Ints,
    high: Ints,
    own: Flags,
    homes: Ints,
    met: Ints,
    row: Ints,
    bucket: Ints,
) -> tuple[int, int]:
    """Deal from `first` on while there is room; give where it stopped, and how many were dealt."""
    buckets = len(met)
    filled = 0
    for i in range(first, len(own)):
        if filled + buckets > len(row):
            return i, filled
        if not own[i]:
            continue
        mine = account[i]
        begun = filled
        for j in range(low[i], high[i]):
            other = account[j]
            if other == mine:
                continue
            there = homes[min(mine, other)]
            if met[there] != i:
                met[there] = i
                row[filled] = i
                bucket[filled] = there
                filled += 1
                if filled - begun == buckets:
                    break
    return len(own), filled
