"""Dense blocks of accounts and objects, in lockstep or at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.model import kernel
from graph.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockstep:
    """What a block is cut down to: each object's acts by members inside one window of time.

    `within_ms` is the window's length, `least_accounts` the accounts that come to each object in
    its window, `least_objects` the objects in whose windows each account comes.
    """

    within_ms: int
    least_accounts: int
    least_objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseBlocks:
    """The acts inside each block (`BLOCK_ACTS`), and how dense each block is.

    `densities` and `bars` are of the blocks as peeled, in the order found; block 1 is the first.
    """

    acts: Table
    densities: Sequence[float]
    bars: Sequence[float]


def dense_blocks(
    incidence: Table,
    *,
    most_blocks: int = 10,
    draws: int = 3,
    seed: int = 0,
    lockstep: Lockstep | None = None,
) -> DenseBlocks:
    """Blocks of accounts and columns that are joined more densely than by chance (FRAUDAR).

    A column is an object in a stretch of time. An edge weighs `1 / ln(d + 5)`, `d` being how many
    accounts its column has; the density of a block is the weight inside it for each account and
    column. Peeling finds a block of at least half the greatest density. Its edges are taken out,
    and the rest is peeled again.

    Args:
        incidence: who acted on what, and in which stretch of time (`INCIDENCE`). All of it is
            brought to where this runs.
        most_blocks: blocks to look for at the most.
        draws: random graphs of the same degrees; a block counts while it is denser than what
            peeling finds in them (`graph.engines.kernels.blocks`). 0 for every block.
        seed: of the random graphs.
        lockstep: cut each block down to a windowed core of these sizes; a block without such a
            core has no acts.

    Raises:
        ValueError: a number is out of its range.

    Source: Hooi and others 2016, FRAUDAR; Beutel and others 2013, CopyCatch, for the core.
    """
    if most_blocks < 1 or draws < 0:
        message = f"blocks are at least 1 and draws at least 0, not {most_blocks} and {draws}"
        raise ValueError(message)
    core = None
    if lockstep is not None:
        core = (lockstep.within_ms, lockstep.least_accounts, lockstep.least_objects)
    acts, sizes = kernel(incidence, "dense-blocks")(
        incidence, most=most_blocks, draws=draws, seed=seed, core=core
    )
    return DenseBlocks(
        acts=acts,
        densities=[size.density for size in sizes],
        bars=[size.bar for size in sizes],
    )
