"""Suspicion and trust spread from known accounts along the edges of a matrix.

Source: Wang, Zhang and Gong 2017 (SybilSCAR, the linearised residual form) and Wang, Gong and Fu
2017 (GANG, its directed form).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.matrix import Matrix

Floats = npt.NDArray[np.float64]

_SHARE_OF_LARGEST = 0.3  # w = 0.3 / lambda_max: at 0.5 the sums would diverge
LEAST_CHANGE = 1e-12
"""The largest change of an account in a round at which scores rest."""
MOST_ROUNDS = 1_000
"""Of any loop here."""


def residuals(matrix: Matrix, bad: Floats, good: Floats) -> Floats:
    """How much nearer each account is to `bad` than to `good`, scaled into [-1, 1].

    Solves `p = q + 2 w A p` for the suspicion and the trust apart and takes their difference. A
    directed edge carries suspicion from whom it points at to who acts, trust the other way.
    """
    heaviest = max(bad.max(initial=0.0), good.max(initial=0.0))
    bad, good = bad / heaviest, good / heaviest
    strength = strength_of(largest_singular_value(matrix))
    spread = _spread(matrix, bad, strength) - _spread(matrix.T.tocsr(), good, strength)
    largest = np.abs(spread).max(initial=0.0)
    scaled: Floats = spread / largest if largest else spread
    return scaled


def strength_of(largest: float) -> float:
    """The equation's `2 w`, from the matrix's largest singular value."""
    return 2 * _SHARE_OF_LARGEST / (largest or 1.0)


def rests(grown: float, before: float) -> bool:
    """Whether the power iteration for the largest singular value has come to rest."""
    return abs(grown - before) <= 1e-9 * grown


def largest_singular_value(matrix: Matrix) -> float:
    """The largest singular value; for a symmetric matrix the largest eigenvalue's size.

    By power iteration from an even start, so always the same; off by 1e-9 of itself or, where two
    values nearly meet, a little more.
    """
    back = matrix.T.tocsr()
    vector = np.ones(matrix.shape[0])
    value = 0.0
    for _ in range(MOST_ROUNDS):
        length = float(np.sqrt((vector * vector).sum()))
        if not length:
            return 0.0
        walked = matrix @ (vector / length)
        grown = float(np.sqrt((walked * walked).sum()))
        if rests(grown, value):
            return grown
        value = grown
        vector = back @ walked
    return value


def _spread(matrix: Matrix, seeds: Floats, strength: float) -> Floats:
    found = seeds
    for _ in range(MOST_ROUNDS):
        following = seeds + strength * (matrix @ found)
        moved = float(np.abs(following - found).max(initial=0.0))
        found = following
        if moved < LEAST_CHANGE:
            break
    return found
