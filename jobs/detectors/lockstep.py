"""`lockstep`: blocks of accounts that come to the same objects, to each within one window."""

from __future__ import annotations

import math
from dataclasses import dataclass

from algorithms.dense_blocks import (
    BLOCK_CHANCE,
    DenseBlocks,
    Lockstep,
    blocks_against_chance,
    dense_blocks,
)
from builders.block_edges import acts_of_blocks, block_edges
from builders.crowded_acts import crowded_acts
from builders.joint_acts import joint_acts
from builders.windows import milliseconds
from graph.block_schemas import BLOCK_ACTS, BLOCK_MEMBERS
from graph.model import Clustering, InteractionGraph
from graph.schemas import BOUNDS
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.strength import weighted_by_surprise

NAME = "lockstep"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockstepBlocks:
    """Settings of the `lockstep` detector."""

    within_seconds: float = 3600.0
    """The window in which a block's accounts come to an object of it."""
    at_least_accounts: int = 5
    """Accounts of a block that come to each of its objects in the object's window."""
    at_least_objects: int = 4
    """Objects of a block in whose windows each of its accounts comes."""
    shared_objects: int = 2
    """Objects of the block that two of its accounts must share to be joined."""
    most_blocks: int = 30
    """Blocks to look for at the most."""
    most_accounts: int = 1_000
    """A larger block is a crowd; it joins nobody and is counted."""
    most_acts: int = 500_000
    """Acts in crowded places that are looked at; beyond it the most crowded are left out."""
    draws: int = 5
    """Random graphs of the same degrees that a block must be denser than."""
    false_alarm: float = 0.05
    """A block counts where chance gives one like it so seldom in a whole extract."""
    dispersion: float = 0.25
    """Variance beyond Poisson, relative to the squared mean."""
    full_weight_log10: float = 20.0
    """An edge of a block with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 50
    """Pairs of acts kept behind each edge; more are counted."""


def draw(world: World, settings: LockstepBlocks) -> Layer:
    """Pairs of every block that chance does not explain."""
    crowded = crowded_acts(
        world.interactions,
        within_seconds=settings.within_seconds,
        least_accounts=settings.at_least_accounts,
        least_objects=settings.at_least_objects,
        most_acts=settings.most_acts,
        layer=NAME,
    )
    found = dense_blocks(
        crowded.acts,
        most_blocks=settings.most_blocks,
        draws=settings.draws,
        seed=world.seed,
        lockstep=Lockstep(
            within_ms=milliseconds(settings.within_seconds),
            least_accounts=settings.at_least_accounts,
            least_objects=settings.at_least_objects,
        ),
    )
    small, large = _by_size(found.members, settings.most_accounts)
    chance = blocks_against_chance(
        small,
        world.interactions,
        width_seconds=settings.within_seconds,
        dispersion=settings.dispersion,
    )
    called = chance.engine.sql(
        "select * from {chance} where log10_p <= $most",
        BLOCK_CHANCE,
        {"most": math.log10(settings.false_alarm)},
        chance=chance,
    )
    inside = _within(found.acts, called)
    edges = block_edges(
        inside,
        small,
        called,
        within_seconds=settings.within_seconds,
        at_least=settings.shared_objects,
        layer=NAME,
    )
    return Layer(
        name=NAME,
        graph=weighted_by_surprise(InteractionGraph(edges), full_at=settings.full_weight_log10),
        bounds=_with_crowds(crowded.bounds, large),
        facts={
            "acts_in_crowded_places": crowded.acts.count(),
            **_facts(found),
            "blocks_tested": chance.count(),
            "blocks_called": called.count(),
            "edges_kept": edges.count(),
        },
        tables={"acts": inside},
    )


def acts(
    world: World, settings: LockstepBlocks, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """What each two of a block did on the same object of it in its window."""
    found = joint_acts(
        acts_of_blocks(layer.tables["acts"]),
        layer.graph.edges,
        clustering.members,
        within_seconds=settings.within_seconds,
        per_edge=settings.acts_per_edge,
    )
    return found.acts, found.left_out


def _by_size(members: Table, most: int) -> tuple[Table, Table]:
    """The members of blocks up to `most` accounts, and those of larger ones."""
    sized = (
        "select * from {members} where block in"
        " (select block from {members} group by block having count(*) %s $most)"
    )
    small, large = (
        members.engine.sql(sized % relation, BLOCK_MEMBERS, {"most": most}, members=members)
        for relation in ("<=", ">")
    )
    return small, large


def _within(acts: Table, blocks: Table) -> Table:
    return acts.engine.sql(
        "select * from {acts} where block in (select block from {blocks})",
        BLOCK_ACTS,
        acts=acts,
        blocks=blocks,
    )


def _with_crowds(bounds: Table, large: Table) -> Table:
    """The bounds, and a row for each block that is too large."""
    return bounds.engine.sql(
        """
        select * from {bounds}
        union all
        select $layer as layer, 'most-accounts' as bound,
               'block of ' || min(account) as subject,
               count(*) as accounts, count(*) as interactions,
               count(*) * (count(*) - 1) / 2 as pairs_not_counted,
               'joins nobody: so large a block is a crowd' as says
        from {large} group by block
        """,
        BOUNDS,
        {"layer": NAME},
        bounds=bounds,
        large=large,
    )


def _facts(found: DenseBlocks) -> dict[str, float | int]:
    facts: dict[str, float | int] = {"blocks_found": len(found.densities)}
    if found.densities:
        facts["densest_block"] = max(found.densities)
        facts["last_block"] = found.densities[-1]
        facts["last_bar"] = found.bars[-1]
    return facts


LOCKSTEP = Detector(
    name=NAME,
    says="blocks of accounts that come to the same objects, to each object within one window",
    settings=LockstepBlocks(),
    draw=draw,
    acts=acts,
    keeps={"acts": BLOCK_ACTS},
)
