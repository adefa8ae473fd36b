"""`rare-objects`: accounts that keep meeting on objects that hardly anybody else acts on."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.calls import call_edges, eligible_pairs
from algorithms.chance import co_action_against_chance
from builders.clocks import mostly_at_one_time
from builders.coaction import CoactionBounds, Unnamed, coaction_graph
from builders.joint_acts import joint_acts
from builders.rare_objects import Rarity, mixes_actions, on_rare_objects, with_rarity
from graph.model import Clustering
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.looks import best_of, refuse_odd_looks, worst_bounds
from jobs.detectors.strength import weakly, weighted_by_surprise

NAME = "rare-objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class RareObjects:
    """Settings of the `rare-objects` detector."""

    at_most_accounts: tuple[int, ...] = (10, 25, 40, 160)
    """How many accounts an object may have under one action, each looked at by itself; a pair's
    p-value is the best of all looks times their number."""
    whatever_action: tuple[int, ...] = (25, 160)
    """How many it may have where actions are not told apart, so that one account's like meets
    another's comment; looks as well. None, where no object is acted on in two ways."""
    at_least_objects: int = 3
    """Distinct rare objects that a pair must share."""
    raw_pairs: int | None = 2_000_000_000
    """Post pairs before the densest objects are left out (and counted)."""
    false_discovery_rate: float = 0.05
    """Share of false edges to accept, among all eligible pairs of accounts."""
    dispersion: float = 0.25
    """Variance beyond Poisson, relative to the squared mean."""
    full_weight_log10: float = 20.0
    """An edge with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 50
    """Interactions kept behind each edge; more are counted."""

    def __post_init__(self) -> None:
        """Refuse sizes that no pair can meet on."""
        for setting, sizes in (
            ("at_most_accounts", self.at_most_accounts),
            ("whatever_action", self.whatever_action),
        ):
            if sizes or setting == "at_most_accounts":
                refuse_odd_looks(
                    sizes, setting=setting, of=NAME, what="number of accounts", least=2
                )


def draw(world: World, settings: RareObjects) -> Layer:
    """Pairs that share more rare objects, at whatever time, than chance explains."""
    graphs, bounds = [], []
    # What an account did at one time, and no `content` tells apart, is one act; where all have one
    # time, as a list of followers without times, it tells nothing.
    unnamed: Unnamed = "rows" if mostly_at_one_time(world.interactions) else "moments"
    facts: dict[str, float | int | str] = {}
    by_rarity = _rare(world, settings)
    for rarity, most in _looks(world.interactions, settings):
        rare = on_rare_objects(
            by_rarity, world.interactions.schema, at_most_accounts=most, rarity=rarity
        )
        built = coaction_graph(
            rare,
            within_seconds=None,
            at_least=settings.at_least_objects,
            count="objects",
            layer=NAME,
            unnamed=unnamed,
            bounds=CoactionBounds(raw_pairs=settings.raw_pairs),
        )
        tested = co_action_against_chance(
            built.graph,
            rare,
            within_seconds=None,
            dispersion=settings.dispersion,
            timed=False,
        )
        graphs.append(tested.graph)
        bounds.append(built.bounds)
        look = f"on objects of {most}" + ("" if rarity == "by action" else ", whatever action")
        facts[f"post pairs {look}"] = built.raw_pairs
        facts[f"observed {look}"] = tested.observed
        facts[f"expected {look}"] = tested.expected
        world.interactions.engine.drop(rare)
    world.interactions.engine.drop(by_rarity)
    called = call_edges(
        best_of(graphs),
        tested_pairs=eligible_pairs(world.interactions, at_least=2),
        false_discovery_rate=settings.false_discovery_rate,
        seed=world.seed,
    )
    return Layer(
        name=NAME,
        graph=weighted_by_surprise(called.graph, full_at=settings.full_weight_log10),
        weak=weakly(called.weak, full_at=settings.full_weight_log10),
        bounds=worst_bounds(bounds),
        facts={**called.facts, **facts},
    )


def acts(
    world: World, settings: RareObjects, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """The interactions behind the layer's edges, on the rare objects alone."""
    mixed = any(rarity == "whatever action" for rarity, _ in _looks(world.interactions, settings))
    found = joint_acts(
        on_rare_objects(
            _rare(world, settings, by=clustering.members),
            world.interactions.schema,
            at_most_accounts=_most(settings),
            rarity="either" if mixed else "by action",
        ),
        layer.graph.edges,
        clustering.members,
        within_seconds=None,
        per_edge=settings.acts_per_edge,
        whatever_action=mixed,
    )
    return found.acts, found.left_out


def _rare(world: World, settings: RareObjects, *, by: Table | None = None) -> Table:
    """The interactions, of some accounts or all, on objects that are rare by any look."""
    return with_rarity(world.interactions, at_most_accounts=_most(settings), by=by)


def _most(settings: RareObjects) -> int:
    return max((*settings.at_most_accounts, *settings.whatever_action))


def _looks(interactions: Table, settings: RareObjects) -> list[tuple[Rarity, int]]:
    """How rarity is told, and the most accounts, of each look; the narrowest first."""
    looks: list[tuple[Rarity, int]] = [("by action", n) for n in settings.at_most_accounts]
    if settings.whatever_action and mixes_actions(interactions):
        looks += [("whatever action", n) for n in settings.whatever_action]
    return sorted(looks, key=lambda look: (look[1], look[0]))


RARE_OBJECTS = Detector(
    name=NAME,
    says="accounts that keep meeting, at whatever time, on objects that few others act on",
    settings=RareObjects(),
    draw=draw,
    acts=acts,
)
