"""What a bound leaves out of the rows of one window, and how many pairs that costs, by object.

Rows may be a slice of an object's time with others' rows at both ends (its halo), which are there
so that the slice's own rows see all that they would see in the whole. `Slices` says whose rows are
whose; all counts are of own rows, and a pair belongs to the slice of its earlier row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graph.engines.kernels import company
from graph.engines.kernels.company import Ints, Longs, Rows

Flags = npt.NDArray[np.bool_]


class Limits(NamedTuple):
    """The most interactions on an object, in a window, and the most raw pairs; None for any."""

    object_interactions: int | None
    window_interactions: int | None
    raw_pairs: int | None


class Slices(NamedTuple):
    """The times (ms, both ends counted) of each object code's own rows."""

    first: Longs
    last: Longs


class Losses(NamedTuple):
    """What one bound left out, object by object.

    `shares` has a row for each distinct (object code, account) that lost interactions, with their
    number.
    """

    bound: str
    code: Ints
    accounts: Longs
    interactions: Longs
    pairs: Longs
    shares: Longs


class Near(NamedTuple):
    """Rows with company, their windows, and the ways to walk them."""

    rows: Rows
    low: Ints
    high: Ints
    owner: Ints
    place: Ints
    starts: Longs

    def pairs(self) -> Longs:
        """Pairs of rows of two accounts in a window, by place in `rows.objects`."""
        pairs: Longs = company.pairs_by_object(
            self.low, self.high, self.owner, self.place, self.starts, len(self.rows.objects)
        )
        return pairs

    def sizes(self) -> Ints:
        """How many rows each row's window holds, itself among them."""
        sizes: Ints = self.high - self.low
        return sizes

    def own(self, slices: Slices | None) -> Flags:
        """Which rows are their slice's own; all of them where nothing is sliced."""
        if slices is None:
            return np.ones(len(self.rows.at), np.bool_)
        code = self.rows.objects[self.owner]
        own: Flags = (self.rows.at >= slices.first[code]) & (self.rows.at <= slices.last[code])
        return own


def near(rows: Rows, within_ms: int, accounts: int) -> Near:
    """The rows that have company in their window, laid out for walking."""
    kept = company.with_company(rows, within_ms)
    low, high = company.windows(kept.at, kept.starts, within_ms)
    place, starts = company.by_account(kept.account, accounts)
    return Near(kept, low, high, company.object_of(kept.starts), place, starts)


def own_pairs(rows: Near, within_ms: int, accounts: int, slices: Slices | None) -> Longs:
    """`Near.pairs` of the slices' own rows: those whose earlier row is own."""
    if slices is None:
        return rows.pairs()
    own = rows.own(slices)
    if own.all():
        return rows.pairs()
    # All pairs that begin in the slice or behind it, less those that begin behind it.
    code = rows.rows.objects[rows.owner]
    behind = rows.rows.at > slices.last[code]
    counted = _pairs_among(rows, own | behind, within_ms, accounts)
    counted -= _pairs_among(rows, behind, within_ms, accounts)
    return counted


def bounded(
    rows: Near,
    within_ms: int,
    accounts: int,
    object_sizes: Longs,
    limits: Limits,
    *,
    slices: Slices | None = None,
    affordable: int | None = None,
) -> tuple[Near, list[Losses]]:
    """The rows without what the bounds leave out, and what that was, bound by bound.

    Args:
        rows: the rows of one window.
        within_ms: the window, or `company.NO_TIME`.
        accounts: how many account codes there are.
        object_sizes: interactions on each object code, before anything was left out.
        limits: the bounds; `raw_pairs` needs all the rows at once.
        slices: whose rows are whose, where objects are cut by time.
        affordable: the largest window that `raw_pairs` affords, where that is known already.
    """
    found: list[Losses] = []

    def without(bound: str, left: Near, out: Flags) -> Near:
        if not out.any():
            return left
        left, losses = _cut(bound, left, out, within_ms, accounts, slices)
        found.append(losses)
        return left

    if limits.object_interactions is not None:
        large = object_sizes[rows.rows.objects] > limits.object_interactions
        rows = without("object-interactions", rows, large[rows.owner])
    if limits.window_interactions is not None:
        rows = without("window-interactions", rows, rows.sizes() > limits.window_interactions)
    if limits.raw_pairs is not None and int(rows.pairs().sum()) > limits.raw_pairs:
        affordable = affordable_window(np.bincount(rows.sizes() - 1), limits.raw_pairs)
    if affordable is not None:
        rows = without("raw-pairs", rows, rows.sizes() > affordable)
    return rows, found


def affordable_window(others: Longs, most_pairs: int) -> int:
    """The largest window size such that rows in windows of at most this size fit the budget.

    Args:
        others: how many rows have 0, 1, 2, ... others in their windows.
        most_pairs: the budget of raw pairs.
    """
    half_pairs = np.cumsum(others * np.arange(len(others)))
    return int(np.searchsorted(half_pairs, 2 * most_pairs, side="right"))


def first_beyond(sums: Iterable[tuple[int, int]], most: int, before: int = 0) -> tuple[int, int]:
    """Where a running sum goes beyond `most`, and the sum until there.

    Args:
        sums: sizes, ascending, each with what it adds.
        most: the budget.
        before: what was summed before the first size.

    Raises:
        ArithmeticError: it never does.
    """
    for size, more in sums:
        if before + more > most:
            return size, before
        before += more
    message = f"the windows hold {before} pairs, and were to be more than {most}"
    raise ArithmeticError(message)


def _cut(
    bound: str, rows: Near, out: Flags, within_ms: int, accounts: int, slices: Slices | None
) -> tuple[Near, Losses]:
    left = near(company.only(rows.rows, ~out), within_ms, accounts)
    lost = own_pairs(rows, within_ms, accounts, slices)
    lost[_places(rows, left)] -= own_pairs(left, within_ms, accounts, slices)
    mine = out & rows.own(slices)
    keys = rows.owner[mine].astype(np.int64) * accounts + rows.rows.account[mine]
    keys, acts = np.unique(keys, return_counts=True)
    owner, account = np.divmod(keys, np.int64(accounts))
    sharing = np.bincount(owner, minlength=len(lost))
    objects = np.flatnonzero((sharing > 0) | (lost > 0))
    interactions = np.bincount(rows.owner[mine], minlength=len(lost))
    return left, Losses(
        bound=bound,
        code=rows.rows.objects[objects],
        accounts=sharing[objects],
        interactions=interactions[objects],
        pairs=lost[objects],
        shares=np.stack((rows.rows.objects[owner], account, acts), axis=1),
    )


def _pairs_among(rows: Near, kept: Flags, within_ms: int, accounts: int) -> Longs:
    """`Near.pairs` of some of the rows, by place in all the rows' objects."""
    found = np.zeros(len(rows.rows.objects), np.int64)
    some = near(company.only(rows.rows, kept), within_ms, accounts)
    found[_places(rows, some)] = some.pairs()
    return found


def _places(rows: Near, some: Near) -> Flags:
    """Where the objects of some of the rows stand among all: they are in the same order."""
    places: Flags = np.isin(rows.rows.objects, some.rows.objects)
    return places
