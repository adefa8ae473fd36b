"""Label propagation of arrays: each account takes the label that most of its neighbours bear.

Sources: Raghavan, Albert and Kumara 2007; LDBC Graphalytics (CDLP: synchronous, the least label
on ties); Cordasco and Gargano 2010 (semi-synchronous: neighbours that move together may swap
labels for ever, so only a part of the accounts moves in a round).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_BITS = 256


def propagated_labels(
    accounts: int,
    src: Ints,
    dst: Ints,
    votes: Ints,
    *,
    rounds: int,
    bits: Bytes | None = None,
    first: int = 0,
) -> Ints:
    """The label of each account after `rounds` rounds, at first its own number.

    Every edge votes both ways with its `votes`; self-loops have no vote. The label with most votes
    wins, the least of equals; an account without neighbours keeps its own.

    Args:
        accounts: how many there are.
        src: one end of each edge.
        dst: the other end.
        votes: whole numbers, none below 0.
        rounds: how many.
        bits: who moves in which round (`moving_bits`); None lets all move in each.
        first: the number of the first round.
    """
    start, neighbour, vote = _neighbours(accounts, src, dst, votes)
    labels = np.arange(accounts)
    everyone = np.ones(accounts, np.bool_)
    for number in range(first, first + rounds):
        moves = everyone if bits is None else _movers(bits, number)
        labels = _one_round(start, neighbour, vote, labels, moves)
    return labels


def moving_bits(ids: Iterable[str], *, seed: int) -> Bytes:
    """256 fixed coin tosses an account: the SHA-256 of the seed and its id, 32 bytes a row.

    Any engine can compute them, so any engine can move the same accounts in the same round.
    """
    tossed = b"".join(hashlib.sha256(f"{seed}\n{name}".encode()).digest() for name in ids)
    return np.frombuffer(tossed, np.uint8).reshape(-1, _BITS // 8)


def bit_of(number: int) -> tuple[int, int]:
    """Which byte of an account's 32, and which bit of it from the lowest, decides a round."""
    at = number % _BITS
    return at // 8, at % 8


def _movers(bits: Bytes, number: int) -> Booleans:
    byte, bit = bit_of(number)
    movers: Booleans = (bits[:, byte] >> bit) & 1 == 1
    return movers


def _neighbours(accounts: int, src: Ints, dst: Ints, votes: Ints) -> tuple[Ints, Ints, Ints]:
    apart = src != dst
    src, dst, votes = src[apart], dst[apart], votes[apart]
    ends = np.concatenate([src, dst])
    order = np.argsort(ends, kind="stable")
    start = np.zeros(accounts + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=accounts), out=start[1:])
    return start, np.concatenate([dst, src])[order], np.concatenate([votes, votes])[order]


@njit(cache=True, nogil=True)
def _one_round(start: Ints, neighbour: Ints, vote: Ints, labels: Ints, moves: Booleans) -> Ints:
    following = labels.copy()
    tally = np.zeros(len(labels), np.int64)
    for account in range(len(labels)):
        if not moves[account] or start[account] == start[account + 1]:
            continue
        best, most = np.int64(-1), np.int64(-1)
        for at in range(start[account], start[account + 1]):
            label = labels[neighbour[at]]
            tally[label] += vote[at]
        for at in range(start[account], start[account + 1]):
            label = labels[neighbour[at]]
            if tally[label] > most or (tally[label] == most and label < best):
                best, most = label, tally[label]
        for at in range(start[account], start[account + 1]):
            tally[labels[neighbour[at]]] = 0
        following[account] = best
    return following
