"""Co-action on arrays: bounds, lossless pruning, then the row sweep on every processor.

No bins, no sampling: a pair of rows counts when the same action met the same object at most
`within_ms` apart. Memory goes with the rows and the largest account, never with the pairs, and
what comes out is the same for any order of rows and any number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels import company, sweep
from graph.engines.kernels.company import Ints, Longs, Rows
from graph.engines.kernels.distinct import sorted_distinct
from graph.engines.kernels.sweep import Counts, Sweep

Flags = npt.NDArray[np.bool_]

COUNTS = {
    "posts": sweep.BY_POSTS,
    "own-posts": sweep.BY_OWN_POSTS,
    "objects": sweep.BY_OBJECTS,
    "object-days": sweep.BY_OBJECT_DAYS,
}
_SCANNED_A_BLOCK = 16_000_000


class Limits(NamedTuple):
    """The most interactions on an object, in a window, and the most raw pairs; None for any."""

    object_interactions: int | None
    window_interactions: int | None
    raw_pairs: int | None


class Cut(NamedTuple):
    """What one bound left out of one object (by its code)."""

    bound: str
    code: int
    accounts: int
    interactions: int
    pairs_not_counted: int


class Ready(NamedTuple):
    """All that a sweep needs, and what is known before it."""

    raw_pairs: int
    interactions: int
    cuts: list[Cut]
    codes: Ints
    scanned: Longs
    sweep: Sweep


class _Near(NamedTuple):
    """Rows with company, their windows, and the ways to walk them."""

    rows: Rows
    low: Ints
    high: Ints
    owner: Ints
    place: Ints
    starts: Longs

    def pairs(self) -> Longs:
        pairs: Longs = company.pairs_by_object(
            self.low, self.high, self.owner, self.place, self.starts, len(self.rows.objects)
        )
        return pairs


def _near(rows: Rows, within_ms: int, accounts: int) -> _Near:
    kept = company.with_company(rows, within_ms)
    low, high = company.windows(kept.at, kept.starts, within_ms)
    place, starts = company.by_account(kept.account, accounts)
    return _Near(kept, low, high, company.object_of(kept.starts), place, starts)


def raw_pairs(rows: Rows, within_ms: int, accounts: int) -> int:
    """How many pairs of rows of two accounts lie within the window, counted before any sweep."""
    return int(_near(rows, within_ms, accounts).pairs().sum())


def prepare(
    rows: Rows,
    within_ms: int,
    *,
    accounts: int,
    object_sizes: Longs,
    limits: Limits,
    count: str,
    at_least: int,
) -> Ready:
    """Bound and prune the rows for one window, and lay them out for the sweep.

    Args:
        rows: interactions by object and time; rows without company may have gone.
        within_ms: the window, or `company.NO_TIME`.
        accounts: how many account codes there are.
        object_sizes: interactions on each object code, before anything was left out.
        limits: the bounds.
        count: a key of `COUNTS`.
        at_least: the least count that a pair must reach, from 1.
    """
    near = _near(rows, within_ms, accounts)
    near, cuts = _bounded(near, within_ms, accounts, object_sizes, limits)
    pairs = int(near.pairs().sum())
    used = len(near.rows.at)
    near = _without_idle_accounts(near, within_ms, accounts, count, at_least)
    return Ready(pairs, used, cuts, *_laid_out(near, accounts))


def swept(ready: Ready, *, count: str, at_least: int, threads: int) -> Iterator[Counts]:
    """The pairs that reach `at_least`, block by block, as `sweep` columns.

    The first two columns are account codes, the lesser first, with own posts to match.
    """
    bounds = _blocks(ready.scanned)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Counts]] = deque()
        for first, last in pairwise(bounds):
            waiting.append(
                pool.submit(sweep.sweep_rows, first, last, COUNTS[count], at_least, ready.sweep)
            )
            if len(waiting) > 2 * threads:
                yield _named(waiting.popleft().result(), ready.codes)
        while waiting:
            yield _named(waiting.popleft().result(), ready.codes)


def repeated_contents(rows: Rows, accounts: int) -> Longs:
    """The content numbers that stand in several rows of one account."""
    place, starts = company.by_account(rows.account, accounts)
    repeated, _ = _repeats(rows.content, place, starts)
    return sorted_distinct(rows.content[repeated >= 0])


def _blocks(scanned: Longs) -> list[int]:
    total = np.cumsum(scanned)
    if not len(total):
        return [0]
    marks = np.arange(_SCANNED_A_BLOCK, int(total[-1]), _SCANNED_A_BLOCK)
    inner = np.searchsorted(total, marks, side="left") + 1
    return [int(row) for row in np.unique(np.concatenate(([0], inner, [len(scanned)])))]


def _named(found: Counts, codes: Ints) -> Counts:
    row, partner = codes[found[:, sweep.ROW]], codes[found[:, sweep.PARTNER]]
    turned = row > partner
    found[:, sweep.ROW] = np.minimum(row, partner)
    found[:, sweep.PARTNER] = np.maximum(row, partner)
    own = found[turned, sweep.OWN_ROW].copy()
    found[turned, sweep.OWN_ROW] = found[turned, sweep.OWN_PARTNER]
    found[turned, sweep.OWN_PARTNER] = own
    return found


def _bounded(
    near: _Near, within_ms: int, accounts: int, object_sizes: Longs, limits: Limits
) -> tuple[_Near, list[Cut]]:
    cuts: list[Cut] = []
    if limits.object_interactions is not None:
        large = object_sizes[near.rows.objects] > limits.object_interactions
        near, found = _cut("object-interactions", near, large[near.owner], within_ms, accounts)
        cuts += found
    if limits.window_interactions is not None:
        crowded = near.high - near.low > limits.window_interactions
        near, found = _cut("window-interactions", near, crowded, within_ms, accounts)
        cuts += found
    if limits.raw_pairs is not None and int(near.pairs().sum()) > limits.raw_pairs:
        crowded = near.high - near.low > _affordable_window(near, limits.raw_pairs)
        near, found = _cut("raw-pairs", near, crowded, within_ms, accounts)
        cuts += found
    return near, cuts


def _affordable_window(near: _Near, most_pairs: int) -> int:
    """The largest window size such that rows in windows of at most this size fit the budget."""
    others = np.bincount(near.high - near.low - 1)
    half_pairs = np.cumsum(others * np.arange(len(others)))
    return int(np.searchsorted(half_pairs, 2 * most_pairs, side="right"))


def _cut(
    bound: str, near: _Near, out: Flags, within_ms: int, accounts: int
) -> tuple[_Near, list[Cut]]:
    if not out.any():
        return near, []
    objects = np.unique(near.owner[out])
    before = near.pairs()
    left = _near(company.only(near.rows, ~out), within_ms, accounts)
    after = np.zeros(len(before), np.int64)
    after[np.searchsorted(near.rows.objects, left.rows.objects)] = left.pairs()
    pairs_of = np.stack((near.owner[out], near.rows.account[out]))
    sharing = np.bincount(np.unique(pairs_of, axis=1)[0], minlength=len(before))
    rows_of = np.bincount(near.owner[out], minlength=len(before))
    return left, [
        Cut(
            bound,
            int(near.rows.objects[o]),
            int(sharing[o]),
            int(rows_of[o]),
            int(before[o] - after[o]),
        )
        for o in objects
    ]


def _without_idle_accounts(
    near: _Near, within_ms: int, accounts: int, count: str, at_least: int
) -> _Near:
    """Without accounts that no pair can lift to `at_least`; lossless, repeated while it pays."""
    for _ in range(4):
        idle = _highest(near, accounts, count) < at_least
        out = idle[near.rows.account]
        if not out.any():
            break
        near = _near(company.only(near.rows, ~out), within_ms, accounts)
    return near


def _highest(near: _Near, accounts: int, count: str) -> Longs:
    highest: Longs
    if count == "objects":
        highest = company.distinct_objects(near.place, near.starts, near.owner)
    elif count == "own-posts":
        highest = np.diff(near.starts)
    else:
        # One row of an account may meet many rows of a partner, on as many days.
        highest = _scanned_by(near.rows.account, near.low, near.high, accounts)
    return highest


@njit(cache=True, nogil=True)
def _scanned_by(account: Ints, low: Ints, high: Ints, accounts: int) -> Longs:
    found = np.zeros(accounts, np.int64)
    for i in range(len(account)):
        found[account[i]] += high[i] - low[i] - 1
    return found


def _laid_out(near: _Near, accounts: int) -> tuple[Ints, Longs, Sweep]:
    """Account codes by activity, what each row scans, and the sweep's arrays."""
    scanned = _scanned_by(near.rows.account, near.low, near.high, accounts)
    acting = np.flatnonzero(np.diff(near.starts)).astype(np.int32)
    codes = acting[np.lexsort((acting, scanned[acting]))]
    number = np.empty(accounts, np.int32)
    number[codes] = np.arange(len(codes), dtype=np.int32)
    repeated, posts = _repeats(near.rows.content, near.place, near.starts)
    account = number[near.rows.account]
    place, starts = company.by_account(account, len(codes))
    laid = Sweep(
        account=account,
        at=near.rows.at,
        repeated=repeated,
        posts=posts,
        row_starts=starts,
        low=near.low[place],
        high=near.high[place],
        place=place,
        owner=near.owner[place],
    )
    return codes, scanned[codes], laid


@njit(cache=True, nogil=True)
def _repeats(content: Longs, place: Ints, starts: Longs) -> tuple[Ints, int]:
    """For each row a number for its post if the post stands in several rows, else -1."""
    repeated = np.full(len(content), -1, np.int32)
    posts = 0
    for a in range(len(starts) - 1):
        mine = place[starts[a] : starts[a + 1]]
        if len(mine) < 2:
            continue
        order = np.argsort(content[mine])
        for k in range(1, len(mine)):
            before, here = mine[order[k - 1]], mine[order[k]]
            if content[here] != 0 and content[here] == content[before]:
                if repeated[before] < 0:
                    repeated[before] = posts
                    posts += 1
                repeated[here] = repeated[before]
    return repeated, posts
