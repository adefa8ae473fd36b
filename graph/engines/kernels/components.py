"""Connected components of arrays: union and find, the least number always the root; verified.

Source: Galler and Fischer 1964, with path halving (van Leeuwen and van der Weide 1977). Linking
to the lesser root costs nothing measurable and names each component on the way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.errors import RingwatchError

Ints = npt.NDArray[np.int64]


def component_labels(accounts: int, src: Ints, dst: Ints) -> Ints:
    """For each account the least account that a path of edges (either way) joins it to.

    Raises:
        RingwatchError: the labels lack a property that those of components have.
    """
    return checked_components(_linked(accounts, src, dst), src, dst)


@njit(cache=True, nogil=True)
def _linked(accounts: int, src: Ints, dst: Ints) -> Ints:
    parent = np.arange(accounts)
    for edge in range(len(src)):
        one, other = src[edge], dst[edge]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        if one < other:
            parent[other] = one
        else:
            parent[one] = other
    # A parent is never greater than its child, so one pass upward finds every root.
    for account in range(accounts):
        parent[account] = parent[parent[account]]
    return parent


def checked_components(labels: Ints, src: Ints, dst: Ints) -> Ints:
    """The labels themselves, once they have the three properties of components' names.

    Raises:
        RingwatchError: they have not.
    """
    refuse_odd_components(
        crossing=int(np.count_nonzero(labels[src] != labels[dst])),
        misnamed=int(np.count_nonzero(labels[labels] != labels)),
        unlabelled=int(np.count_nonzero((labels < 0) | (labels > np.arange(len(labels))))),
    )
    return labels


def refuse_odd_components(*, crossing: int, misnamed: int, unlabelled: int) -> None:
    """Raise unless all counts of what a right answer never has are 0.

    Args:
        crossing: edges that join two components.
        misnamed: accounts whose component is named by no member of it.
        unlabelled: accounts in no component or in two, or less than their component's name.

    Raises:
        RingwatchError: a count is above 0.
    """
    if crossing or misnamed or unlabelled:
        message = (
            f"the components are wrong: {crossing} edges cross from one to another, {misnamed}"
            f" accounts have a component named by no member, {unlabelled} are in none, in two or"
            " before its name; rows were lost on the way: run it again, with `scratch` on another"
            " file system if there is one"
        )
        raise RingwatchError(message)
