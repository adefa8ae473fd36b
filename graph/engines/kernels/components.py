"""Connected components of arrays, each named by its least number; verified.

SciPy finds them by a walk from each account that is not yet seen (Hopcroft and Tarjan 1973), and
there is nothing to compile.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from graph.errors import RingwatchError

Ints = npt.NDArray[np.int64]


def component_labels(accounts: int, src: Ints, dst: Ints) -> Ints:
    """For each account the least account that a path of edges (either way) joins it to.

    Raises:
        RingwatchError: the labels lack a property that those of components have.
    """
    return checked_components(_linked(accounts, src, dst), src, dst)


def _linked(accounts: int, src: Ints, dst: Ints) -> Ints:
    joined = sparse.coo_array((np.ones(len(src)), (src, dst)), shape=(accounts, accounts))
    _, found = csgraph.connected_components(joined.tocsr(), directed=False)
    _, least, part = np.unique(found, return_index=True, return_inverse=True)
    labels: Ints = least[part]
    return labels


def checked_components(labels: Ints, src: Ints, dst: Ints) -> Ints:
    """The labels themselves, once they have the three properties of components' names.

    Raises:
        RingwatchError: they have not.
    """
    refuse_odd_components(
        crossing=int(np.count_nonzero(labels[src] != labels[dst])),
        misnamed=int(np.count_nonzero(labels[labels] != labels)),
        unlabelled=int(np.count_nonzero((labels < 0) | (labels > np.arange(len(labels))))),
    )
    return labels


def refuse_odd_components(*, crossing: int, misnamed: int, unlabelled: int) -> None:
    """Raise unless all counts of what a right answer never has are 0.

    Args:
        crossing: edges that join two components.
        misnamed: accounts whose component is named by no member of it.
        unlabelled: accounts in no component or in two, or less than their component's name.

    Raises:
        RingwatchError: a count is above 0.
    """
    if crossing or misnamed or unlabelled:
        message = (
            f"the components are wrong: {crossing} edges cross from one to another, {misnamed}"
            f" accounts have a component named by no member, {unlabelled} are in none, in two or"
            " before its name; rows were lost on the way: run it again, with `scratch` on another"
            " file system if there is one"
        )
        raise RingwatchError(message)
