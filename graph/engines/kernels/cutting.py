"""Pieces of large components, each of them small enough for one search.

A component of more edges than `most` is cut, and so is each piece that is still too large, by one
means after the other:

1. where accounts stand for communities, pairs that do not pay for themselves are set aside. It
   costs nothing: of the best division no community falls apart into sides that no paying pair
   joins, since to part them would be better;
2. labels spread by weight for `ROUNDS` semi-synchronous rounds, and edges between two labels are
   set aside. Eight rounds keep dense groups whole, and let one label run through what is dense
   everywhere; so each further cut has fewer. After one round whoever bears a label has moved to it,
   save one: such a cut leaves a piece about half of its accounts, however dense it is. Without a
   round each account bears its own, and nothing is left to cut.

So every piece is small enough at last, by tosses and sums that any engine has alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.labels import moving_bits, propagated_labels
from graph.engines.kernels.leiden import FIXED_POINT

Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

ROUNDS = (8, 4, 2, *[1] * 18, 0)
"""Of label propagation in each cut. Eighteen halvings make one of 260,000 accounts."""

TOSSES = sum(ROUNDS)
"""How many tosses of an account the cuts of one graph may take."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How a graph is cut.

    Attributes:
        most: edges that a piece may have.
        seed: the run's seed.
        first: the number of the first toss.
    """

    most: int
    seed: int
    first: int = 0


def cut(
    ids: pa.StringArray,
    src: Ints,
    dst: Ints,
    fixed: Ints,
    cutting: Cutting,
    pays: Booleans | None = None,
) -> tuple[Booleans, Ints]:
    """Which edges are left, and for each account how often labels have cut what it was in.

    Args:
        ids: the accounts' ids in byte order.
        src: one end of each edge, one edge of each pair.
        dst: the other end; self-loops do not count and are left.
        fixed: the edges' weights as whole numbers.
        cutting: how.
        pays: which pairs pay for themselves, where accounts stand for communities; only these vote.
    """
    accounts = len(ids)
    kept = np.ones(len(src), np.bool_)
    times = np.zeros(accounts, np.int64)
    first = cutting.first
    for rounds in ((None,) if pays is not None else ()) + ROUNDS:
        piece = component_labels(accounts, src[kept], dst[kept])
        edges = np.bincount(piece[src[kept & (src != dst)]], minlength=accounts)
        large = edges[piece] > cutting.most
        inside = np.flatnonzero(kept & large[src])
        if not len(inside):
            break
        voting = inside if pays is None else inside[pays[inside]]
        if rounds is None:
            labels = component_labels(accounts, src[voting], dst[voting])
        else:
            times[large] += 1
            members = np.flatnonzero(large)
            labels = np.arange(accounts)
            labels[members] = members[
                propagated_labels(
                    len(members),
                    np.searchsorted(members, src[voting]),
                    np.searchsorted(members, dst[voting]),
                    fixed[voting],
                    rounds=rounds,
                    bits=moving_bits(ids.take(pa.array(members)).to_pylist(), seed=cutting.seed),
                    first=first,
                )
            ]
            first += rounds
        kept[inside] = labels[src[inside]] == labels[dst[inside]]
    return kept, times


def paying(one: Ints, other: Ints, fixed: Ints, *, resolution: float) -> Booleans:
    """Which pairs of communities are worth more together than apart.

    Args:
        one: how many accounts are in one of the two.
        other: how many are in the other.
        fixed: the weight between them as a whole number.
        resolution: what a pair of accounts costs.
    """
    # In this order, as `price_of` has it in Spark's words: doubles are rounded at each step.
    paid: Booleans = fixed > price_of(resolution) * one * other
    return paid


def price_of(resolution: float) -> float:
    """The price of a pair of accounts in the unit of whole weights."""
    return resolution * FIXED_POINT
