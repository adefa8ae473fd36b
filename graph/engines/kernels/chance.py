"""What chance alone would give each pair of accounts: the configuration model inside strata.

Given each account's number of interactions in a stratum and the stratum's rate of matching pairs,
interactions are exchangeable inside the stratum. With `d[a, g]` interactions of account `a` in
stratum `g`, `m[g]` in all, `c[g]` ordered pairs by two accounts on one object within the window,
and `x[g]` such pairs between `g` and the next stratum `h`, a pair is expected to match

    sum over g of  d[a, g] d[b, g] c[g] / (m[g] (m[g] - 1))
                 + (d[a, g] d[b, h] + d[a, h] d[b, g]) x[g] / (m[g] m[h])

times, plus a tenth of what one stratum of all would give: strata cannot hold every way in which
people meet, and an expectation of nought would make any coincidence a miracle. Matches are counted
with the sliding window itself, so no bins cut them apart.

Sources: Chung and Lu 2002 (the configuration model's expectation); Neal, Domagalski and Sagan
2021 (conditioning projections on both margins).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit, prange

from graph.engines.kernels.strata import Strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HEDGE = 0.1
"""The share of the one-stratum expectation that is added to that of the strata."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Ordered pairs of interactions by two accounts on one object within the window.

    `same`: inside each stratum; `across`: between each stratum and the next, counted once; `whole`:
    in all. The numbers are whole, so sums of parts do not depend on their order.
    """

    same: Floats
    across: Floats
    whole: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The strata's rates of matching pairs, and the hedge's."""

    after: Ints
    same: Floats
    across: Floats
    hedge: float
    matches: int
    """Unordered pairs of interactions by two accounts that match, in the whole extract."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A null model as a sparse table of counts, account by stratum, with the strata's rates.

    Row `a` holds `stratum[start[a]:start[a + 1]]` (ascending) with `count` beside it; `total[a]`
    is their sum.
    """

    start: Ints
    stratum: Ints
    count: Floats
    total: Floats
    rates: Rates

    @property
    def matches(self) -> int:
        """Unordered pairs of interactions by two accounts that match, in the whole extract."""
        return self.rates.matches


def expectation(
    account: Ints,
    object_: Ints,
    acted_at: Ints,
    *,
    accounts: int,
    within_ms: int,
    strata: Strata,
    counted: Flags | None = None,
) -> Expectation:
    """The null model of co-action within `within_ms` (-1: at any time).

    Args:
        account: dense account of each interaction, in [0, accounts).
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        accounts: how many accounts there are.
        within_ms: the window, inclusive, and no wider than a stratum is long.
        strata: the stratum of each interaction.
        counted: the interactions that rates are made of; all by default.
    """
    of = slice(None) if counted is None else counted
    found = matches(
        account[of],
        object_[of],
        acted_at[of],
        within_ms=within_ms,
        strata=Strata(strata.of[of], strata.next),
    )
    size = np.bincount(strata.of[of], minlength=strata.count).astype(np.float64)
    return profiles(account, strata.of, accounts=accounts, rates=rates(found, size, strata.next))


def profiles(account: Ints, stratum_of: Ints, *, accounts: int, rates: Rates) -> Expectation:
    """The model of these rates: how often each account acts in each stratum.

    Args:
        account: dense account of each interaction, in [0, accounts).
        stratum_of: the stratum of each interaction.
        accounts: how many accounts there are.
        rates: of the strata.
    """
    strata = np.int64(len(rates.after))
    key, counts = np.unique(account * strata + stratum_of, return_counts=True)
    owner, stratum = np.divmod(key, strata)
    return Expectation(
        start=np.searchsorted(owner, np.arange(accounts + 1)).astype(np.int64),
        stratum=stratum,
        count=counts.astype(np.float64),
        total=np.bincount(account, minlength=accounts).astype(np.float64),
        rates=rates,
    )


def matches(
    account: Ints | None,
    object_: Ints,
    acted_at: Ints,
    *,
    within_ms: int,
    strata: Strata,
    times: Ints | None = None,
) -> Matches:
    """Count the matching pairs; the arguments are those of `tallied`."""

    def tally(of: Strata) -> tuple[Floats, Floats]:
        return tallied(account, object_, acted_at, within_ms=within_ms, strata=of, times=times)

    same, across = tally(strata)
    # Matches between strata that do not follow one another are in no rate but in the hedge's.
    whole = tally(_as_one(strata))[0]
    return Matches(same, across, float(whole.sum()))


def tallied(
    account: Ints | None,
    object_: Ints,
    acted_at: Ints,
    *,
    within_ms: int,
    strata: Strata,
    times: Ints | None = None,
) -> tuple[Floats, Floats]:
    """`Matches.same` and `Matches.across`; strata that follow have numbers that do.

    Args:
        account: dense account of each interaction; None counts pairs of one account too.
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        within_ms: the window, inclusive; -1 for any time.
        strata: the stratum of each interaction.
        times: how many interactions each row stands for, where no account is given.
    """
    anybody = _tally(object_, acted_at, within_ms, strata, times)
    if account is None:
        return anybody
    oneself = _tally(_pairs(object_, account), acted_at, within_ms, strata, None)
    return anybody[0] - oneself[0], anybody[1] - oneself[1]


def rates(found: Matches, size: Floats, after: Ints) -> Rates:
    """The rates of matching pairs.

    Args:
        found: the pairs that match.
        size: how many interactions each stratum has.
        after: the stratum after each, or -1.
    """
    follower = np.where(after >= 0, size[np.maximum(after, 0)], 1.0)
    rows = float(size.sum())
    return Rates(
        after=after,
        same=found.same / np.maximum(size * (size - 1.0), 1.0),
        across=found.across / np.maximum(size * follower, 1.0),
        hedge=HEDGE * found.whole / max(rows * (rows - 1.0), 1.0),
        matches=int(found.whole) // 2,
    )


def expected_of_pairs(model: Expectation, src: Ints, dst: Ints) -> Floats:
    """What the model expects of each pair, shape of `src`."""
    found: Floats = _dot_rows(
        model.start,
        model.stratum,
        model.count,
        model.rates.after,
        model.rates.same,
        model.rates.across,
        src,
        dst,
    )
    return found + model.rates.hedge * model.total[src] * model.total[dst]


def _as_one(strata: Strata) -> Strata:
    return Strata(np.zeros_like(strata.of), np.array([-1], dtype=np.int64))


def _pairs(first: Ints, second: Ints) -> Ints:
    """One dense key for each distinct pair."""
    width = np.int64(second.max() + 1) if len(second) else np.int64(1)
    found: Ints = np.unique(first * width + second, return_inverse=True)[1].astype(np.int64)
    return found


def _tally(
    key: Ints, acted_at: Ints, within_ms: int, strata: Strata, times: Ints | None
) -> tuple[Floats, Floats]:
    """Pairs of rows of one key within the window: ordered inside each stratum, and to the next."""
    keys = (acted_at, strata.of, key) if strata.count > 1 else (acted_at, key)
    order = np.lexsort(keys)
    # One that stands for all takes no room.
    n = np.broadcast_to(np.ones(1, np.int64), len(key)) if times is None else times[order]
    same, across = _count(
        key[order], strata.of[order], acted_at[order], n, np.int64(within_ms), strata.next
    )
    return same, across


@njit(cache=True)
def _count(
    key: Ints, stratum: Ints, acted_at: Ints, n: Ints, within_ms: int, after: Ints
) -> tuple[Floats, Floats]:
    """`_tally` of rows sorted by (key, stratum, time), each of `n` interactions."""
    same = np.zeros(len(after), dtype=np.float64)
    across = np.zeros(len(after), dtype=np.float64)
    rows = len(key)
    begin = 0
    while begin < rows:
        end = begin + 1
        while end < rows and key[end] == key[begin] and stratum[end] == stratum[begin]:
            end += 1
        here = stratum[begin]
        first = begin
        before = 0
        for row in range(begin, end):
            while within_ms >= 0 and acted_at[row] - acted_at[first] > within_ms:
                before -= n[first]
                first += 1
            same[here] += n[row] * (2 * before + n[row] - 1)
            before += n[row]
        follower = after[here]
        # Strata that follow one another have numbers that do, so the next one stands right here.
        if follower >= 0 and end < rows and key[end] == key[begin] and stratum[end] == follower:
            stop = end
            while stop < rows and key[stop] == key[begin] and stratum[stop] == follower:
                stop += 1
            last = end
            ahead = 0
            for row in range(begin, end):
                while last < stop and acted_at[last] - acted_at[row] <= within_ms:
                    ahead += n[last]
                    last += 1
                across[here] += n[row] * ahead
        begin = end
    return same, across


@njit(cache=True)
def _find(stratum: Ints, begin: int, end: int, wanted: int) -> int:
    """Where `wanted` stands in a sorted stretch, or -1."""
    low = begin
    high = end
    while low < high:
        middle = (low + high) // 2
        if stratum[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low < end and stratum[low] == wanted else -1


@njit(cache=True, parallel=True)
def _dot_rows(
    start: Ints,
    stratum: Ints,
    count: Floats,
    after: Ints,
    same_rate: Floats,
    next_rate: Floats,
    src: Ints,
    dst: Ints,
) -> Floats:
    found = np.zeros(len(src), dtype=np.float64)
    for pair in prange(len(src)):
        total = 0.0
        for one, other in ((src[pair], dst[pair]), (dst[pair], src[pair])):
            begin = start[other]
            end = start[other + 1]
            for entry in range(start[one], start[one + 1]):
                here = stratum[entry]
                if one == src[pair]:
                    there = _find(stratum, begin, end, here)
                    if there >= 0:
                        total += count[entry] * count[there] * same_rate[here]
                if after[here] >= 0:
                    there = _find(stratum, begin, end, after[here])
                    if there >= 0:
                        total += count[entry] * count[there] * next_rate[here]
        found[pair] = total
    return found
