"""Distinct numbers of a large array.

numpy 2.3 and later find them by hashing, which takes 50 times as long as sorting for a few million
far-apart numbers; `np.unique` that also gives places or counts sorts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def sorted_distinct(numbers: Ints) -> Ints:
    """Each number once, ascending."""
    ascending = np.sort(numbers)
    first = np.ones(len(ascending), np.bool_)
    first[1:] = ascending[1:] != ascending[:-1]
    return ascending[first]
