"""What chance alone would give each pair of accounts: the configuration model inside strata.

Given each account's count of interactions in a stratum and the stratum's rate of matching pairs,
interactions are exchangeable inside the stratum. With `d[a, g]` interactions of account `a` in
stratum `g`, `m[g]` interactions in all and `c[g]` ordered pairs of interactions by two accounts
on one object within the window, a pair of accounts is expected to match

    expected(a, b) = sum over g of  d[a, g] * d[b, g] * c[g] / (m[g] * (m[g] - 1))

times. Matches are counted with the sliding window itself, so no bins cut them apart.

Sources: Chung and Lu 2002 (the configuration model's expectation); Neal, Domagalski and Sagan
2021 (conditioning projections on both margins). Strata of day and hour put each account's own
sessions and the day's rhythm into the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit, prange

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Expectation:
    """A null model as one sparse matrix: expected(a, b) is the dot product of rows a and b.

    Row `a` holds `stratum[start[a]:start[a + 1]]` (ascending) with `value` beside it.
    """

    start: Ints
    stratum: Ints
    value: Floats
    matches: int
    """Unordered pairs of interactions by two accounts that match, in the whole extract."""


def hour_strata(acted_at: Ints, *, least: int) -> Ints:
    """The stratum of each interaction: its hour; the rest of its day; the rest of the extract.

    An hour with fewer than `least` interactions is too thin to give a rate, since a ring in it
    would make its own expectation; such hours join the rest of their day, and thin rests of days
    join one rest of all.
    """
    hour = acted_at // _HOUR_MS
    day = hour // 24
    hours, place, counts = np.unique(hour, return_inverse=True, return_counts=True)
    thin = counts[place] < least
    stratum = 2 * (hour - hours[0]) + 2 if len(hours) else hour
    rest = -2 * (day - day.min()) - 3 if len(day) else day
    stratum = np.where(thin, rest, stratum)
    if thin.any():
        days, at, left = np.unique(rest[thin], return_inverse=True, return_counts=True)
        merged = np.where(left[at] < least, -1, days[at])
        stratum[thin] = merged
    return np.unique(stratum, return_inverse=True)[1].astype(np.int64)


def expectation(
    account: Ints,
    object_: Ints,
    acted_at: Ints,
    *,
    accounts: int,
    within_ms: int,
    stratum: Ints,
) -> Expectation:
    """The null model of co-action within `within_ms` (-1: at any time).

    Args:
        account: dense account of each interaction, in [0, accounts).
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        accounts: how many accounts there are.
        within_ms: the window, inclusive.
        stratum: dense stratum of each interaction.
    """
    matches = _matches(account, object_, acted_at, within_ms)
    strata = int(stratum.max()) + 1 if len(stratum) else 0
    size = np.bincount(stratum, minlength=strata).astype(np.float64)
    hits = np.bincount(stratum, weights=matches, minlength=strata)
    rate = hits / np.maximum(size * (size - 1.0), 1.0)
    key = account * np.int64(max(strata, 1)) + stratum
    cells, counts = np.unique(key, return_counts=True)
    owner, cell_stratum = np.divmod(cells, np.int64(max(strata, 1)))
    start = np.searchsorted(owner, np.arange(accounts + 1)).astype(np.int64)
    return Expectation(
        start=start,
        stratum=cell_stratum,
        value=counts * np.sqrt(rate[cell_stratum]),
        matches=int(matches.sum()) // 2,
    )


def expected_of_pairs(model: Expectation, src: Ints, dst: Ints) -> Floats:
    """What the model expects of each pair, shape of `src`."""
    found: Floats = _dot_rows(model.start, model.stratum, model.value, src, dst)
    return found


def expected_in_groups(model: Expectation, account: Ints, group: Ints, groups: int) -> Floats:
    """What the model expects of all pairs inside each group together, shape (groups,).

    Args:
        model: the null model.
        account: dense accounts, one row a membership.
        group: the dense group of each.
        groups: how many groups there are.
    """
    lengths = model.start[account + 1] - model.start[account]
    row = np.repeat(np.arange(len(account)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    entry = model.start[account[row]] + offset
    value = model.value[entry]
    strata = int(model.stratum.max()) + 1 if len(model.stratum) else 1
    cell, place = np.unique(group[row] * strata + model.stratum[entry], return_inverse=True)
    summed = np.bincount(place, weights=value, minlength=len(cell))
    # Half of (sum u)^2 - sum u^2 adds the products over unordered pairs.
    square_of_sum = np.bincount(cell // strata, weights=summed**2, minlength=groups)
    sum_of_squares = np.bincount(group[row], weights=value**2, minlength=groups)
    found: Floats = np.maximum(square_of_sum - sum_of_squares, 0.0) / 2.0
    return found


def _matches(account: Ints, object_: Ints, acted_at: Ints, within_ms: int) -> Floats:
    """For each interaction, how many by other accounts are on its object within the window."""
    order = np.lexsort((acted_at, object_))
    together = _company(object_[order], acted_at[order], within_ms)
    by_owner = np.lexsort((acted_at, account, object_))
    # The pair (object, account) as one key: its own repeats are company too and are taken off.
    change = np.diff(object_[by_owner], prepend=-1) != 0
    change |= np.diff(account[by_owner], prepend=-1) != 0
    own = _company(np.cumsum(change), acted_at[by_owner], within_ms)
    found = np.zeros(len(account), dtype=np.float64)
    found[order] += together
    found[by_owner] -= own
    return found


@njit(cache=True)
def _company(group: Ints, acted_at: Ints, within_ms: int) -> Ints:
    """Per row of a table sorted by (group, time), the other rows of the group in the window."""
    rows = len(group)
    found = np.zeros(rows, dtype=np.int64)
    first = 0
    last = 0
    for row in range(rows):
        while group[first] != group[row] or (
            within_ms >= 0 and acted_at[row] - acted_at[first] > within_ms
        ):
            first += 1
        last = max(last, row)
        while (
            last + 1 < rows
            and group[last + 1] == group[row]
            and (within_ms < 0 or acted_at[last + 1] - acted_at[row] <= within_ms)
        ):
            last += 1
        found[row] = last - first
    return found


@njit(cache=True, parallel=True)
def _dot_rows(start: Ints, stratum: Ints, value: Floats, src: Ints, dst: Ints) -> Floats:
    found = np.zeros(len(src), dtype=np.float64)
    for pair in prange(len(src)):
        left = start[src[pair]]
        right = start[dst[pair]]
        left_end = start[src[pair] + 1]
        right_end = start[dst[pair] + 1]
        total = 0.0
        while left < left_end and right < right_end:
            if stratum[left] == stratum[right]:
                total += value[left] * value[right]
                left += 1
                right += 1
            elif stratum[left] < stratum[right]:
                left += 1
            else:
                right += 1
        found[pair] = total
    return found
