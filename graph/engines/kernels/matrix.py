"""A graph as a sparse matrix: row `i`, column `j` holds the weight of the edge from i to j."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Matrix: TypeAlias = "sparse.csr_array[Any, Any]"


def adjacency(accounts: int, src: Ints, dst: Ints, weight: Floats, *, directed: bool) -> Matrix:
    """The matrix of a graph; an undirected edge stands both ways, a self-loop once."""
    if not directed:
        loop = src == dst
        src, dst = np.concatenate([src, dst[~loop]]), np.concatenate([dst, src[~loop]])
        weight = np.concatenate([weight, weight[~loop]])
    return sparse.coo_array((weight, (src, dst)), shape=(accounts, accounts)).tocsr()
