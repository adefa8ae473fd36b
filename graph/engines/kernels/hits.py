"""Hubs and authorities of a matrix by power iteration.

Source: Kleinberg 1999.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.matrix import Matrix

Floats = npt.NDArray[np.float64]


def hub_scores(matrix: Matrix, *, iterations: int, tolerance: float) -> tuple[Floats, Floats]:
    """Hubs and authorities, each at least 0 and adding up to 1; even where there is no edge.

    Raises:
        ValueError: the scores still move by `tolerance` or more after `iterations` rounds.
    """
    accounts = matrix.shape[0]
    hubs = np.full(accounts, 1 / max(accounts, 1))
    authorities = hubs
    if not matrix.data.any():
        return hubs, authorities
    into = matrix.T.tocsr()
    for _ in range(iterations):
        authorities = _shares(into @ hubs)
        following = _shares(matrix @ authorities)
        moved = float(np.abs(following - hubs).sum())
        hubs = following
        if moved < tolerance:
            return hubs, authorities
    raise never_rested(moved, iterations)


def never_rested(moved: float, iterations: int) -> ValueError:
    """What to raise where the scores moved by `moved` in the last of the rounds."""
    message = (
        f"hubs and authorities still move by {moved:.2g} after {iterations} rounds:"
        " raise `iterations` or `tolerance`"
    )
    return ValueError(message)


def _shares(scores: Floats) -> Floats:
    shares: Floats = scores / scores.sum()
    return shares
