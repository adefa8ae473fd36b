"""Several dense blocks of one graph, for as long as they are denser than chance has them.

A block's edges are taken out and the rest is peeled again (as in FRAUDAR). A block counts while it
is denser than what the same peeling finds in random graphs of the same degrees, which have the
graph's super users and popular objects and nothing else. Some are drawn, and the bar is the densest
of their blocks and a little on top: the range between the densest and the least dense, since the
densest of a few draws is beaten by chance one time in a few, or a twentieth, if that is more, since
people of one town or fandom make a core a little denser than degrees do.

The bar is drawn anew only when a block does not pass it: taking edges out lowers it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.configurations import configuration
from graph.engines.kernels.peeling import Block, column_weights, densest_block

Ints = npt.NDArray[np.int64]

_ON_TOP = 0.05
"""Simulated platforms without rings or crowds came to less than 0.01 above the densest draw."""


class Found(NamedTuple):
    """A block, the bar that it passed, and the places of its edges among those given."""

    block: Block
    bar: float
    edges: Ints


def dense_blocks(
    account: Ints,
    column: Ints,
    *,
    accounts: int,
    columns: int,
    most: int,
    draws: int,
    seed: int,
) -> list[Found]:
    """The dense blocks, in the order found.

    Columns keep the weight that they have in the whole graph: what is popular stays so when a
    block that acted on it is taken out.

    Args:
        account: the account of each edge, in [0, accounts); no edge is there twice.
        column: its column, in [0, columns).
        accounts: how many accounts there are.
        columns: how many columns.
        most: blocks to look for at the most.
        draws: random graphs behind a bar; 0 for no bar.
        seed: of the random graphs.
    """
    weight = column_weights(column, columns)
    left = np.arange(len(account))
    found: list[Found] = []
    bar = 0.0 if not draws else np.inf
    while len(found) < most:
        here, there = account[left], column[left]
        block = densest_block(here, there, weight, accounts=accounts)
        if not block.mass:
            break
        if block.density <= bar and draws:
            bar = _bar(here, there, weight, accounts, draws, [seed, len(found)])
            if block.density <= bar:
                break
        found.append(Found(block, bar, left[block.inside]))
        left = left[~block.inside]
    return found


def _bar(
    account: Ints, column: Ints, weight: Ints, accounts: int, draws: int, seed: list[int]
) -> float:
    """What a block must be denser than."""
    densities = []
    for draw in range(draws):
        rng = np.random.default_rng([*seed, draw])
        shuffled = configuration(account, column, columns=len(weight), rng=rng)
        densities.append(densest_block(*shuffled, weight, accounts=accounts).density)
    densest = max(densities)
    return densest + max(densest - min(densities), densest * _ON_TOP)
