"""The row sweep: every partner of one account at a time, counted in tables that fit a cache.

A pair belongs to the less active of its accounts, so no row is long, and it is finished when its
row is: nothing is merged or spilled. A first scan of the row's windows bumps a small byte map, in
which several partners may share a byte; only partners whose byte reached the threshold are counted
exactly in a second scan (the counting filter of Park, Chen and Yu, 1995, a row at a time).

All counts are exact without sets, since an account's rows on one object are visited by time and
their windows move only forwards:
- a partner's row was counted before just when an earlier window of the same object holds it;
- the earlier rows of the pairs are visited by time, so their days come in order.
Only own posts that stand in several rows (one post with two hashtags) need a set.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.company import Ints, Longs

Counts = npt.NDArray[np.int64]

(ROW, PARTNER, POSTS, OWN_ROW, OWN_PARTNER, OBJECTS, OBJECT_DAYS, FIRST, LAST) = range(9)
"""The columns of what a sweep gives."""

COLUMNS = 9
_LAST_ROW, _LAST_OBJECT, _LAST_DAY, _CELL, _WIDTH = 9, 10, 11, 12, 13
_DAY_MS = 86_400_000
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LARGEST_FILTER = 1 << 20

BY_POSTS, BY_OWN_POSTS, BY_OBJECTS, BY_OBJECT_DAYS = range(4)
"""Which count must reach the threshold."""


class Sweep(NamedTuple):
    """What a sweep reads: rows by object and time (first five), and by account (last five).

    Accounts are numbered by activity, the least active 0. `repeated` is -1 for a row whose own
    post stands in no other row, else a number for that post.
    """

    account: Ints
    at: Longs
    repeated: Ints
    posts: int
    row_starts: Longs
    low: Ints
    high: Ints
    place: Ints
    owner: Ints


@njit(cache=True, nogil=True)
def _spot(key: int, bits: int) -> np.int64:
    return np.int64((np.uint64(key) * _MIX) >> np.uint64(64 - bits))


@njit(cache=True, nogil=True)
def _bits_for(size: int) -> int:
    bits = 6
    while (1 << bits) < size:
        bits += 1
    return bits


@njit(cache=True, nogil=True)
def _fill_filter(
    filled: npt.NDArray[np.uint8], bits: int, row: int, first: int, last: int, sweep: Sweep
) -> None:
    account, low, high = sweep.account, sweep.low, sweep.high
    filled[: 1 << bits] = 0
    shift = np.uint64(64 - bits)
    for k in range(np.uint64(first), np.uint64(last)):
        for j in range(np.uint64(low[k]), np.uint64(high[k])):
            partner = account[j]
            spot = (np.uint64(partner) * _MIX) >> shift
            seen = filled[spot]
            filled[spot] = seen + np.uint8((partner > row) & (seen < 255))


@njit(cache=True, nogil=True)
def _slot(cells: Ints, bits: int, slots: Counts, used: int, partner: int) -> int:
    cell = _spot(partner, bits)
    mask = (1 << bits) - 1
    while cells[cell] >= 0:
        if slots[cells[cell], PARTNER] == partner:
            return int(cells[cell])
        cell = (cell + 1) & mask
    cells[cell] = used
    slots[used, PARTNER] = partner
    slots[used, _CELL] = cell
    return used


@njit(cache=True, nogil=True)
def _is_new(seen: Longs, filled: int, key: int) -> bool:
    """Put `key` (not 0) into an open table that has room; whether it was not there."""
    mask = len(seen) - 1
    cell = np.int64((np.uint64(key) * _MIX) >> np.uint64(20)) & mask
    while seen[cell] != 0:
        if seen[cell] == key:
            return False
        cell = (cell + 1) & mask
    seen[cell] = key
    return True


@njit(cache=True, nogil=True)
def _grown(seen: Longs) -> Longs:
    larger = np.zeros(len(seen) * 4, np.int64)
    for key in seen:
        if key != 0:
            _is_new(larger, 0, key)
    return larger


@njit(cache=True, nogil=True)
def _doubled(slots: Counts) -> Counts:
    larger = np.empty((len(slots) * 2, slots.shape[1]), np.int64)
    larger[: len(slots)] = slots
    return larger


@njit(cache=True, nogil=True)
def _rehashed(cells: Ints, slots: Counts, used: int) -> Ints:
    larger = np.full(len(cells) * 4, -1, np.int32)
    bits = _bits_for(len(larger))
    mask = len(larger) - 1
    for s in range(used):
        cell = _spot(slots[s, PARTNER], bits)
        while larger[cell] >= 0:
            cell = (cell + 1) & mask
        larger[cell] = s
        slots[s, _CELL] = cell
    return larger


@njit(cache=True, nogil=True)
def _reaches(slot: Counts, count: int, at_least: int) -> bool:
    if count == BY_POSTS:
        return bool(slot[POSTS] >= at_least)
    if count == BY_OWN_POSTS:
        return bool(min(slot[OWN_ROW], slot[OWN_PARTNER]) >= at_least)
    if count == BY_OBJECTS:
        return bool(slot[OBJECTS] >= at_least)
    return bool(slot[OBJECT_DAYS] >= at_least)


@njit(cache=True, nogil=True)
def sweep_rows(first_row: int, last_row: int, count: int, at_least: int, sweep: Sweep) -> Counts:
    """Every pair of the rows `first_row` up to `last_row` whose `count` reaches `at_least`.

    Gives int64 of shape (pairs, `COLUMNS`). Takes memory for the largest row and the answer.
    """
    account, at, repeated = sweep.account, sweep.at, sweep.repeated
    low, high, place, owner = sweep.low, sweep.high, sweep.place, sweep.owner
    threshold = np.uint8(min(max(at_least, 1), 255))
    filled = np.empty(_LARGEST_FILTER, np.uint8)
    cells = np.full(1 << 10, -1, np.int32)
    cell_bits = 10
    slots = np.empty((1 << 9, _WIDTH), np.int64)
    seen = np.zeros(1 << 8, np.int64)
    passed = np.empty((1 << 10, COLUMNS), np.int64)
    pairs = 0
    for row in range(first_row, last_row):
        first, last = sweep.row_starts[row], sweep.row_starts[row + 1]
        scanned = np.int64(0)
        for k in range(first, last):
            scanned += high[k] - low[k] - 1
        if scanned < at_least:
            continue
        bits = _bits_for(min(8 * scanned, _LARGEST_FILTER))
        shift = np.uint64(64 - bits)
        _fill_filter(filled, bits, row, first, last, sweep)
        used = 0
        seen_used = 0
        last_object = -1
        counted_from = counted_to = 0
        for k in range(first, last):
            here, obj = place[k], owner[k]
            if obj != last_object:
                last_object = obj
                counted_from = low[k] - 1
                counted_to = low[k]
            for there in range(np.uint64(low[k]), np.uint64(high[k])):
                partner = account[there]
                spot = (np.uint64(partner) * _MIX) >> shift
                # One branch that is seldom taken costs less than two that nobody can foresee.
                if not (partner > row) & (filled[spot] >= threshold):
                    continue
                j = np.int64(there)
                s = _slot(cells, cell_bits, slots, used, partner)
                slot = slots[s]
                if s == used:
                    used += 1
                    slot[POSTS] = slot[OWN_ROW] = slot[OWN_PARTNER] = 0
                    slot[OBJECTS] = slot[OBJECT_DAYS] = 0
                    slot[_LAST_ROW] = slot[_LAST_OBJECT] = -1
                    slot[FIRST] = np.iinfo(np.int64).max
                    slot[LAST] = np.iinfo(np.int64).min
                slot[POSTS] += 1
                slot[FIRST] = min(slot[FIRST], at[j], at[here])
                slot[LAST] = max(slot[LAST], at[j], at[here])
                new_object = slot[_LAST_OBJECT] != obj
                if new_object:
                    slot[OBJECTS] += 1
                    slot[_LAST_OBJECT] = obj
                if j > counted_from:
                    # Python's floor division: the day of a time before 1970 is right too.
                    day = min(at[j], at[here]) // _DAY_MS
                    if new_object or slot[_LAST_DAY] != day:
                        slot[OBJECT_DAYS] += 1
                        slot[_LAST_DAY] = day
                if slot[_LAST_ROW] != k:
                    slot[_LAST_ROW] = k
                    post = repeated[here]
                    if post < 0:
                        slot[OWN_ROW] += 1
                    elif _is_new(seen, 0, np.int64(s) * sweep.posts + post + 1):
                        slot[OWN_ROW] += 1
                        seen_used += 1
                if j >= counted_to:
                    post = repeated[j]
                    if post < 0:
                        slot[OWN_PARTNER] += 1
                    elif _is_new(seen, 0, np.int64(s) * sweep.posts + post + 1):
                        slot[OWN_PARTNER] += 1
                        seen_used += 1
                if used == len(slots):
                    slots = _doubled(slots)
                if 2 * used > len(cells):
                    cells = _rehashed(cells, slots, used)
                    cell_bits += 2
                if 2 * seen_used > len(seen):
                    seen = _grown(seen)
            counted_from = here
            counted_to = high[k]
        for s in range(used):
            cells[slots[s, _CELL]] = -1
            if _reaches(slots[s], count, at_least):
                if pairs == len(passed):
                    passed = _doubled(passed)
                passed[pairs] = slots[s, :COLUMNS]
                passed[pairs, ROW] = row
                pairs += 1
        if seen_used > 0:
            seen[:] = 0
    return passed[:pairs].copy()
