"""`mutual-ring`: accounts that all act on one another."""

from __future__ import annotations

from dataclasses import dataclass

from builders.contact_acts import joint_contact_acts
from builders.contacts import MUTUAL_ACTIONS, has_contacts, mutual_graph
from builders.mutual_density import dense_mutual_graph
from graph.model import Clustering, InteractionGraph
from graph.schemas import EDGES
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.strength import counted_inside

NAME = "mutual-ring"


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualRing:
    """Settings of the `mutual-ring` detector."""

    actions: tuple[str, ...] = MUTUAL_ACTIONS
    """Acts on another account, or on what it owns, that count."""
    at_least: int = 1
    """Acts that each side must have done on the other."""
    common_partners: int = 3
    """Partners that the two must have in common: friends have few, a ring has all."""
    hub_accounts: int = 2_000
    """Accounts with more partners on a side join nobody."""
    weight: float = 0.5
    """The weight of an edge one of whose ends has all its partners in common with the other."""
    loose_weight: float = 0.03
    """What a mutual contact that was left out counts when it leads out of a group."""
    acts_per_edge: int = 20
    """Acts kept behind each edge; more are counted."""


def draw(world: World, settings: MutualRing) -> Layer | None:
    """Mutual edges inside dense neighbourhoods, heavier the more partners both ends share."""
    if not has_contacts(world.interactions, settings.actions):
        return None
    mutual = mutual_graph(
        world.interactions,
        actions=settings.actions,
        at_least=settings.at_least,
        hub_accounts=settings.hub_accounts,
        layer=NAME,
    )
    found = mutual.graph.edges.count()
    dense = dense_mutual_graph(mutual, common_partners=settings.common_partners)
    edges = _weighted(dense.graph, mutual.graph, settings)
    kept = edges.count()
    return Layer(
        name=NAME,
        graph=InteractionGraph(edges),
        weak=_loose(mutual.graph, edges, settings),
        bounds=dense.bounds,
        facts={"edges_kept": kept, "edges_refused": found - kept},
    )


def _weighted(dense: InteractionGraph, mutual: InteractionGraph, settings: MutualRing) -> Table:
    """The dense edges, weighted by the share of partners that the ends have in common.

    The share is of the end with fewer partners, so that an account that was taken over weighs as
    much in a ring as one that was made for it.
    """
    return dense.engine.sql(
        f"""
        with ends as (
            select src as account, dst as partner from {{mutual}}
            union all select dst, src from {{mutual}}
        ),
        partners as (select account, count(*) as partners from ends group by account),
        common as (
            select e.src, e.dst, count(*) as common
            from {{dense}} e
            join ends a on a.account = e.src
            join ends b on b.account = e.dst and b.partner = a.partner
            group by e.src, e.dst
        ),
        shares as (
            -- Each is a partner of the other, which is no partner in common.
            select c.src, c.dst,
                   c.common / greatest(least(p.partners, q.partners) - 1.0, 1.0) as share
            from common c
            join partners p on p.account = c.src
            join partners q on q.account = c.dst
        )
        select {EDGES.selecting(weight="$weight * share")}
        from {{dense}} join shares using (src, dst)
        """,
        EDGES,
        {"weight": settings.weight},
        dense=dense.edges,
        mutual=mutual.edges,
    )


def _loose(mutual: InteractionGraph, kept: Table, settings: MutualRing) -> Table:
    """The mutual contacts that were left out: a circle of friends has them, a ring hardly any."""
    return mutual.engine.sql(
        f"""
        select {EDGES.selecting(weight="$weight")}
        from {{mutual}} m
        where not exists (select 1 from {{kept}} k where k.src = m.src and k.dst = m.dst)
        """,
        EDGES,
        {"weight": settings.loose_weight},
        mutual=mutual.edges,
        kept=kept,
    )


def acts(
    world: World, settings: MutualRing, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """What the two ends of each edge did to one another."""
    shown = joint_contact_acts(
        world.interactions,
        layer.graph.edges,
        clustering,
        actions=settings.actions,
        at_most=settings.acts_per_edge,
        layer=NAME,
    )
    pairs = counted_inside(layer.graph.edges, clustering).post_pairs
    return shown, max(pairs - shown.count(), 0)


MUTUAL_RING = Detector(
    name=NAME,
    says="accounts that all act on one another: follow, like, answer or repost among themselves",
    settings=MutualRing(),
    draw=draw,
    acts=acts,
    family="social",
    needs="acts on accounts: objects of kind `account`, or `owner`",
)
