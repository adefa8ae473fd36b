"""Interactions into order by object and time, in pieces that fit a cache.

Object numbers are scattered by an odd factor first, which loses nothing and spreads the popular
objects, whose numbers are alike, over the pieces.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numba import njit

from graph.engines.kernels.company import Ints, Longs, Rows

_FACTOR = np.uint32(0x9E3779B1)
_PIECE_BITS = 8


def ordered(
    account: Ints, obj: Ints, at: Longs, content: Longs, objects: int, *, threads: int = 1
) -> Rows:
    """The interactions as `Rows`. Rows of one object and time keep no particular order."""
    bits = max(objects - 1, 1).bit_length()
    in_piece = max(bits - _PIECE_BITS, 0)
    pieces = np.zeros((1 << (bits - in_piece)) + 1, np.int64)
    rough = _into_pieces(account, obj, at, content, bits, in_piece, pieces)
    fine = (np.empty_like(account), np.empty_like(at), np.empty_like(content))
    starts = np.zeros((1 << bits) + 1, np.int64)
    slots = np.full(1 << bits, -1, np.int32)
    marks = np.linspace(0, len(pieces) - 1, 16 * threads + 1).astype(int).tolist()
    with ThreadPoolExecutor(threads) as pool:
        done = [
            pool.submit(_settle, first, last, pieces, in_piece, bits, rough, fine, starts, slots)
            for first, last in pairwise(marks)
        ]
        for piece in done:
            piece.result()
    return Rows(*fine, starts, slots)


@njit(cache=True, nogil=True)
def _slot(obj: int, bits: int) -> np.int64:
    return np.int64((np.uint32(obj) * _FACTOR) & np.uint32((1 << bits) - 1))


@njit(cache=True, nogil=True)
def _into_pieces(
    account: Ints, obj: Ints, at: Longs, content: Longs, bits: int, in_piece: int, pieces: Longs
) -> tuple[Ints, Ints, Longs, Longs]:
    for o in obj:
        pieces[(_slot(o, bits) >> in_piece) + 1] += 1
    for p in range(len(pieces) - 1):
        pieces[p + 1] += pieces[p]
    ahead = pieces[:-1].copy()
    moved = (
        np.empty_like(account),
        np.empty_like(obj),
        np.empty_like(at),
        np.empty_like(content),
    )
    for i in range(len(obj)):
        piece = _slot(obj[i], bits) >> in_piece
        there = ahead[piece]
        ahead[piece] = there + 1
        moved[0][there] = account[i]
        moved[1][there] = obj[i]
        moved[2][there] = at[i]
        moved[3][there] = content[i]
    return moved


@njit(cache=True, nogil=True)
def _settle(
    first_piece: int,
    last_piece: int,
    pieces: Longs,
    in_piece: int,
    bits: int,
    rough: tuple[Ints, Ints, Longs, Longs],
    fine: tuple[Ints, Longs, Longs],
    starts: Longs,
    slots: Ints,
) -> None:
    """Order the rows of some pieces; write where their objects end into `starts[slot + 1]`."""
    rough_account, obj, rough_at, rough_content = rough
    account, at, content = fine
    ahead = np.empty(1 << in_piece, np.int64)
    for piece in range(first_piece, last_piece):
        first, last = pieces[piece], pieces[piece + 1]
        base = piece << in_piece
        ahead[:] = 0
        for i in range(first, last):
            ahead[_slot(obj[i], bits) - base] += 1
        total = first
        for s in range(len(ahead)):
            rows = ahead[s]
            ahead[s] = total
            total += rows
            starts[base + s + 1] = total
        for i in range(first, last):
            slot = _slot(obj[i], bits)
            slots[slot] = obj[i]
            there = ahead[slot - base]
            ahead[slot - base] = there + 1
            account[there] = rough_account[i]
            at[there] = rough_at[i]
            content[there] = rough_content[i]
        begin = first
        for s in range(len(ahead)):
            _sort(account, at, content, begin, ahead[s])
            begin = ahead[s]


@njit(cache=True, nogil=True)
def _sort(account: Ints, at: Longs, content: Longs, first: int, last: int) -> None:
    """Sort one object's rows by time."""
    if last - first > 24:
        order = np.argsort(at[first:last])
        account[first:last] = account[first:last][order]
        content[first:last] = content[first:last][order]
        at[first:last] = at[first:last][order]
        return
    for i in range(first + 1, last):
        a, t, c = account[i], at[i], content[i]
        j = i
        while j > first and at[j - 1] > t:
            account[j], at[j], content[j] = account[j - 1], at[j - 1], content[j - 1]
            j -= 1
        account[j], at[j], content[j] = a, t, c
