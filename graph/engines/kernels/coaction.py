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
from graph.engines.kernels.bounds import Limits, Losses, Near, bounded, near
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


class Ready(NamedTuple):
    """All that a sweep needs, and what is known before it."""

    raw_pairs: int
    interactions: int
    cuts: list[Losses]
    codes: Ints
    scanned: Longs
    sweep: Sweep


def raw_pairs(rows: Rows, within_ms: int, accounts: int) -> int:
    """How many pairs of rows of two accounts lie within the window, counted before any sweep."""
    return int(near(rows, within_ms, accounts).pairs().sum())


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
    kept, cuts = bounded(near(rows, within_ms, accounts), within_ms, accounts, object_sizes, limits)
    pairs = int(kept.pairs().sum())
    used = len(kept.rows.at)
    kept = _without_idle_accounts(kept, within_ms, accounts, count, at_least)
    return Ready(pairs, used, cuts, *_laid_out(kept, accounts))


def prepare_owned(
    rows: Rows, within_ms: int, *, accounts: int, owned: Flags, count: str, at_least: int
) -> Ready:
    """Lay out a part of the rows for the pairs of some accounts with accounts of higher codes.

    The rows are bounded already, and hold all that lie in the window of a row of an owned account
    whose pair with it is owned; others may be among them.

    Args:
        rows: the part.
        within_ms: the window, or `company.NO_TIME`.
        accounts: how many account codes there are; they go by the order in which pairs belong.
        owned: whose pairs are swept, by account code.
        count: a key of `COUNTS`.
        at_least: the least count that a pair must reach, from 1.
    """
    kept = near(rows, within_ms, accounts)
    used = len(kept.rows.at)
    kept = _without_idle_accounts(kept, within_ms, accounts, count, at_least)
    return Ready(0, used, [], *_laid_out(kept, accounts, owned))


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
    repeated, _ = repeats(rows.content, place, starts)
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


def _without_idle_accounts(
    rows: Near, within_ms: int, accounts: int, count: str, at_least: int
) -> Near:
    """Without accounts that no pair can lift to `at_least`; lossless, repeated while it pays."""
    for _ in range(4):
        idle = highest(rows, accounts, count) < at_least
        out = idle[rows.rows.account]
        if not out.any():
            break
        rows = near(company.only(rows.rows, ~out), within_ms, accounts)
    return rows


def highest(rows: Near, accounts: int, count: str) -> Longs:
    """What no pair of each account can exceed, of the chosen count; parts of the objects add up."""
    most: Longs
    if count == "objects":
        most = company.distinct_objects(rows.place, rows.starts, rows.owner)
    elif count == "own-posts":
        most = np.diff(rows.starts)
    else:
        # One row of an account may meet many rows of a partner, on as many days.
        most = scanned_by(rows.rows.account, rows.low, rows.high, accounts)
    return most


@njit(cache=True, nogil=True)
def scanned_by(account: Ints, low: Ints, high: Ints, accounts: int) -> Longs:
    """How many other rows the windows of each account's rows hold."""
    found = np.zeros(accounts, np.int64)
    for i in range(len(account)):
        found[account[i]] += high[i] - low[i] - 1
    return found


def by_activity(scanned: Longs) -> tuple[Ints, Ints]:
    """The codes of accounts with company, the least active first, and each code's place there."""
    codes = np.flatnonzero(scanned).astype(np.int32)
    codes = codes[np.lexsort((codes, scanned[codes]))]
    return codes, _numbers(codes, len(scanned))


def _numbers(codes: Ints, accounts: int) -> Ints:
    number = np.empty(accounts, np.int32)
    number[codes] = np.arange(len(codes), dtype=np.int32)
    return number


def _laid_out(rows: Near, accounts: int, owned: Flags | None = None) -> tuple[Ints, Longs, Sweep]:
    """Account codes in the order of the sweep, what each row scans, and the sweep's arrays.

    The order is by activity, or by code where only some accounts are `owned`: all who sweep a part
    must agree on whose a pair is.
    """
    scanned = scanned_by(rows.rows.account, rows.low, rows.high, accounts)
    if owned is None:
        codes, number = by_activity(scanned)
    else:
        codes = np.flatnonzero(np.diff(rows.starts)).astype(np.int32)
        number = _numbers(codes, accounts)
    repeated, posts = repeats(rows.rows.content, rows.place, rows.starts)
    account = number[rows.rows.account]
    place, starts = company.by_account(account, len(codes))
    scanned = scanned[codes]
    if owned is not None:
        mine = owned[codes]
        place = place[mine[account[place]]]
        starts = np.concatenate(([0], np.cumsum(np.where(mine, np.diff(starts), 0))))
        scanned = np.where(mine, scanned, 0)
    laid = Sweep(
        account=account,
        at=rows.rows.at,
        repeated=repeated,
        posts=posts,
        row_starts=starts,
        low=rows.low[place],
        high=rows.high[place],
        place=place,
        owner=rows.owner[place],
    )
    return codes, scanned, laid


@njit(cache=True, nogil=True)
def repeats(content: Longs, place: Ints, starts: Longs) -> tuple[Ints, int]:
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
