"""Rows of five words, dealt to parts by their object's hash, and a part's objects numbered."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.company import Ints, Longs

Rows5 = npt.NDArray[np.uint64]
"""Shape (rows, `WORDS`)."""

HIGH, LOW, AT, CONTENT, ACCOUNT = range(5)
"""An object's two hashes, the time in ms, the own post's hash (0: none), the account's code."""

WORDS = 5


@njit(cache=True, nogil=True)
def dealt(rows: Rows5, bits: int) -> tuple[Rows5, Longs]:
    """The rows part by part, by the first `bits` of their object's hash; where parts begin."""
    starts = np.zeros((1 << bits) + 1, np.int64)
    shift = np.uint64(64 - bits)
    for k in range(len(rows)):
        starts[(rows[k, HIGH] >> shift) + np.uint64(1)] += 1
    for part in range(1 << bits):
        starts[part + 1] += starts[part]
    ahead = starts[:-1].copy()
    moved = np.empty_like(rows)
    for k in range(len(rows)):
        part = rows[k, HIGH] >> shift
        moved[ahead[part]] = rows[k]
        ahead[part] += 1
    return moved, starts


@njit(cache=True, nogil=True)
def objects_of(rows: Rows5) -> tuple[Ints, Rows5]:
    """Each row's object as a number from 0 in order of appearance, and each object's two hashes."""
    bits = 10
    while (1 << bits) < 2 * len(rows):
        bits += 1
    cells = np.full(1 << bits, -1, np.int32)
    mask = np.uint64((1 << bits) - 1)
    codes = np.empty(len(rows), np.int32)
    names = np.empty((len(rows), 2), np.uint64)
    known = 0
    for k in range(len(rows)):
        high, low = rows[k, HIGH], rows[k, LOW]
        # The part took the first bits of the one hash; the other is as good from the start.
        cell = low & mask
        while True:
            code = cells[cell]
            if code < 0:
                cells[cell] = code = known
                names[code, 0] = high
                names[code, 1] = low
                known += 1
                break
            if names[code, 0] == high and names[code, 1] == low:
                break
            cell = (cell + np.uint64(1)) & mask
        codes[k] = code
    return codes, names[:known].copy()
