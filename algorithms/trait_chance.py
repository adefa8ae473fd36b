"""How crowded a device or an address is by chance: households, flats, second accounts."""

from __future__ import annotations

import math
from collections.abc import Mapping

_LEAST_RATIO, _MOST_RATIO = 0.01, 0.9


def log10_expected_values(
    sizes: Mapping[int, int], *, false_share: float = math.inf
) -> dict[int, float]:
    """log10 of how many values of a trait at least as crowded chance would give, by crowd.

    Accounts that share a device or an address come in households, and each further account is
    rarer than the one before by about the same ratio. The ratio is that of values with two
    accounts to those with one, or of three to two where that is greater; where farms sit, further
    up, nothing is learned. Half a value is added to each count, so that a small extract is judged
    mildly.

    Args:
        sizes: for each number of accounts, how many values just so many accounts have.
        false_share: crowds are left out of which chance would give more than this share of the
            values at least as crowded that there are: the false discovery rate at that bar.

    Returns:
        For each number of accounts in `sizes` above one, log10 of
        `E(n) = v2 * r ** (n - 2) / (1 - r)` with `v2` the values of two accounts and `r` the ratio;
        by Markov's inequality E(n) bounds the chance that there is such a value at all.

    Source: for the share, Storey 2002 (expected false over found, at a fixed bar).
    """
    one, two, three = (sizes.get(accounts, 0) for accounts in (1, 2, 3))
    ratio = max((two + 0.5) / (one + 1.0), (three + 0.5) / (two + 1.0))
    ratio = min(max(ratio, _LEAST_RATIO), _MOST_RATIO)
    start = math.log10((two + 0.5) / (1.0 - ratio))
    expected = {
        accounts: start + (accounts - 2) * math.log10(ratio) for accounts in sizes if accounts > 1
    }
    return {
        accounts: log10
        for accounts, log10 in expected.items()
        if 10.0**log10 <= false_share * _as_crowded(sizes, accounts)
    }


def _as_crowded(sizes: Mapping[int, int], accounts: int) -> int:
    """How many values so many accounts or more have."""
    return sum(values for crowd, values in sizes.items() if crowd >= accounts)
