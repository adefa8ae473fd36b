"""Greedy peeling of a bipartite graph: whoever weighs least leaves, and the densest rest is kept.

Accounts and columns (objects, or objects in a stretch of time) are the nodes. An edge weighs
`1 / ln(d + 5)`, `d` being how many accounts its column has, so that camouflage on popular columns
weighs little and never takes weight off a block. The density of a set of nodes is the weight of
the edges inside it, divided by the number of its nodes. The best set that peeling passes through
has at least half the density of the densest there is.

Weights are whole numbers, so sums are exact in any order; all nodes of the least weight leave
together, so the answer knows no order of nodes. The guarantee holds for that as well: when the
first node of the densest set leaves, everybody present weighs at least as much as it does.

Source: Hooi, Song, Beutel, Shah, Shin, Faloutsos 2016 (FRAUDAR); Charikar 2000 for the guarantee.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.components import component_labels

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ONE = 1 << 30
"""What an edge of weight 1 is as a whole number: 10^9 edges have a sum below 2^63."""

_GONE = np.iinfo(np.int64).max


class Block(NamedTuple):
    """A dense part: which accounts and columns are in it, which edges lie inside, how heavy."""

    accounts: Ints
    columns: Ints
    inside: Mask
    mass: int
    """The summed weight of the edges inside, in units of 1 / `ONE`."""

    @property
    def size(self) -> int:
        """How many nodes."""
        return len(self.accounts) + len(self.columns)

    @property
    def density(self) -> float:
        """Weight for each node."""
        return self.mass / ONE / max(self.size, 1)


def column_weights(column: Ints, columns: int) -> Ints:
    """What an edge into each column weighs, in units of 1 / `ONE`."""
    accounts = np.bincount(column, minlength=columns)
    weights: Ints = np.round(ONE / np.log(accounts + 5.0)).astype(np.int64)
    return weights


def densest_block(account: Ints, column: Ints, weight: Ints, *, accounts: int) -> Block:
    """The connected part that peeling leaves at its densest; empty where there is no edge.

    Of the densest set's parts the densest is given (none is less dense than the whole set is,
    unless another is denser); of equally dense ones that with the least account.

    Args:
        account: the account of each edge; no edge is there twice.
        column: its column.
        weight: what an edge into each column weighs (`column_weights`).
        accounts: how many accounts there are.
    """
    nodes = accounts + len(weight)
    kept = _peel(*_halves(account, column + accounts, weight[column], nodes))
    inside = kept[account] & kept[column + accounts]
    if not inside.any():
        none = np.zeros(0, np.int64)
        return Block(none, none, inside, 0)
    part = component_labels(nodes, account[inside], column[inside] + accounts)
    best = _densest_part(part[account[inside]], weight[column[inside]], part[kept])
    inside[inside] = part[account[inside]] == best
    return Block(
        accounts=np.unique(account[inside]),
        columns=np.unique(column[inside]),
        inside=inside,
        mass=int(weight[column[inside]].sum()),
    )


def _densest_part(part: Ints, weight: Ints, of_nodes: Ints) -> int:
    """The part with most weight for each node, of equal ones the least.

    Args:
        part: of each edge.
        weight: of each edge.
        of_nodes: the part of each node.
    """
    names, place = np.unique(part, return_inverse=True)
    mass = np.zeros(len(names), np.int64)
    np.add.at(mass, place, weight)
    size = np.bincount(np.searchsorted(names, of_nodes[np.isin(of_nodes, names)]))
    best = 0
    for at in range(1, len(names)):
        if int(mass[at]) * int(size[best]) > int(mass[best]) * int(size[at]):
            best = at
    return int(names[best])


def _halves(one: Ints, other: Ints, weight: Ints, nodes: int) -> tuple[Ints, Ints, Ints]:
    """The edges seen from both ends: where each node's begin, the other end, and the weight."""
    ends, others = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.argsort(ends, kind="stable")
    start = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=nodes), out=start[1:])
    return start, others[order], np.concatenate([weight, weight])[order]


@njit(cache=True, nogil=True)
def _peel(start: Ints, other: Ints, weight: Ints) -> Mask:
    """Which nodes the densest set passed through has; of equally dense sets the largest."""
    nodes = len(start) - 1
    width = 1
    while width < nodes:
        width *= 2
    # A tree of least weights: leaf `width + node`, the root at 1.
    tree = np.full(2 * width, _GONE, np.int64)
    mass, size = np.int64(0), np.int64(0)
    for node in range(nodes):
        if start[node + 1] > start[node]:
            tree[width + node] = weight[start[node] : start[node + 1]].sum()
            mass += tree[width + node]
            size += 1
    mass //= 2
    for at in range(width - 1, 0, -1):
        tree[at] = min(tree[2 * at], tree[2 * at + 1])
    left = np.zeros(nodes, np.int64)  # the round in which a node left, 0 for never there
    leaving, stack = np.empty(nodes, np.int64), np.empty(128, np.int64)
    turn, best_turn, best_mass, best_size = 1, 1, mass, max(size, 1)
    while size > 0:
        turn += 1
        for place in range(_lightest(tree, width, leaving, stack)):
            node = leaving[place]
            mass -= tree[width + node]
            size -= 1
            left[node] = turn
            _put(tree, width + node, _GONE)
            for edge in range(start[node], start[node + 1]):
                near = other[edge]
                if tree[width + near] != _GONE:
                    _put(tree, width + near, tree[width + near] - weight[edge])
        if size > 0 and _denser(mass, size, best_mass, best_size):
            best_turn, best_mass, best_size = turn, mass, size
    return left > best_turn


@njit(cache=True, nogil=True)
def _lightest(tree: Ints, width: int, found: Ints, stack: Ints) -> int:
    """Put the nodes of the least weight into `found`, ascending; give their number."""
    least, count, depth = tree[1], 0, 1
    stack[0] = 1
    while depth:
        depth -= 1
        at = stack[depth]
        if tree[at] != least:
            continue
        if at >= width:
            found[count] = at - width
            count += 1
        else:
            stack[depth], stack[depth + 1] = 2 * at + 1, 2 * at
            depth += 2
    return count


@njit(cache=True, nogil=True)
def _put(tree: Ints, at: int, value: int) -> None:
    tree[at] = value
    at //= 2
    while at:
        least = min(tree[2 * at], tree[2 * at + 1])
        if tree[at] == least:
            break
        tree[at] = least
        at //= 2


@njit(cache=True, nogil=True)
def _denser(mass: int, size: int, other_mass: int, other_size: int) -> bool:
    """Whether mass / size > other_mass / other_size, exactly, without a product that overflows."""
    whole, other_whole = mass // size, other_mass // other_size
    if whole != other_whole:
        return whole > other_whole
    return (mass - whole * size) * other_size > (other_mass - other_whole * other_size) * size
