"""Random bipartite graphs in which every account and every column has as many edges as before.

Two edges exchange their accounts wherever that makes no edge there twice, many times over, which
draws evenly from all such graphs in the end.

Source: Maslov and Sneppen 2002.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]

_ROUNDS = 2
"""Exchanges that each edge begins; about as many again reach it."""
_FREE, _GONE = -1, -2


def configuration(
    account: Ints, column: Ints, *, columns: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """A random graph with the same degrees, as accounts and columns of distinct edges.

    Args:
        account: the account of each edge; no edge is there twice.
        column: its column.
        columns: how many there are.
        rng: where chance comes from.
    """
    drawn = account.copy()
    for _ in range(_ROUNDS if len(drawn) > 1 else 0):
        _exchange(drawn, column, rng.integers(len(drawn), size=len(drawn)), columns)
    return drawn, column


@njit(cache=True, nogil=True)
def _exchange(drawn: Ints, column: Ints, others: Ints, columns: int) -> None:
    """Each edge in turn exchanges its account with the edge that `others` names."""
    room = 16
    while room < 8 * len(drawn):
        room *= 2
    # A table of the edges there are, by open addressing. Edges that went leave a mark, so that
    # those put behind them are found; a round leaves at most two marks for each edge.
    table = np.full(room, _FREE, np.int64)
    for one in range(len(drawn)):
        _add(table, drawn[one] * columns + column[one])
    for one in range(len(drawn)):
        other = others[one]
        here, there = drawn[one] * columns + column[other], drawn[other] * columns + column[one]
        if table[_place(table, here)] == here or table[_place(table, there)] == there:
            continue
        table[_place(table, drawn[one] * columns + column[one])] = _GONE
        table[_place(table, drawn[other] * columns + column[other])] = _GONE
        _add(table, here)
        _add(table, there)
        drawn[one], drawn[other] = drawn[other], drawn[one]


@njit(cache=True, nogil=True)
def _place(table: Ints, key: int) -> np.int64:
    """Where the key is, or the free place that says that it is nowhere."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    at = np.int64((mixed >> np.uint64(20)) & np.uint64(len(table) - 1))
    while table[at] != key and table[at] != _FREE:
        at = (at + 1) & (len(table) - 1)
    return at


@njit(cache=True, nogil=True)
def _add(table: Ints, key: int) -> None:
    table[_place(table, key)] = key
