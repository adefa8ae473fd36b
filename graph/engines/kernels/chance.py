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

from graph.engines.kernels.matching import Matches, matches
from graph.engines.kernels.strata import Strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

HEDGE = 0.1
"""The share of the one-stratum expectation that is added to that of the strata."""


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
