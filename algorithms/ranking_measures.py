"""How good a ranking of accounts is, ties taken in random expectation.

A ranking is a sequence of tied blocks from the most to the least suspect: how many accounts stand
at one place, and how many of them are hits. What a ranking does not order is one last block, so
that a method that names few accounts is neither rewarded nor punished for the order of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ROWS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True)
class Tied:
    """Accounts at one place of a ranking: `items` of them, `hits` of which are what is sought."""

    items: int
    hits: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be.

        Raises:
            ValueError: more hits than items, or a count below 0.
        """
        if not 0 <= self.hits <= self.items:
            message = f"a block of {self.items} accounts cannot hold {self.hits} hits"
            raise ValueError(message)


def average_precision(ranked: Sequence[Tied]) -> float | None:
    """The mean of the precision at each hit, in [0, 1]; None where there is no hit.

    Within a block every order is as likely as another, and the expected value is given. Of `n`
    tied accounts with `r` hits, behind `N` accounts with `R` hits, the one at place `j` is a hit
    with chance r/n, and then R + 1 + (j - 1)(r - 1)/(n - 1) hits are expected up to there.

    Source: McSherry and Najork 2008, Computing Information Retrieval Performance Measures
        Efficiently in the Presence of Tied Scores.
    """
    hits = sum(block.hits for block in ranked)
    if not hits:
        return None
    before = hits_before = 0
    parts = []
    for block in ranked:
        if block.hits:
            parts.append(_of_block(block, before, hits_before))
        before += block.items
        hits_before += block.hits
    return math.fsum(parts) / hits


def precision_at(ranked: Sequence[Tied], first: int) -> float | None:
    """The expected share of hits among the `first` accounts; None where there are fewer accounts.

    Raises:
        ValueError: `first` is below 1.
    """
    if first < 1:
        message = f"`first` is at least 1, not {first}"
        raise ValueError(message)
    left = first
    hits = 0.0
    for block in ranked:
        taken = min(left, block.items)
        if taken:
            hits += block.hits * taken / block.items
        left -= taken
    return None if left else hits / first


def harmonic_mean(precision: float | None, recall: float | None) -> float | None:
    """F1; 0 where both are 0, None where one is undefined."""
    if precision is None or recall is None:
        return None
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def wilson(hits: int, of: int, *, deviations: float = 1.959963984540054) -> tuple[float, float]:
    """The interval of a share as if each account were drawn by itself; (0, 1) of none.

    Accounts of one ring stand or fall together, so it is too narrow for them: an interval over
    groups tells more.

    Source: Wilson 1927.
    """
    if not of:
        return 0.0, 1.0
    share = hits / of
    square = deviations**2 / of
    middle = (share + square / 2) / (1 + square)
    half = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def _of_block(block: Tied, before: int, hits_before: int) -> float:
    """The sum over a block's places of the chance of a hit times the precision there."""
    each = (block.hits - 1) / (block.items - 1) if block.items > 1 else 0.0
    parts = []
    # In pieces: the last block holds every account of the extract that nobody ranked.
    for start in range(0, block.items, _ROWS_AT_ONCE):
        place = np.arange(start, min(start + _ROWS_AT_ONCE, block.items), dtype=np.float64)
        parts.append(float(((hits_before + 1 + place * each) / (before + 1 + place)).sum()))
    return block.hits / block.items * math.fsum(parts)
