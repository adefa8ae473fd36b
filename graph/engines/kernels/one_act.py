"""How often members of a cluster meet where one act that is told under several objects counts once.

Three accounts who post one link with three hashtags fill four cells with three acts, and have met
once. Cells in which the same acts lie are one cell; and of the cells in which `r` members or more
met, no more count than their acts can fill, each act in one cell: with `n_a` acts of member `a`
there, the greatest `M` for which

    sum over a of  min(n_a, M)  >=  r M

since a member brings at most one act to a meeting, and no more acts than it has. For two members
that is the least of the objects and of both sides' own posts, which is what an edge counts
(`builders.coaction`). What chance would give is counted in cells, of which there are never fewer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.distinct import sorted_distinct

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Met:
    """Cells in which two members or more met, those of the same acts being one; alike together.

    `cluster`: whose; `joint`: members in such a cell; `times`: how many cells are alike.
    """

    cluster: Ints
    joint: Floats
    times: Floats


@dataclass(frozen=True, slots=True)
class Acting:
    """Members who met others, alike ones together.

    `acts[:, i]`: the own acts of such a member in cells of at least `sizes[i]` members; `members`:
    how many of them there are.
    """

    cluster: Ints
    acts: Floats
    members: Floats


def meetings_of_acts(met: Met, acting: Acting, *, sizes: tuple[int, ...], clusters: int) -> Floats:
    """The meetings of each cluster (rows) by their least size (columns), each act in one of them.

    Args:
        met: the cells in which members met.
        acting: the acts by which they did.
        sizes: how many members must meet.
        clusters: how many clusters there are, numbered from 0.
    """
    found = np.empty((clusters, len(sizes)))
    for column, size in enumerate(sizes):
        large = met.joint >= size
        cells: Floats = np.bincount(
            met.cluster[large], weights=met.times[large], minlength=clusters
        ).astype(np.float64)
        found[:, column] = _filled(cells, acting, column, size)
    return found


def met_by_acts(
    cluster: Ints, cell: Ints, account: Ints, post: Ints, *, sizes: tuple[int, ...]
) -> tuple[Met, Acting]:
    """The cells in which members met, and the acts by which they did.

    Args:
        cluster: the cluster of each interaction's account.
        cell: its cell.
        account: its account, who is in one cluster alone.
        post: the account's own post that it tells.
        sizes: how many members must meet.
    """
    places, place = np.unique(_coded(cluster, cell), return_inverse=True)
    there = sorted_distinct(_coded(place, account))
    joint = np.bincount(there // _width(account), minlength=len(places))
    acts, act = np.unique(_coded(account, post), return_inverse=True)
    told, own = np.divmod(sorted_distinct(_coded(place, act)), _width(act))
    owner = acts // _width(post)
    of_place = np.zeros(len(places), dtype=np.int64)
    of_place[place] = cluster
    of_account = np.zeros(_width(account), dtype=np.int64)
    of_account[account] = cluster
    return (
        _distinct_cells(of_place, joint, told, own),
        _acting(of_account, owner, _largest(joint, told, own, len(acts)), sizes),
    )


def _filled(cells: Floats, acting: Acting, column: int, size: int) -> Floats:
    """As many meetings of `size`, at most `cells`, as the acts can fill: by halving."""
    low, high = np.zeros_like(cells), cells
    acts = acting.acts[:, column]
    while (low < high).any():
        middle = np.ceil((low + high) / 2)
        brought = acting.members * np.minimum(acts, middle[acting.cluster])
        room = np.bincount(acting.cluster, weights=brought, minlength=len(cells))
        enough = room >= size * middle
        low, high = np.where(enough, middle, low), np.where(enough, high, middle - 1)
    return low


def _distinct_cells(cluster: Ints, joint: Ints, told: Ints, own: Ints) -> Met:
    """`Met` of cells: `own` are the acts in each (`told`, ascending)."""
    begin = np.flatnonzero(np.r_[True, told[1:] != told[:-1]]) if len(told) else told
    # Sets of acts are told apart by how many they are and by two sums (exclusive or) of 64 random
    # bits an act.
    signs = [
        np.bitwise_xor.reduceat(_scattered(own, salt), begin) if len(begin) else begin
        for salt in (1, 2)
    ]
    acts = np.bincount(told, minlength=len(joint))
    several = joint >= 2
    columns = [part[several] for part in (cluster, joint, acts, *signs)]
    order = np.lexsort(columns[::-1])
    first = np.zeros(len(order), dtype=np.bool_)
    first[:1] = True
    for column in columns:
        first[1:] |= column[order][1:] != column[order][:-1]
    kept = order[first]
    return Met(columns[0][kept], columns[1][kept].astype(np.float64), np.ones(len(kept)))


def _largest(joint: Ints, told: Ints, own: Ints, acts: int) -> Ints:
    """The members in the largest cell of each act."""
    largest = np.zeros(acts, dtype=np.int64)
    np.maximum.at(largest, own, joint[told])
    return largest


def _acting(cluster: Ints, owner: Ints, largest: Ints, sizes: tuple[int, ...]) -> Acting:
    """`Acting` of the accounts whose acts lie in cells with others.

    Args:
        cluster: of each account.
        owner: the account of each act.
        largest: the members in the largest cell of each act.
        sizes: how many members must meet.
    """
    accounts = sorted_distinct(owner[largest >= 2])
    acts = np.empty((len(accounts), len(sizes)))
    for column, size in enumerate(sizes):
        acts[:, column] = np.bincount(owner[largest >= size], minlength=len(cluster))[accounts]
    return Acting(cluster[accounts], acts, np.ones(len(accounts)))


def _scattered(numbers: Ints, salt: int) -> Ints:
    """Numbers as bits that look random: the finalizer of splitmix64."""
    bits = numbers.astype(np.uint64) * np.uint64(2) + np.uint64(salt)
    bits = bits * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (bits ^ (bits >> np.uint64(31))).view(np.int64)


def _coded(first: Ints, second: Ints) -> Ints:
    """One number for each pair; ascending by the first."""
    return first * _width(second) + second


def _width(numbers: Ints) -> np.int64:
    return np.int64(numbers.max() + 1) if len(numbers) else np.int64(1)
