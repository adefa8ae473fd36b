"""The row sweep: every partner of one account at a time, counted in tables that fit a cache.

A pair belongs to the less active of its accounts, so no row is long, and it is finished when its
row is: nothing is merged or spilled. Few pairs of posts belong to a pair of accounts that reaches
the threshold, so a row is sifted first, twice: a byte map in which several partners may share a
byte is bumped for every post pair, and only partners whose byte reached the threshold go on (the
counting filter of Park, Chen and Yu, 1995, a row at a time). What remains is counted exactly.

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
_OTHER_MIX = np.uint64(0xD6E8FEB86659FD93)
_LARGEST_FILTER = 1 << 20
_SIFTED_AT_ONCE = 1 << 21

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
def _is_new(seen: Longs, key: int) -> bool:
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
            _is_new(larger, key)
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


class _Tables(NamedTuple):
    """One row's partners: an open table of slots, the slots, and the repeated posts seen."""

    cells: Ints
    slots: Counts
    seen: Longs
    used: int
    seen_used: int


@njit(cache=True, nogil=True)
def _sift(
    hits: Ints,
    found: int,
    filled: npt.NDArray[np.uint8],
    threshold: np.uint8,
    account: Ints,
) -> int:
    """Of the hits, keep those whose partner may have `threshold` of them; give their number."""
    bits = _bits_for(min(8 * found, _LARGEST_FILTER))
    shift = np.uint64(64 - bits)
    filled[: 1 << bits] = 0
    for h in range(np.uint64(found)):
        spot = (np.uint64(account[hits[h, 1]]) * _OTHER_MIX) >> shift
        seen = filled[spot]
        filled[spot] = seen + np.uint8(seen < 255)
    kept = np.uint64(0)
    for h in range(np.uint64(found)):
        spot = (np.uint64(account[hits[h, 1]]) * _OTHER_MIX) >> shift
        hits[kept, 0] = hits[h, 0]
        hits[kept, 1] = hits[h, 1]
        kept += np.uint64(filled[spot] >= threshold)
    return int(kept)


@njit(cache=True, nogil=True)
def _count(hits: Ints, found: int, sweep: Sweep, tables: _Tables) -> _Tables:
    """Count post pairs exactly: `hits` holds (row event, partner's row) in the order of a row."""
    account, at, repeated = sweep.account, sweep.at, sweep.repeated
    low, high, place, owner = sweep.low, sweep.high, sweep.place, sweep.owner
    cells, slots, seen, used, seen_used = tables
    bits = _bits_for(len(cells))
    for h in range(found):
        k, j = np.int64(hits[h, 0]), np.int64(hits[h, 1])
        here, obj = np.int64(place[k]), owner[k]
        # Where the row's window before this one, on the same object, stood; else before all.
        follows = k > 0 and owner[k - 1] == obj and account[place[k - 1]] == account[here]
        counted_from = np.int64(place[k - 1]) if follows else np.int64(low[k]) - 1
        counted_to = np.int64(high[k - 1]) if follows else np.int64(low[k])
        s = _slot(cells, bits, slots, used, account[j])
        if s == used:
            used += 1
            slots[s, POSTS] = slots[s, OWN_ROW] = slots[s, OWN_PARTNER] = 0
            slots[s, OBJECTS] = slots[s, OBJECT_DAYS] = 0
            slots[s, _LAST_ROW] = slots[s, _LAST_OBJECT] = -1
            slots[s, FIRST] = np.iinfo(np.int64).max
            slots[s, LAST] = np.iinfo(np.int64).min
        slots[s, POSTS] += 1
        slots[s, FIRST] = min(slots[s, FIRST], at[j], at[here])
        slots[s, LAST] = max(slots[s, LAST], at[j], at[here])
        new_object = slots[s, _LAST_OBJECT] != obj
        if new_object:
            slots[s, OBJECTS] += 1
            slots[s, _LAST_OBJECT] = obj
        if j > counted_from:
            # Python's floor division: the day of a time before 1970 is right too.
            day = min(at[j], at[here]) // _DAY_MS
            if new_object or slots[s, _LAST_DAY] != day:
                slots[s, OBJECT_DAYS] += 1
                slots[s, _LAST_DAY] = day
        if slots[s, _LAST_ROW] != k:
            slots[s, _LAST_ROW] = k
            post = repeated[here]
            if post < 0:
                slots[s, OWN_ROW] += 1
            elif _is_new(seen, np.int64(s) * sweep.posts + post + 1):
                slots[s, OWN_ROW] += 1
                seen_used += 1
        if j >= counted_to:
            post = repeated[j]
            if post < 0:
                slots[s, OWN_PARTNER] += 1
            elif _is_new(seen, np.int64(s) * sweep.posts + post + 1):
                slots[s, OWN_PARTNER] += 1
                seen_used += 1
        if used == len(slots):
            slots = _doubled(slots)
        if 2 * used > len(cells):
            cells = _rehashed(cells, slots, used)
            bits = _bits_for(len(cells))
        if 2 * seen_used > len(seen):
            seen = _grown(seen)
    return _Tables(cells, slots, seen, used, seen_used)


@njit(cache=True, nogil=True)
def sweep_rows(first_row: int, last_row: int, count: int, at_least: int, sweep: Sweep) -> Counts:
    """Every pair of the rows `first_row` up to `last_row` whose `count` reaches `at_least`.

    Gives int64 of shape (pairs, `COLUMNS`). Takes memory for the largest row and the answer.
    """
    account, low, high = sweep.account, sweep.low, sweep.high
    threshold = np.uint8(min(max(at_least, 1), 255))
    filled = np.empty(_LARGEST_FILTER, np.uint8)
    hits = np.empty((1 << 12, 2), np.int32)
    tables = _new_tables()
    passed = np.empty((1 << 10, COLUMNS), np.int64)
    pairs = 0
    for row in range(first_row, last_row):
        first, last = sweep.row_starts[row], sweep.row_starts[row + 1]
        scanned = _scanned(first, last, low, high)
        if scanned < at_least:
            continue
        bits = _bits_for(min(8 * scanned, _LARGEST_FILTER))
        shift = np.uint64(64 - bits)
        _fill_filter(filled, bits, row, first, last, sweep)
        found = np.uint64(0)
        whole = True
        for k in range(np.uint64(first), np.uint64(last)):
            width = np.int64(high[k]) - np.int64(low[k])
            if np.int64(found) + width > len(hits):
                if np.int64(found) > _SIFTED_AT_ONCE:
                    # Too many to hold: count these at once, and do without the second sieve.
                    tables = _count(hits, np.int64(found), sweep, tables)
                    found = np.uint64(0)
                    whole = False
                hits = _room_for(hits, np.int64(found), width)
            for j in range(np.uint64(low[k]), np.uint64(high[k])):
                partner = account[j]
                spot = (np.uint64(partner) * _MIX) >> shift
                hits[found, 0] = k
                hits[found, 1] = j
                found += np.uint64((partner > row) & (filled[spot] >= threshold))
        kept = np.int64(found)
        if whole and threshold > 1:
            kept = _sift(hits, kept, filled, threshold, account)
        tables = _count(hits, kept, sweep, tables)
        for s in range(tables.used):
            slot = tables.slots[s]
            tables.cells[slot[_CELL]] = -1
            if _reaches(slot, count, at_least):
                if pairs == len(passed):
                    passed = _doubled(passed)
                passed[pairs] = slot[:COLUMNS]
                passed[pairs, ROW] = row
                pairs += 1
        tables = _emptied(tables)
    return passed[:pairs].copy()


@njit(cache=True, nogil=True)
def _scanned(first: int, last: int, low: Ints, high: Ints) -> np.int64:
    scanned = np.int64(0)
    for k in range(first, last):
        scanned += high[k] - low[k] - 1
    return scanned


@njit(cache=True, nogil=True)
def _room_for(hits: Ints, found: int, more: int) -> Ints:
    if found + more <= len(hits):
        return hits
    larger = np.empty((2 * (found + more), 2), np.int32)
    larger[:found] = hits[:found]
    return larger


@njit(cache=True, nogil=True)
def _new_tables() -> _Tables:
    return _Tables(
        np.full(1 << 10, -1, np.int32),
        np.empty((1 << 9, _WIDTH), np.int64),
        np.zeros(1 << 8, np.int64),
        0,
        0,
    )


@njit(cache=True, nogil=True)
def _emptied(tables: _Tables) -> _Tables:
    """The tables for the next row; its slots' cells were emptied one by one."""
    seen = tables.seen
    if tables.seen_used > 0:
        seen = seen[:256]
        seen[:] = 0
    return _Tables(tables.cells, tables.slots, seen, 0, 0)
