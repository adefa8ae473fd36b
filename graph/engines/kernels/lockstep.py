"""Windowed cores: accounts that came to the same objects, to each within one window of time.

Every object of a core has one window in which at least so many of its accounts come to it, and
every account comes in the windows of at least so many of its objects. The windows are put where
most accounts of the core come; then accounts and objects that have too few leave, and the windows
are put anew, until all rests. What rests is one core and not yet the greatest there is.

Source: Beutel, Xu, Guruswami, Palow, Faloutsos 2013 (CopyCatch), with a number of objects in place
of a share of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.distinct import sorted_distinct

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def windowed_core(
    account: Ints,
    object_: Ints,
    at: Ints,
    *,
    within: int,
    least_accounts: int,
    least_objects: int,
) -> Mask:
    """Which acts lie inside the core.

    Args:
        account: who acted, dense.
        object_: on what, dense.
        at: when.
        within: how long a window is, both ends counted.
        least_accounts: distinct accounts that each object's window needs.
        least_objects: distinct objects that each account needs.
    """
    order = np.lexsort((account, at, object_))
    account, object_, at = account[order], object_[order], at[order]
    here = np.ones(len(order), np.bool_)
    while True:
        joint = _in_windows(account, object_, at, here, within, least_accounts)
        kept = joint & _busy(account, object_, joint, least_objects)
        # Accounts stay whole, so that a window may still move; objects that lost theirs leave.
        still = here & np.isin(account, account[kept]) & np.isin(object_, object_[kept])
        if (still == here).all():
            break
        here = still
    inside = np.zeros(len(order), np.bool_)
    inside[order] = kept
    return inside


def _busy(account: Ints, object_: Ints, joint: Mask, least: int) -> Mask:
    """Which acts are of accounts with at least so many objects among the joint acts."""
    wide = object_.max(initial=0) + 1
    pairs = sorted_distinct(account[joint] * wide + object_[joint])
    objects = np.bincount(pairs // wide, minlength=int(account.max(initial=0)) + 1)
    busy: Mask = objects[account] >= least
    return busy


@njit(cache=True, nogil=True)
def _in_windows(
    account: Ints, object_: Ints, at: Ints, here: Mask, within: int, least: int
) -> Mask:
    """The acts inside their object's window, the earliest with most distinct accounts."""
    found = np.zeros(len(account), np.bool_)
    seen = np.zeros(account.max() + 1 if len(account) else 1, np.int64)
    first = 0
    while first < len(account):
        end = first
        while end < len(account) and object_[end] == object_[first]:
            end += 1
        accounts, most, since = 0, 0, at[first]
        begin = first
        for place in range(first, end):
            if not here[place]:
                continue
            if seen[account[place]] == 0:
                accounts += 1
            seen[account[place]] += 1
            # A window begins at an act that is still here.
            while at[place] - at[begin] > within or not here[begin]:
                if here[begin]:
                    seen[account[begin]] -= 1
                    if seen[account[begin]] == 0:
                        accounts -= 1
                begin += 1
            if accounts > most:
                most, since = accounts, at[begin]
        for place in range(begin, end):
            seen[account[place]] = 0
        if most >= least:
            for place in range(first, end):
                if here[place] and since <= at[place] <= since + within:
                    found[place] = True
        first = end
    return found
