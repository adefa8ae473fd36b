"""Connected components of arrays: union and find, the least number always the root.

Source: Galler and Fischer 1964, with path halving (van Leeuwen and van der Weide 1977). Linking
to the lesser root costs nothing measurable and names each component on the way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]


@njit(cache=True, nogil=True)
def component_labels(accounts: int, src: Ints, dst: Ints) -> Ints:
    """For each account the least account that a path of edges (either way) joins it to."""
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
