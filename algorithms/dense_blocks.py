"""Dense blocks of accounts and objects, in lockstep or at any time, and their chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from algorithms.chance import CLUSTER_CHANCE, clusters_against_chance
from graph.block_schemas import BLOCK_MEMBERS
from graph.model import Clustering, kernel
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING
from graph.table import Table

BLOCK_CHANCE = Schema(
    "block_chance",
    (
        Column("block", "BIGINT", "the block's number"),
        *(column for column in CLUSTER_CHANCE.columns if column.name != "cluster"),
    ),
    key=("block",),
)


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

    @property
    def members(self) -> Table:
        """The accounts of each block (`BLOCK_MEMBERS`)."""
        return self.acts.engine.sql(
            "select distinct block, account from {acts}", BLOCK_MEMBERS, acts=self.acts
        )


def dense_blocks(
    incidence: Table,
    *,
    most_blocks: int = 10,
    draws: int = 5,
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


def blocks_against_chance(
    members: Table, interactions: Table, *, width_seconds: float, dispersion: float = 0.25
) -> Table:
    """Each block's chance (`BLOCK_CHANCE`), by the test that clusters get.

    The bound holds after any search over sets of accounts, so it holds for peeling, and for as
    many blocks as one likes.

    Args:
        members: `BLOCK_MEMBERS`; an account may be in several blocks.
        interactions: the interactions that the null model learns from.
        width_seconds: how long a meeting is.
        dispersion: relative variance beyond Poisson.
    """
    engine = members.engine
    parts = {
        f"part_{number}": clusters_against_chance(
            Clustering(_named(members, blocks), method="dense-blocks"),
            interactions,
            width_seconds=width_seconds,
            dispersion=dispersion,
        )
        for number, blocks in enumerate(_disjoint(members))
    }
    if not parts:
        return engine.from_arrow(BLOCK_CHANCE.arrow.empty_table(), BLOCK_CHANCE)
    every = " union all ".join(f"select * from {{{name}}}" for name in parts)
    return engine.sql(
        f"select {BLOCK_CHANCE.selecting(block='cast(cluster as bigint)')} from ({every})",
        BLOCK_CHANCE,
        **parts,
    )


def _disjoint(members: Table) -> list[list[int]]:
    """The blocks in groups, within each of which no account is in two."""
    blocks = members.engine.query(
        "select distinct block from {members} order by block", members=members
    )["block"].to_pylist()
    shared = members.engine.query(
        """
        select distinct a.block as one, b.block as other
        from {members} a join {members} b on b.account = a.account and b.block < a.block
        """,
        members=members,
    ).to_pylist()
    apart = {(row["one"], row["other"]) for row in shared}
    groups: list[list[int]] = []
    for block in blocks:
        free = (group for group in groups if all((block, one) not in apart for one in group))
        group = next(free, None)
        if group is None:
            groups.append([block])
        else:
            group.append(block)
    return groups


def _named(members: Table, blocks: Sequence[int]) -> Table:
    """Some blocks as a clustering; a cluster is named by its block's number."""
    chosen = ", ".join(str(int(block)) for block in blocks)
    return members.engine.sql(
        "select account, cast(block as varchar) as cluster from {members}"
        f" where block in ({chosen})",
        CLUSTERING,
        members=members,
    )
