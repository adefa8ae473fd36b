"""Pairs of interactions that match: two accounts on one object within a window.

Rows are taken object by object in the order of time, and once more account by account: all pairs
less those of an account with itself. A window slides over them and holds how many rows of each
stratum it has, so that one pass counts pairs inside strata, between strata, and in all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.company import by_account
from graph.engines.kernels.strata import NONE, Strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matches:
    """Ordered pairs of interactions by two accounts on one object within the window.

    `same`: inside each stratum; `across`: between each stratum and the next, counted once; `whole`:
    in all. The numbers are whole, so sums of parts do not depend on their order.
    """

    same: Floats
    across: Floats
    whole: float


def matches(
    account: Ints | None,
    object_: Ints,
    acted_at: Ints,
    *,
    within_ms: int,
    strata: Strata,
    times: Ints | None = None,
) -> Matches:
    """Count the matching pairs.

    Args:
        account: dense account of each interaction; None counts pairs of one account too.
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        within_ms: the window, inclusive; -1 for any time.
        strata: the stratum of each interaction; the next one lies later.
        times: how many interactions each row stands for, where no account is given.
    """
    before = np.full(strata.count, NONE, dtype=np.int64)
    followed = np.flatnonzero(strata.next != NONE)
    before[strata.next[followed]] = followed
    of = strata.of
    if not _in_order(object_, acted_at):
        order = np.lexsort((acted_at, object_))
        object_, acted_at, of = object_[order], acted_at[order], of[order]
        account = None if account is None else account[order]
        times = None if times is None else times[order]
    # One that stands for all takes no room.
    n = np.broadcast_to(np.ones(1, np.int64), len(of)) if times is None else times
    window = np.int64(within_ms)
    same, across, whole = _count(object_, object_, acted_at, of, n, window, before)
    if account is None:
        return Matches(same, across, whole)
    order = by_account(account, int(account.max(initial=-1)) + 1)[0]
    own_same, own_across, own_whole = _count(
        account[order], object_[order], acted_at[order], of[order], n, window, before
    )
    return Matches(same - own_same, across - own_across, whole - own_whole)


@njit(cache=True)
def _in_order(object_: Ints, acted_at: Ints) -> bool:
    """Whether rows stand object by object in the order of time."""
    for row in range(1, len(object_)):
        if object_[row] < object_[row - 1]:
            return False
        if object_[row] == object_[row - 1] and acted_at[row] < acted_at[row - 1]:
            return False
    return True


@njit(cache=True)
def _count(
    one: Ints, two: Ints, acted_at: Ints, stratum: Ints, n: Ints, within_ms: int, before: Ints
) -> tuple[Floats, Floats, float]:
    """Pairs of rows that are alike in `one` and `two`, which stand together in order of time."""
    same = np.zeros(len(before), dtype=np.float64)
    across = np.zeros(len(before), dtype=np.float64)
    whole = 0.0
    held = np.zeros(len(before), dtype=np.int64)
    inside = 0
    first = 0
    for row in range(len(one)):
        if row > 0 and (one[row] != one[row - 1] or two[row] != two[row - 1]):
            for gone in range(first, row):
                held[stratum[gone]] = 0
            inside = 0
            first = row
        while within_ms >= 0 and acted_at[row] - acted_at[first] > within_ms:
            held[stratum[first]] -= n[first]
            inside -= n[first]
            first += 1
        here = stratum[row]
        count = n[row]
        same[here] += count * (2 * held[here] + count - 1)
        whole += count * (2 * inside + count - 1)
        if within_ms >= 0 and before[here] >= 0:
            across[before[here]] += count * held[before[here]]
        held[here] += count
        inside += count
    return same, across, whole
