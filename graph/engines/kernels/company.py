"""Who is near whom in time, and which rows can be left out without losing a pair.

Rows stand object by object, by time within an object. The window of a row is the stretch of rows
on its object that lie at most `within_ms` before or after it, both ends counted. A row has company
when its window holds a row of another account. Rows without company are in no pair, so leaving
them out changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

NO_TIME = np.int64(-1)
"""The window that holds a whole object, whatever the times."""


class Rows(NamedTuple):
    """Interactions as arrays, ordered by object, then time.

    `account`: dense account code; `at`: ms; `content`: a number that is equal for equal own posts
    of one account, 0 for none; `starts`: object `o` holds rows `starts[o]` to `starts[o + 1]`;
    `objects`: the code of each such object.
    """

    account: Ints
    at: Longs
    content: Longs
    starts: Longs
    objects: Ints


@njit(cache=True, nogil=True)
def _apart(earlier: int, later: int) -> np.uint64:
    """The milliseconds between two times; unsigned, since far times differ by more than int64."""
    return np.uint64(later) - np.uint64(earlier)


@njit(cache=True, nogil=True)
def windows(at: Longs, starts: Longs, within_ms: int) -> tuple[Ints, Ints]:
    """Each row's window, from `low` up to and without `high`."""
    low = np.empty(len(at), np.int32)
    high = np.empty(len(at), np.int32)
    within = np.uint64(within_ms)
    for o in range(len(starts) - 1):
        first, last = starts[o], starts[o + 1]
        if within_ms < 0:
            low[first:last] = first
            high[first:last] = last
            continue
        left = right = first
        for i in range(first, last):
            while _apart(at[left], at[i]) > within:
                left += 1
            while right < last and (right <= i or _apart(at[i], at[right]) <= within):
                right += 1
            low[i] = left
            high[i] = right
    return low, high


@njit(cache=True, nogil=True)
def in_company(account: Ints, at: Longs, starts: Longs, within_ms: int) -> npt.NDArray[np.bool_]:
    """Whether each row has a row of another account in its window."""
    kept = np.zeros(len(at), np.bool_)
    within = np.uint64(within_ms)
    for o in range(len(starts) - 1):
        first, last = starts[o], starts[o + 1]
        # The nearest row of another account lies just outside a run of one account's rows.
        run = first
        while run < last:
            end = run
            while end < last and account[end] == account[run]:
                end += 1
            for i in range(run, end):
                before = run > first and (within_ms < 0 or _apart(at[run - 1], at[i]) <= within)
                after = end < last and (within_ms < 0 or _apart(at[i], at[end]) <= within)
                kept[i] = before or after
            run = end
    return kept


def only(rows: Rows, kept: npt.NDArray[np.bool_]) -> Rows:
    """The rows that are kept; objects left empty go too."""
    starts, full = _starts_of(rows.starts, kept)
    return Rows(rows.account[kept], rows.at[kept], rows.content[kept], starts, rows.objects[full])


@njit(cache=True, nogil=True)
def _starts_of(starts: Longs, kept: npt.NDArray[np.bool_]) -> tuple[Longs, npt.NDArray[np.bool_]]:
    full = np.zeros(len(starts) - 1, np.bool_)
    found = np.empty(len(starts), np.int64)
    found[0] = 0
    objects = total = 0
    for o in range(len(starts) - 1):
        before = total
        for i in range(starts[o], starts[o + 1]):
            total += kept[i]
        if total > before:
            full[o] = True
            objects += 1
            found[objects] = total
    return found[: objects + 1].copy(), full


def with_company(rows: Rows, within_ms: int) -> Rows:
    """Without the rows that have no company."""
    return only(rows, in_company(rows.account, rows.at, rows.starts, within_ms))


@njit(cache=True, nogil=True)
def by_account(account: Ints, accounts: int) -> tuple[Ints, Longs]:
    """Rows account by account: positions, in order within an account; where accounts start."""
    starts = np.zeros(accounts + 1, np.int64)
    for a in account:
        starts[a + 1] += 1
    for a in range(accounts):
        starts[a + 1] += starts[a]
    ahead = starts[:-1].copy()
    place = np.empty(len(account), np.int32)
    for i in range(len(account)):
        place[ahead[account[i]]] = i
        ahead[account[i]] += 1
    return place, starts


@njit(cache=True, nogil=True)
def object_of(starts: Longs) -> Ints:
    """Each row's object, by place in `starts`."""
    owner = np.empty(starts[-1], np.int32)
    for o in range(len(starts) - 1):
        owner[starts[o] : starts[o + 1]] = o
    return owner


@njit(cache=True, nogil=True)
def pairs_by_object(
    low: Ints, high: Ints, owner: Ints, place: Ints, account_starts: Longs, objects: int
) -> Longs:
    """How many pairs of rows of two accounts lie within a window of each other, by object.

    Exact: all pairs within windows, less those of an account with itself, which stand beside each
    other in `place`.
    """
    found = np.zeros(objects, np.int64)
    for i in range(len(low)):
        found[owner[i]] += high[i] - 1 - i
    for a in range(len(account_starts) - 1):
        back = account_starts[a]
        for k in range(account_starts[a], account_starts[a + 1]):
            while place[back] < low[place[k]]:
                back += 1
            found[owner[place[k]]] -= k - back
    return found


@njit(cache=True, nogil=True)
def distinct_objects(place: Ints, account_starts: Longs, owner: Ints) -> Longs:
    """On how many distinct objects each account acted."""
    found = np.zeros(len(account_starts) - 1, np.int64)
    for a in range(len(found)):
        last = -1
        for k in range(account_starts[a], account_starts[a + 1]):
            if owner[place[k]] != last:
                last = owner[place[k]]
                found[a] += 1
    return found
