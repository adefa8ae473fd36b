"""Core numbers of arrays: peel the account with fewest neighbours left, again and again.

Source: Batagelj and Zaversnik 2003, in time of the number of edges.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.distinct import sorted_distinct

Ints = npt.NDArray[np.int64]


def core_numbers(accounts: int, src: Ints, dst: Ints) -> Ints:
    """For each account the largest k such that it is in a part where all have k partners.

    Directions, repeated edges and self-loops do not matter: partners are distinct others.
    """
    apart = src != dst
    low, high = np.minimum(src, dst)[apart], np.maximum(src, dst)[apart]
    pairs = sorted_distinct(low * accounts + high)
    low, high = pairs // max(accounts, 1), pairs % max(accounts, 1)
    ends, others = np.concatenate([low, high]), np.concatenate([high, low])
    start = np.zeros(accounts + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=accounts), out=start[1:])
    cores: Ints = _peel(start, others[np.argsort(ends, kind="stable")])
    return cores


@njit(cache=True, nogil=True)
def _peel(start: Ints, neighbour: Ints) -> Ints:
    accounts = len(start) - 1
    left = start[1:] - start[:-1]
    # `order` holds the accounts by partners left; `first[d]` is where those with d begin.
    order = np.argsort(left, kind="mergesort")
    place = np.empty(accounts, np.int64)
    for at in range(accounts):
        place[order[at]] = at
    first = np.zeros(left.max() + 2 if accounts else 1, np.int64)
    for account in range(accounts):
        first[left[account] + 1] += 1
    first = np.cumsum(first)
    for at in range(accounts):
        account = order[at]
        for edge in range(start[account], start[account + 1]):
            other = neighbour[edge]
            if left[other] > left[account]:
                # Move `other` to the front of its block, then let the block begin behind it.
                front = first[left[other]]
                swapped = order[front]
                order[front], order[place[other]] = other, swapped
                place[swapped], place[other] = place[other], front
                first[left[other]] += 1
                left[other] -= 1
    return left
