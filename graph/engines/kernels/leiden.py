"""Leiden communities of plain arrays: the one function that every engine runs.

Two engines, two days and any order of rows must give the same communities, so nothing here is
left to chance or to floating-point sums:

- weights are whole numbers, `round(weight * 2**20)`; divided by 2**20 they are exact again;
- accounts are numbered in byte order of their ids, edges sorted, one of each pair;
- each component is divided apart, seeded by the run's seed and its own least account;
- igraph draws from a private generator, for a fixed number of iterations;
- a community is named by its least account, never by igraph's counter.

Modularity is optimised in the shape of the constant Potts model, with accounts weighed by their
strengths: `w - resolution * k_i * k_j / 2m` has the form `w - penalty * n_i * n_j`.

Sources: Traag, Waltman and van Eck 2019 (Leiden); Traag, Van Dooren and Nesterov 2011 (CPM);
Reichardt and Bornholdt 2006 (modularity with a resolution).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.private_igraph import drawing_from, igraph_for

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Objective = Literal["cpm", "modularity"]

FIXED_POINT = 2**20
"""What a weight of one is as a whole number."""

_BETA = 0.01  # igraph's default: how freely the refinement departs from the greedy choice
_CLEAR = 1e-9  # relative: a lead below it may be rounding, and igraph decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched for, and how long."""

    resolution: float
    objective: Objective = "cpm"
    iterations: int = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A graph to divide: accounts `0 .. accounts-1`, edges without self-loops, one of each pair.

    `fixed` and `loops` are weights as whole numbers (`FIXED_POINT`); `loops` has one a account.
    """

    accounts: int
    src: Ints
    dst: Ints
    fixed: Ints
    loops: Ints


def leiden_labels(
    ids: pa.StringArray,
    src: Ints,
    dst: Ints,
    fixed: Ints,
    *,
    search: Search,
    per_component: bool,
    seed: int,
    masses: Ints | None = None,
) -> Ints:
    """For each account the least account of its community.

    Whole components may be given in any grouping: a component's answer does not depend on what
    else is there (`per_component`).

    Args:
        ids: the accounts' ids in byte order; account `i` is `ids[i]`.
        src: one end of each edge; sorted by (src, dst), one of each pair, `src <= dst`.
        dst: the other end.
        fixed: the edges' weights as whole numbers, none below 0.
        search: what to search for.
        per_component: divide each connected component apart.
        seed: the run's seed.
        masses: how many accounts each stands for (`cpm`); one, unless they are given.

    Raises:
        NotOnThisEngine: a component needs igraph and it is not installed.
    """
    component = (
        component_labels(len(ids), src, dst) if per_component else np.zeros(len(ids), np.int64)
    )
    labels = np.arange(len(ids))
    for members, part in _parts(component, src, dst, fixed):
        least = str(ids[int(members[0])])
        own = None if masses is None else masses[members]
        labels[members] = members[
            leiden_part(part, search=search, seed=component_seed(seed, least), masses=own)
        ]
    return labels


def leiden_part(part: Part, *, search: Search, seed: int, masses: Ints | None = None) -> Ints:
    """For each account of one part the least account of its community.

    Small and even parts are answered at once, as igraph would answer them.

    Args:
        part: the accounts and what joins them.
        search: what to search for.
        seed: the part's own seed.
        masses: as in `leiden_labels`.
    """
    weights, penalty = _null_model(part, search)
    if masses is not None:
        weights = masses.astype(np.float64)
    return _weighed_labels(part, weights, penalty, iterations=search.iterations, seed=seed)


def _weighed_labels(
    part: Part, masses: Floats, penalty: float, *, iterations: int, seed: int
) -> Ints:
    """The best division of accounts with weights: joining pays `w - penalty * n_i * n_j`."""
    clear = _clear_answer(part, masses, penalty)
    if clear is not None:
        return clear
    return leiden_by_igraph(part, masses, penalty, iterations=iterations, seed=seed)


def component_seed(seed: int, least_account: str) -> int:
    """A component's own seed: the first 8 bytes of BLAKE2b of the run's seed and its name."""
    text = f"{seed}\n{least_account}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def leiden_by_igraph(
    part: Part, masses: Floats, penalty: float, *, iterations: int, seed: int
) -> Ints:
    """Leiden as igraph has it, on one part, repeatable by `seed`.

    Raises:
        NotOnThisEngine: igraph is not installed.
    """
    igraph = igraph_for("leiden")
    drawn = igraph.Graph(
        n=part.accounts, edges=zip(part.src.tolist(), part.dst.tolist(), strict=True)
    )
    with drawing_from(igraph, random.Random(seed)):
        found = drawn.community_leiden(
            objective_function="CPM",
            weights=(part.fixed / FIXED_POINT).tolist(),
            node_weights=masses.tolist(),
            resolution=penalty,
            beta=_BETA,
            n_iterations=iterations,
        )
    return least_members(np.asarray(found.membership, np.int64))


def least_members(labels: Ints) -> Ints:
    """The same partition, each part named by its least member."""
    _, first, place = np.unique(labels, return_index=True, return_inverse=True)
    return first[place].astype(np.int64)


def _parts(component: Ints, src: Ints, dst: Ints, fixed: Ints) -> Iterator[tuple[Ints, Part]]:
    """Each component of two accounts or more: its members in order, and its own graph."""
    accounts = len(component)
    members = np.argsort(component, kind="stable")
    place = np.empty(accounts, np.int64)
    place[members] = np.arange(accounts)
    loop = src == dst
    loops = np.zeros(accounts, np.int64)
    loops[src[loop]] = fixed[loop]
    src, dst, fixed = src[~loop], dst[~loop], fixed[~loop]
    edges = np.argsort(component[src], kind="stable")
    src, dst, fixed = place[src[edges]], place[dst[edges]], fixed[edges]
    starts = np.flatnonzero(np.diff(component[members], prepend=-1))
    bounds = np.append(starts, accounts)
    cuts = np.searchsorted(src, bounds)
    for (start, stop), (first, last) in zip(pairwise(bounds), pairwise(cuts), strict=True):
        if stop - start > 1:
            yield (
                members[start:stop],
                Part(
                    int(stop - start),
                    src[first:last] - start,
                    dst[first:last] - start,
                    fixed[first:last],
                    loops[members[start:stop]],
                ),
            )


def _null_model(part: Part, search: Search) -> tuple[Floats, float]:
    """Each account's weight and the price of a pair: joining pays `w - price * n_i * n_j`."""
    if search.objective == "cpm":
        return np.ones(part.accounts), search.resolution
    strength = 2 * part.loops
    np.add.at(strength, part.src, part.fixed)
    np.add.at(strength, part.dst, part.fixed)
    total = int(strength.sum())
    if total == 0:
        return np.ones(part.accounts), search.resolution
    return strength / FIXED_POINT, search.resolution * FIXED_POINT / total


def _clear_answer(part: Part, masses: Floats, penalty: float) -> Ints | None:
    """The best division of a small or even part, or None where only a search can tell."""
    accounts = part.accounts
    if accounts <= 3:
        return _best_of_few(part, masses, penalty)
    even = (
        len(part.fixed) == accounts * (accounts - 1) // 2
        and part.fixed.min() == part.fixed.max()
        and masses.min() == masses.max()
    )
    if not even:
        return None
    weight, price = part.fixed[0] / FIXED_POINT, penalty * masses[0] ** 2
    if abs(weight - price) <= _CLEAR * max(weight, price):
        return None
    return np.zeros(accounts, np.int64) if weight > price else np.arange(accounts)


_DIVISIONS = {
    1: ((0,),),
    2: ((0, 1), (0, 0)),
    3: ((0, 1, 2), (0, 0, 2), (0, 1, 0), (0, 1, 1), (0, 0, 0)),
}
"""Every division of one, two and three accounts, each community named by its least."""


def _best_of_few(part: Part, masses: Floats, penalty: float) -> Ints | None:
    gains = {
        (one, other): -penalty * float(masses[one]) * float(masses[other])
        for one in range(part.accounts)
        for other in range(one + 1, part.accounts)
    }
    scale = max((-gain for gain in gains.values()), default=0.0)
    for one, other, fixed in zip(
        part.src.tolist(), part.dst.tolist(), part.fixed.tolist(), strict=True
    ):
        gains[one, other] += fixed / FIXED_POINT
        scale = max(scale, fixed / FIXED_POINT)
    worth = sorted(
        (sum(gain for (a, b), gain in gains.items() if division[a] == division[b]), division)
        for division in _DIVISIONS[part.accounts]
    )
    if len(worth) > 1 and worth[-1][0] - worth[-2][0] <= _CLEAR * scale:
        return None
    return np.array(worth[-1][1], np.int64)
