"""Which cluster of a new run is which known one: pure counting, no database.

A known cluster and a new one may be the same where they share three accounts or more, and either
three tenths of both together or half of one; or where they have just the same accounts. Of all
that may be, each known cluster goes on in one new cluster at most and the other way round, so that
the sum of shares (Jaccard) over the whole is greatest. Equal sums go to the pair that is contained
more fully, then to the older id.

What is left over is explained: a new cluster at least half of which was in one known cluster that
goes on elsewhere was *split* from it; a known cluster at least half of which is in a new one that
another known cluster goes on in was *merged* into that.

Sources: Greene, Doyle and Cunningham 2010 (fronts); Kuhn 1955 (assignment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from graph.schemas import LEAST_SHARED
from review.across_runs import LEAST_CONTAINED, LEAST_JACCARD

_PARTS = 1_000_000
_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Overlap:
    """A known cluster and a new one by their numbers, and how many accounts they share."""

    known: int
    new: int
    shared: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of known and new clusters, by their numbers.

    `carried`: new to the known one that goes on in it. `splits`: new to the known one that it came
    out of. `merges`: known to the new one that it went into. Each with the accounts shared.
    """

    carried: Mapping[int, Overlap]
    splits: Mapping[int, Overlap]
    merges: Mapping[int, Overlap]


def matched(known: Sequence[int], new: Sequence[int], overlaps: Sequence[Overlap]) -> Matched:
    """Match known clusters with new ones.

    Args:
        known: accounts in each known cluster, the oldest id first.
        new: accounts in each new cluster, in an order that does not depend on the input's.
        overlaps: every pair that shares an account, each once.
    """
    may_be = [each for each in overlaps if _may_be(each, known[each.known], new[each.new])]
    carried = {each.new: each for each in _assigned(may_be, known, new)}
    going_on = {each.known for each in carried.values()}
    splits: dict[int, Overlap] = {}
    merges: dict[int, Overlap] = {}
    for each in sorted(may_be, key=lambda one: (-one.shared, one.known, one.new)):
        if each.new not in carried and each.shared >= LEAST_CONTAINED * new[each.new]:
            splits.setdefault(each.new, each)
        if each.known not in going_on and each.shared >= LEAST_CONTAINED * known[each.known]:
            merges.setdefault(each.known, each)
    return Matched(carried, splits, merges)


def _may_be(overlap: Overlap, known: int, new: int) -> bool:
    shared = overlap.shared
    if shared == known == new:
        return True
    return shared >= LEAST_SHARED and (
        shared >= LEAST_JACCARD * (known + new - shared)
        or shared >= LEAST_CONTAINED * min(known, new)
    )


def _assigned(may_be: Sequence[Overlap], known: Sequence[int], new: Sequence[int]) -> list[Overlap]:
    """One known cluster to one new one, piece by piece of what hangs together."""
    found: list[Overlap] = []
    for piece in _pieces(may_be, len(known), len(new)):
        found += piece if len(piece) == 1 else _assigned_in(piece, known, new)
    return found


def _pieces(may_be: Sequence[Overlap], known: int, new: int) -> list[list[Overlap]]:
    if not may_be:
        return []
    ends = np.array([(each.known, known + each.new) for each in may_be])
    size = known + new
    joined = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    _, labels = connected_components(joined, directed=False)
    pieces: dict[int, list[Overlap]] = {}
    for each, label in zip(may_be, labels[ends[:, 0]].tolist(), strict=True):
        pieces.setdefault(label, []).append(each)
    return list(pieces.values())


def _assigned_in(
    piece: Sequence[Overlap], known: Sequence[int], new: Sequence[int]
) -> list[Overlap]:
    rows = sorted({each.known for each in piece})
    columns = sorted({each.new for each in piece})
    row_of = {each: place for place, each in enumerate(rows)}
    column_of = {each: place for place, each in enumerate(columns)}
    # Whole numbers below 2^53 add up exactly, so that equal sums are seen to be equal.
    weights = np.zeros((len(rows), len(columns)))
    at = {}
    for each in piece:
        ours, theirs = known[each.known], new[each.new]
        jaccard = round(_PARTS * each.shared / (ours + theirs - each.shared))
        contained = round(_STEPS * each.shared / min(ours, theirs))
        older = len(rows) - row_of[each.known]
        place = row_of[each.known], column_of[each.new]
        weights[place] = (jaccard * 2 * _STEPS + contained) * (len(rows) + 1) + older
        at[place] = each
    chosen = zip(
        *(side.tolist() for side in linear_sum_assignment(weights, maximize=True)), strict=True
    )
    return [at[place] for place in chosen if place in at]
