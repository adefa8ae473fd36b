"""`mutual-ring`: accounts that all act on one another."""

from __future__ import annotations

from dataclasses import dataclass

from builders.contact_acts import joint_contact_acts
from builders.contacts import MUTUAL_ACTIONS, mutual_graph
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
    """The weight of an edge whose ends have all their partners in common."""
    acts_per_edge: int = 20
    """Acts kept behind each edge; more are counted."""


def draw(world: World, settings: MutualRing) -> Layer | None:
    """Mutual edges inside dense neighbourhoods, heavier the more partners both ends share."""
    mutual = mutual_graph(
        world.interactions,
        actions=settings.actions,
        at_least=settings.at_least,
        hub_accounts=settings.hub_accounts,
        layer=NAME,
    )
    found = mutual.graph.edges.count()
    if found == 0:
        return None
    dense = dense_mutual_graph(mutual, common_partners=settings.common_partners)
    edges = dense.graph.engine.sql(
        f"""
        select {EDGES.selecting(weight="$weight * weight")} from {{edges}}
        """,
        EDGES,
        {"weight": settings.weight},
        edges=dense.graph.edges,
    )
    kept = edges.count()
    return Layer(
        name=NAME,
        graph=InteractionGraph(edges),
        bounds=dense.bounds,
        facts={"edges_kept": kept, "edges_refused": found - kept},
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
    needs="acts on accounts: objects of kind `account`, or `owner`",
)
