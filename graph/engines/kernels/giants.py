"""Components with too many edges for one search: cut, divided, and their communities united.

The rule, the same on every engine:

1. a component of more than `giant_edges` edges is cut into pieces of at most as many
   (`graph.engines.kernels.cutting`), and each piece is divided as a component of its own;
2. the communities are united where that pays: each is one account that weighs as many as it has,
   joined by the summed weights between them, and the constant Potts model divides these;
3. where so many pairs of communities are joined that they, too, are more than one search is given,
   they are cut and united in the same way, for `UNIONS` rounds at most.

Every step works on whole numbers, so the answer is one, if not the one that a search of the whole
would give. A giant component is first of all a fault of a threshold or a hub that joins everybody,
which is why each is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.cutting import TOSSES, Cutting, cut, paying
from graph.engines.kernels.leiden import Search, leiden_labels

Ints = npt.NDArray[np.int64]

UNIONS = 7
"""Rounds of uniting: what is dense everywhere has at most half the communities after each."""


@dataclass(frozen=True, slots=True)
class Giant:
    """A component that was cut.

    Attributes:
        account: its least account.
        accounts: how many it has.
        edges: how many pairs of them are joined.
        cuts: how often that of its pieces was cut which was cut most often.
        unions: in how many rounds its communities were united.
        left: joined pairs of its communities at the end, where these were to the last more than one
            search is given; else 0.
    """

    account: str
    accounts: int
    edges: int
    cuts: int = 1
    unions: int = 1
    left: int = 0


@dataclass(frozen=True, slots=True)
class _Graph:
    """Edges by number, of all accounts or of those that stand for communities (`masses`)."""

    ids: pa.StringArray
    src: Ints
    dst: Ints
    fixed: Ints
    masses: Ints | None = None


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
    cutting = Cutting(giant_edges, seed)
    component = component_labels(len(ids), src, dst)
    labels, times = _in_pieces(_Graph(ids, src, dst, fixed), search, cutting)
    giants = {
        int(name): Giant(
            str(ids[int(name)]),
            int((component == name).sum()),
            int(((component[src] == name) & (src != dst)).sum()),
            int(times[component == name].max()),
        )
        for name in np.unique(component[times > 0])
    }
    open_giants = list(giants)
    for union in range(1, UNIONS + 1):
        if not open_giants:
            break
        inside = np.isin(component, open_giants)
        at = inside[src]
        names, communities = _contracted(ids, labels, inside, src[at], dst[at], fixed[at])
        found, times = _in_pieces(communities, search, replace(cutting, first=union * TOSSES))
        labels[inside] = names[found][np.searchsorted(names, labels[inside])]
        for name in open_giants:
            giants[name] = replace(giants[name], unions=union)
        open_giants = [int(name) for name in np.unique(component[names[times > 0]])]
    for name in open_giants:
        of = component[src] == name
        left = _joined(labels, src[of], dst[of], fixed[of])[0]
        giants[name] = replace(giants[name], left=len(left))
    return labels, list(giants.values())


def _in_pieces(given: _Graph, search: Search, cutting: Cutting) -> tuple[Ints, Ints]:
    """The communities of what is no larger than one search may be, and how often all was cut."""
    src, dst, fixed, masses = given.src, given.dst, given.fixed, given.masses
    pays = None
    if masses is not None:
        pays = paying(masses[src], masses[dst], fixed, resolution=search.resolution)
    kept, times = cut(given.ids, src, dst, fixed, cutting, pays)
    labels = leiden_labels(
        given.ids,
        src[kept],
        dst[kept],
        fixed[kept],
        search=search,
        per_component=True,
        seed=cutting.seed,
        masses=masses,
    )
    return labels, times


def _contracted(
    ids: pa.StringArray,
    labels: Ints,
    inside: npt.NDArray[np.bool_],
    src: Ints,
    dst: Ints,
    fixed: Ints,
) -> tuple[Ints, _Graph]:
    """The communities of some accounts, ascending, and the graph that these make."""
    names, masses = np.unique(labels[inside], return_counts=True)
    low, high, summed = _joined(labels, src, dst, fixed)
    one, other = np.searchsorted(names, low), np.searchsorted(names, high)
    return names, _Graph(ids.take(pa.array(names)), one, other, summed, masses.astype(np.int64))


def _joined(labels: Ints, src: Ints, dst: Ints, fixed: Ints) -> tuple[Ints, Ints, Ints]:
    """Each joined pair of communities once, sorted, the lesser first, and the weight between."""
    one, other = labels[src], labels[dst]
    apart = one != other
    low, high = np.minimum(one, other)[apart], np.maximum(one, other)[apart]
    pairs, place = np.unique(low * len(labels) + high, return_inverse=True)
    summed = np.zeros(len(pairs), np.int64)
    np.add.at(summed, place, fixed[apart])
    return pairs // len(labels), pairs % len(labels), summed
