"""Random bipartite graphs in which every account and every column has as many edges as before.

Source: the configuration model, by shuffling the accounts over the edges; edges that came twice
are mended by swaps, which keep the degrees.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]

_MENDINGS = 10
"""Rounds of swaps: each leaves about six in ten of the edges that are there twice."""


def configuration(
    account: Ints, column: Ints, *, columns: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """A random graph with the same degrees, as accounts and columns of distinct edges.

    Args:
        account: the account of each edge; no edge is there twice.
        column: its column.
        columns: how many there are.
        rng: where chance comes from.

    The few edges between hubs that are still there twice after `_MENDINGS` are given once.
    """
    drawn: Ints = rng.permutation(account)
    for _ in range(_MENDINGS):
        again = _repeated(drawn * columns + column)
        if not len(again):
            break
        _swap(drawn, again, rng.integers(len(drawn), size=len(again)))
    again = _repeated(drawn * columns + column)
    return np.delete(drawn, again), np.delete(column, again)


def _repeated(keys: Ints) -> Ints:
    """The places of keys that stand at an earlier place too."""
    order = np.argsort(keys, kind="stable")
    ascending = keys[order]
    places: Ints = order[1:][ascending[1:] == ascending[:-1]]
    return places


@njit(cache=True, nogil=True)
def _swap(drawn: Ints, some: Ints, others: Ints) -> None:
    for place in range(len(some)):
        one, other = some[place], others[place]
        drawn[one], drawn[other] = drawn[other], drawn[one]
