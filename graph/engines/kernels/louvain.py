"""Louvain communities of plain arrays, by igraph, repeatable by seed.

Source: Blondel, Guillaume, Lambiotte and Lefebvre 2008.
"""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.leiden import FIXED_POINT, least_members
from graph.engines.kernels.private_igraph import drawing_from, igraph_for

Ints = npt.NDArray[np.int64]


def louvain_labels(
    accounts: int, src: Ints, dst: Ints, fixed: Ints, *, resolution: float, seed: int
) -> Ints:
    """For each account the least account of its community; weights are whole (`FIXED_POINT`).

    Raises:
        NotOnThisEngine: igraph is not installed.
    """
    igraph = igraph_for("louvain")
    if not fixed.any():
        return np.arange(accounts)
    drawn = igraph.Graph(n=accounts, edges=zip(src.tolist(), dst.tolist(), strict=True))
    with drawing_from(igraph, random.Random(seed)):
        found = drawn.community_multilevel(
            weights=(fixed / FIXED_POINT).tolist(), resolution=resolution
        )
    return least_members(np.asarray(found.membership, np.int64))
