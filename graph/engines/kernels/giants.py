"""Components with too many edges for one search: cut by label propagation, divided, re-united.

The rule, the same on every engine:

1. in a component of more than `giant_edges` edges, labels spread for `ROUNDS` semi-synchronous
   rounds by weight, and the edges between two labels are set aside;
2. what then hangs together is divided as a component of its own;
3. the communities are united where that pays: each is one account that weighs as many as it has,
   joined by the summed weights between them, and the constant Potts model divides these.

Every step works on whole numbers, so the answer is one, if not the one that a search of the whole
would give. A giant component is first of all a fault of a threshold or a hub that joins everybody,
which is why each is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.labels import moving_bits, propagated_labels
from graph.engines.kernels.leiden import (
    Part,
    Search,
    component_seed,
    leiden_labels,
    weighed_labels,
)

Ints = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

ROUNDS = 8
"""Of label propagation: few labels move afterwards, and more would let one label run far."""


@dataclass(frozen=True, slots=True)
class Giant:
    """A component that was cut: its least account, and how many accounts and edges it has."""

    account: str
    accounts: int
    edges: int


def divided(
    ids: pa.StringArray,
    src: Ints,
    dst: Ints,
    fixed: Ints,
    *,
    search: Search,
    per_component: bool,
    giant_edges: int,
    seed: int,
) -> tuple[Ints, list[Giant]]:
    """As `leiden_labels`, giant components cut first; and these, in the order of their names.

    Modularity takes its scale from the whole component and is never cut, nor is a graph that is
    to be divided as a whole.
    """
    if search.objective != "cpm" or not per_component:
        whole = leiden_labels(
            ids, src, dst, fixed, search=search, per_component=per_component, seed=seed
        )
        return whole, []
    component = component_labels(len(ids), src, dst)
    edges = np.bincount(component[src[src != dst]], minlength=len(ids))
    names = np.flatnonzero(edges > giant_edges)
    inside = np.isin(component[src], names)
    kept = ~inside
    kept[inside] = _uncut(ids, component, names, src[inside], dst[inside], fixed[inside], seed)
    labels = leiden_labels(
        ids, src[kept], dst[kept], fixed[kept], search=search, per_component=True, seed=seed
    )
    giants = []
    for name in names:
        members = np.flatnonzero(component == name)
        giants.append(Giant(str(ids[int(name)]), len(members), int(edges[name])))
        of = component[src] == name
        communities, united = _united(
            labels, members, src[of], dst[of], fixed[of], search=search, seed=seed, ids=ids
        )
        labels[members] = united[np.searchsorted(communities, labels[members])]
    return labels, giants


def united_labels(
    communities: Ints,
    accounts: Ints,
    one: Ints,
    other: Ints,
    fixed: Ints,
    *,
    search: Search,
    seed: int,
) -> Ints:
    """For each community of a giant component the least community that it is united with.

    Args:
        communities: their names, ascending.
        accounts: how many are in each.
        one: one end of each joined pair of communities, by name; sorted by (one, other), each
            pair once, `one < other`.
        other: the other end.
        fixed: the summed weight between the two.
        search: what to search for.
        seed: the component's own seed.
    """
    part = Part(
        len(communities),
        np.searchsorted(communities, one),
        np.searchsorted(communities, other),
        fixed,
        np.zeros(len(communities), np.int64),
    )
    masses = accounts.astype(np.float64)
    return communities[
        weighed_labels(part, masses, search.resolution, iterations=search.iterations, seed=seed)
    ]


def _uncut(
    ids: pa.StringArray,
    component: Ints,
    names: Ints,
    src: Ints,
    dst: Ints,
    fixed: Ints,
    seed: int,
) -> Booleans:
    """Which edges of giant components have one label at both ends."""
    members = np.flatnonzero(np.isin(component, names))
    bits = moving_bits(ids.take(pa.array(members)).to_pylist(), seed=seed)
    one, other = np.searchsorted(members, src), np.searchsorted(members, dst)
    labels = propagated_labels(len(members), one, other, fixed, rounds=ROUNDS, bits=bits)
    uncut: Booleans = labels[one] == labels[other]
    return uncut


def _united(
    labels: Ints,
    members: Ints,
    src: Ints,
    dst: Ints,
    fixed: Ints,
    *,
    search: Search,
    seed: int,
    ids: pa.StringArray,
) -> tuple[Ints, Ints]:
    """A giant component's communities, and what each is united with."""
    communities, accounts = np.unique(labels[members], return_counts=True)
    one, other = labels[src], labels[dst]
    apart = one != other
    low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    pairs, place = np.unique(low * len(ids) + high, return_inverse=True)
    summed = np.zeros(len(pairs), np.int64)
    np.add.at(summed, place, fixed[apart])
    own_seed = component_seed(seed, str(ids[int(members[0])]))
    return communities, united_labels(
        communities,
        accounts.astype(np.int64),
        pairs // len(ids),
        pairs % len(ids),
        summed,
        search=search,
        seed=own_seed,
    )
