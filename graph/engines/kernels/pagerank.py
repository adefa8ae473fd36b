"""PageRank of arrays by power iteration: one sparse product a round.

Sources: Page, Brin, Motwani and Winograd 1999; Haveliwala 2002 (personalised). The mass of sinks
goes where the restart goes, as LDBC Graphalytics and networkx define it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.matrix import Matrix

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


def walk_of(matrix: Matrix, *, directed: bool) -> tuple[Matrix, Booleans]:
    """Where a walker goes: column `i` holds the shares of `i`'s weight; and who is a sink.

    Edges of weight 0 are never walked; an account with no other is a sink. The matrix of an
    undirected graph is its own transpose, which saves turning it.
    """
    strength = np.asarray(matrix.sum(axis=1))
    sinks = strength == 0
    leave = np.divide(1.0, strength, out=np.zeros(len(strength)), where=~sinks)
    walk = matrix.copy()
    if not directed:
        walk.data = matrix.data * leave[matrix.indices]
        return walk, sinks
    rows = np.repeat(np.arange(len(strength)), np.diff(matrix.indptr))
    walk.data = matrix.data * leave[rows]
    return walk.T.tocsr(), sinks


def pagerank_scores(
    walk: Matrix,
    sinks: Booleans,
    restart: Floats,
    *,
    damping: float,
    iterations: int | None,
    tolerance: float,
) -> Floats:
    """Each account's share of the walkers; the shares add up to 1.

    Args:
        walk: column `i` holds where a walker at `i` goes next.
        sinks: accounts that nobody leaves; their walkers restart.
        restart: where walkers restart; adds up to 1. The walk starts there too.
        damping: the chance of walking on rather than restarting.
        iterations: just so many rounds; None goes on until the scores rest.
        tolerance: with no `iterations`: the summed change of a round at which scores rest.
    """
    scores = restart.copy()
    for _ in range(most_rounds(damping, tolerance) if iterations is None else iterations):
        walked = damping * (walk @ scores)
        following = walked + (damping * scores[sinks].sum() + 1 - damping) * restart
        moved = float(np.abs(following - scores).sum())
        scores = following
        if iterations is None and moved < tolerance:
            break
    total = float(scores.sum())
    return scores / total if total else scores


def most_rounds(damping: float, tolerance: float) -> int:
    """After how many rounds the summed change is below `tolerance`, whatever the graph."""
    # Each round shrinks the change by the damping at least, and no change exceeds 2.
    if damping == 0:
        return 1
    return math.ceil(math.log(tolerance / 2) / math.log(damping)) + 1
