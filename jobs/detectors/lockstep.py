"""`lockstep`: blocks of accounts that come to the same objects, to each within one window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from algorithms.chance import clusters_against_chance
from algorithms.dense_blocks import DenseBlocks, Lockstep, dense_blocks
from algorithms.leiden import leiden_of_pairs
from builders.block_acts import as_interactions, up_to
from builders.clocks import mostly_at_one_time
from builders.coaction import coaction_graph
from builders.crowded_acts import crowded_acts
from builders.joint_acts import joint_acts
from builders.windows import milliseconds
from graph.block_schemas import BLOCK_ACTS
from graph.errors import ConfigError
from graph.model import Clustering, InteractionGraph
from graph.schemas import BOUNDS, EDGES
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
    shared_objects: int = 3
    """Objects of blocks to which two accounts must come together to be a pair."""
    least_joined: float = 0.3
    """The share of a group's pairs that must be such; a block may hold several groups."""
    most_blocks: int = 30
    """Blocks to look for at the most."""
    most_accounts: int = 1_000
    """A larger block is a crowd; it joins nobody and is counted."""
    most_acts: int = 500_000
    """Acts that are looked at; beyond it only those in crowded places, and the most crowded are
    left out if need be."""
    draws: int = 3
    """Random graphs of the same degrees that a block must be denser than."""
    false_alarm: float = 0.05
    """A group counts where chance gives one like it so seldom, in any search of the extract."""
    dispersion: float = 0.25
    """Variance beyond Poisson, relative to the squared mean."""
    full_weight_log10: float = 20.0
    """An edge of a group with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 50
    """Pairs of acts kept behind each edge; more are counted."""


class _Called(NamedTuple):
    """The edges of groups that chance does not explain, and how many groups were tried."""

    edges: Table
    tried: int
    called: int


def draw(world: World, settings: LockstepBlocks) -> Layer:
    """Pairs of every group in lockstep that chance does not explain.

    Raises:
        ConfigError: a setting is out of range.
    """
    if settings.draws < 0 or not 0 < settings.false_alarm < 1:
        message = (
            f"`detectors.{NAME}`: `draws` is 0 or more and `false_alarm` between 0 and 1, not"
            f" {settings.draws} and {settings.false_alarm}"
        )
        raise ConfigError(message)
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
    blocks = up_to(found.acts, most_accounts=settings.most_accounts, layer=NAME)
    groups = _called(_pairs(blocks.acts, settings), world, settings)
    graph = weighted_by_surprise(InteractionGraph(groups.edges), full_at=settings.full_weight_log10)
    return Layer(
        name=NAME,
        graph=graph,
        bounds=crowded.acts.engine.sql(
            "select * from {cut} union all select * from {crowds}",
            BOUNDS,
            cut=crowded.bounds,
            crowds=blocks.bounds,
        ),
        facts={
            "acts_looked_at": crowded.acts.count(),
            **_facts(found),
            "groups_tested": groups.tried,
            "groups_called": groups.called,
            "edges_kept": graph.edges.count(),
        },
        tables={"acts": blocks.acts},
    )


def acts(
    world: World, settings: LockstepBlocks, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """What each two of a block did on the same object of it, within the window."""
    shown = joint_acts(
        as_interactions(layer.tables["acts"]),
        layer.graph.edges,
        clustering.members,
        within_seconds=settings.within_seconds,
        per_edge=settings.acts_per_edge,
    )
    return shown.acts, shown.left_out


def _pairs(acts: Table, settings: LockstepBlocks) -> Table:
    """Accounts of blocks that come to enough of the blocks' objects together (`EDGES`)."""
    return coaction_graph(
        as_interactions(acts),
        within_seconds=settings.within_seconds,
        at_least=settings.shared_objects,
        layer=NAME,
    ).graph.edges


def _called(pairs: Table, world: World, settings: LockstepBlocks) -> _Called:
    """The pairs inside groups that meet oftener than any search would find by chance.

    A block may hold a ring and the crowd around it, and the rest of a ring may be in the next
    block, so the groups are those of a division of all blocks' pairs.
    """
    engine = pairs.engine
    groups = leiden_of_pairs(pairs, resolution=settings.least_joined, seed=world.seed)
    chance = clusters_against_chance(
        groups,
        world.interactions,
        width_seconds=settings.within_seconds,
        dispersion=settings.dispersion,
        unnamed="rows" if mostly_at_one_time(world.interactions) else "moments",
    )
    edges = engine.sql(
        f"""
        with found as (
            select p.*, c.log10_p as of_group
            from {{pairs}} p
            join {{members}} s on s.account = p.src
            join {{members}} d on d.account = p.dst and d.cluster = s.cluster
            join {{chance}} c on c.cluster = s.cluster
        )
        select {EDGES.selecting(log10_p="of_group")} from found where of_group <= $most
        """,
        EDGES,
        {"most": math.log10(settings.false_alarm)},
        pairs=pairs,
        members=groups.members,
        chance=chance,
    )
    called = engine.query(
        "select count(distinct s.cluster) as called from {edges} e"
        " join {members} s on s.account = e.src",
        edges=edges,
        members=groups.members,
    )["called"][0].as_py()
    return _Called(edges, chance.count(), called)


def _facts(found: DenseBlocks) -> dict[str, float | int]:
    facts: dict[str, float | int] = {"blocks": len(found.densities)}
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
    enabled=False,
)
