"""`shared-traits`: many accounts behind one device, address or other carried attribute."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from algorithms.trait_chance import log10_expected_values
from builders.traits import joint_trait_acts, shared_traits_graph
from graph.model import Clustering, InteractionGraph
from graph.schemas import EDGES, INTERACTIONS
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.strength import counted_inside

NAME = "shared-traits"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTraits:
    """Settings of the `shared-traits` detector."""

    traits: tuple[str, ...] = ()
    """Carried attributes to look at; every one the extract carries when empty."""
    hub_accounts: int = 50
    """A value that more accounts have is a carrier, a school, a shop; it joins nobody."""
    at_least_values: int = 1
    """Distinct values that a pair must share."""
    expected_values: float = 0.2
    """An edge is drawn where chance would give at most so many values as crowded as the shared
    ones; households and flats are what chance gives (`algorithms.trait_chance`)."""
    false_share: float = 0.05
    """And of the values at least as crowded, chance would give at most this share: the one crowded
    address of a large extract is no discovery, the tenth device of a farm is."""
    weight: float = 0.4
    """What one value that only two accounts share adds to an edge; commoner ones add less."""
    acts_per_edge: int = 20
    """Values kept behind each edge; more are counted."""


def draw(world: World, settings: SharedTraits) -> Layer | None:
    """Accounts that share values more crowded than households are."""
    traits = _traits(_carried(world), settings)
    if not traits:
        return None
    built = shared_traits_graph(
        _carried(world),
        traits=traits,
        hub_accounts=settings.hub_accounts,
        at_least=settings.at_least_values,
        layer=NAME,
        crowding=partial(log10_expected_values, false_share=settings.false_share),
    )
    edges = built.graph.engine.sql(
        f"""
        select {EDGES.selecting(weight="least($weight * weight, 1.0)")} from {{edges}}
        where log10_p <= $most
        """,
        EDGES,
        {"most": math.log10(settings.expected_values), "weight": settings.weight},
        edges=built.graph.edges,
    )
    kept = edges.count()
    return Layer(
        name=NAME,
        graph=InteractionGraph(edges),
        bounds=built.bounds,
        facts={"edges_kept": kept, "edges_refused": built.graph.edges.count() - kept},
    )


def acts(
    world: World, settings: SharedTraits, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """The shared values behind the layer's edges, the rarest first."""
    shown = joint_trait_acts(
        _carried(world),
        layer.graph.edges,
        clustering,
        traits=_traits(_carried(world), settings),
        hub_accounts=settings.hub_accounts,
        at_most=settings.acts_per_edge,
        layer=NAME,
    )
    values = counted_inside(layer.graph.edges, clustering).objects
    return shown, max(values - shown.count(), 0)


def _carried(world: World) -> Table:
    return world.interactions if world.carried is None else world.carried


def _traits(interactions: Table, settings: SharedTraits) -> tuple[str, ...]:
    return settings.traits or interactions.schema.attributes_beyond(INTERACTIONS)


SHARED_TRAITS = Detector(
    name=NAME,
    says="many accounts behind one device, address or other value that they carry",
    settings=SharedTraits(),
    draw=draw,
    acts=acts,
    family="traits",
    of_chance=False,
    needs="carried attributes, such as `device` or `ip`",
)
