"""`shared-objects`: accounts that keep acting on the same objects at nearly the same time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from algorithms.calibration import all_pairs, calibration, drawn_accounts
from algorithms.calls import Called, call_edges, eligible_pairs
from algorithms.chance import Tested, co_action_against_chance
from algorithms.unmasked import unmasked
from builders.clocks import Clock, clock_of
from builders.coaction import Coaction, CoactionBounds, coaction_graphs
from builders.joint_acts import joint_acts
from graph.model import Clustering
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.interest import groups_of_interest
from jobs.detectors.looks import best_of, refuse_odd_looks, worst_bounds
from jobs.detectors.strength import weakly, weighted_by_surprise

NAME = "shared-objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedObjects:
    """Settings of the `shared-objects` detector."""

    within_seconds: tuple[float, ...] = (60.0, 3600.0)
    """Windows, each tested by itself; a pair's p-value is the best of them times their number.
    Those below the step of the extract's times (days, hours) are left out and named."""
    at_least_objects: int = 3
    """Distinct objects that a pair must share within one window."""
    actions: tuple[str, ...] = ()
    """Only these actions; all when empty."""
    object_kinds: tuple[str, ...] = ()
    """Only these kinds of object; all when empty."""
    object_interactions: int | None = None
    """Objects with more interactions are left out whole (and counted); none by default."""
    raw_pairs: int | None = 2_000_000_000
    """Post pairs that a window may hold before its densest places are left out (and counted)."""
    false_discovery_rate: float = 0.05
    """Share of false edges to accept, among all eligible pairs of accounts."""
    dispersion: float = 0.25
    """Variance beyond Poisson, relative to the squared mean."""
    least_in_stratum: int = 200
    """Interactions an hour needs to be a stratum of its own."""
    object_groups: int = 0
    """Groups of objects to learn from who acts on what, so that shared interest is expected and
    not called; 12 will do, 0 learns none."""
    topic: str | None = None
    """An attribute of the extract that names an object's topic, in place of learned groups."""
    drawn_accounts: int = 500
    """Accounts drawn at random, all pairs of whom tell whether as much is seen as expected; 0
    leaves it out. They change no edge."""
    full_weight_log10: float = 20.0
    """An edge with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 50
    """Interactions kept behind each edge; more are counted."""

    def __post_init__(self) -> None:
        """Refuse windows that cannot be looked at."""
        refuse_odd_looks(
            self.within_seconds,
            setting="within_seconds",
            of=NAME,
            what="window in seconds",
            least=0.0,
        )


def draw(world: World, settings: SharedObjects) -> Layer | None:
    """Pairs that share more objects within a window than chance explains."""
    chosen = _chosen(world.interactions, settings)
    clock = clock_of(world.interactions)
    windows = clock.windows(settings.within_seconds)
    if not windows:
        return None
    # First, since it refuses what cannot be done.
    interests = groups_of_interest(
        world, chosen, of=NAME, topic=settings.topic, number=settings.object_groups
    )
    built = _built(chosen, settings, windows, at_least=settings.at_least_objects)
    drawn = _drawn_pairs(chosen, settings, windows, world.seed)
    tested = [
        _tested(each, beside, chosen, interests.groups, seconds, settings, seed=world.seed)
        for seconds, each, beside in zip(windows, built, drawn, strict=True)
    ]
    called = call_edges(
        best_of([each.graph for each in tested]),
        tested_pairs=eligible_pairs(chosen, at_least=2),
        false_discovery_rate=settings.false_discovery_rate,
        seed=world.seed,
    )
    return Layer(
        name=NAME,
        graph=weighted_by_surprise(called.graph, full_at=settings.full_weight_log10),
        weak=weakly(called.weak, full_at=settings.full_weight_log10),
        bounds=worst_bounds([each.bounds for each in built]),
        facts={
            **_facts(windows, built, tested, called),
            **interests.facts,
            **_coarse(clock, settings.within_seconds, windows),
        },
    )


def _built(
    chosen: Table, settings: SharedObjects, windows: Sequence[float], *, at_least: int
) -> list[Coaction]:
    """Who shared so many objects, a window at a time."""
    return coaction_graphs(
        chosen,
        windows=windows,
        at_least=at_least,
        count="objects",
        layer=NAME,
        # What an account did at one time, and no `content` tells apart, is one act.
        unnamed="moments",
        bounds=CoactionBounds(
            object_interactions=settings.object_interactions, raw_pairs=settings.raw_pairs
        ),
    )


def _tested(
    built: Coaction,
    beside: Table | None,
    chosen: Table,
    groups: Table | None,
    seconds: float,
    settings: SharedObjects,
    *,
    seed: int,
) -> Tested:
    """One window's edges against chance; large groups by what others do."""
    found = co_action_against_chance(
        built.graph,
        chosen,
        within_seconds=seconds,
        dispersion=settings.dispersion,
        least_in_stratum=settings.least_in_stratum,
        groups=groups,
        beside=beside,
    )
    return unmasked(
        found,
        chosen,
        within_seconds=seconds,
        dispersion=settings.dispersion,
        least_in_stratum=settings.least_in_stratum,
        groups=groups,
        seed=seed,
    )


def acts(
    world: World, settings: SharedObjects, layer: Layer, clustering: Clustering
) -> tuple[Table, int]:
    """The interactions behind the layer's edges, within its widest window."""
    found = joint_acts(
        _chosen(world.interactions, settings),
        layer.graph.edges,
        clustering.members,
        # The facts keep the step, so the extract is not looked through for it once more.
        within_seconds=max(_clock_told(layer).windows(settings.within_seconds)),
        per_edge=settings.acts_per_edge,
    )
    return found.acts, found.left_out


def _drawn_pairs(
    chosen: Table, settings: SharedObjects, windows: Sequence[float], seed: int
) -> list[Table | None]:
    """All pairs of accounts drawn at random, with what they did within each window."""
    if settings.drawn_accounts < 2:
        return [None for _ in windows]
    drawn = drawn_accounts(chosen, number=settings.drawn_accounts, at_least=2, seed=seed)
    of_drawn = chosen.engine.sql(
        "select i.* from {interactions} i join {drawn} d on d.account = i.account",
        chosen.schema,
        interactions=chosen,
        drawn=drawn,
    )
    met = _built(of_drawn, settings, windows, at_least=1)
    return [all_pairs(each.graph.edges, drawn) for each in met]


def _chosen(interactions: Table, settings: SharedObjects) -> Table:
    """The interactions that the detector looks at, which are also what its null model sees."""
    wanted = {"action": settings.actions, "object_kind": settings.object_kinds}
    params = {
        f"{column}_{n}": name for column, names in wanted.items() for n, name in enumerate(names)
    }
    tests = [
        f"{column} in ({', '.join(f'${column}_{n}' for n in range(len(names)))})"
        for column, names in wanted.items()
        if names
    ]
    if not tests:
        return interactions
    return interactions.engine.sql(
        f"select * from {{interactions}} where {' and '.join(tests)}",
        interactions.schema,
        params,
        interactions=interactions,
    )


_STEP = "clock step, s"


def _clock_told(layer: Layer) -> Clock:
    """The clock that a layer was drawn by."""
    step = layer.facts.get(_STEP)
    return Clock(1 if step is None else round(float(step) * 1000))


def _coarse(
    clock: Clock, asked: Sequence[float], windows: Sequence[float]
) -> dict[str, float | int | str]:
    """Which windows mean nothing by the extract's clock, for the manifest and the screen."""
    left_out = clock.left_out(asked)
    if not left_out:
        return {}
    step = (clock.step_ms or 0) // 1000
    return {
        _STEP: step,
        "windows left out": len(left_out),
        "note": f"the extract's times are steps of {step:,} s, so windows of"
        f" {_in_words(left_out)} mean nothing and were left out;"
        f" {_in_words(windows)} was looked at",
    }


def _in_words(windows: Sequence[float]) -> str:
    return ", ".join(f"{seconds:,.10g} s" for seconds in windows)


def _facts(
    windows: Sequence[float],
    built: Sequence[Coaction],
    tested: Sequence[Tested],
    called: Called,
) -> dict[str, float | int | str]:
    facts: dict[str, float | int | str] = {
        "tested_pairs": called.tested_pairs,
        **called.facts,
    }
    for seconds, coaction, test in zip(windows, built, tested, strict=True):
        window = f"{seconds:g} s"
        facts[f"post pairs within {window}"] = coaction.raw_pairs
        facts[f"observed within {window}"] = test.observed
        facts[f"expected within {window}"] = test.expected
        if test.beside is not None:
            found = calibration(test.beside, called.graph.edges)
            facts.update(found.facts(f"within {window}"))
    return facts


SHARED_OBJECTS = Detector(
    name=NAME,
    says="accounts that act on the same objects within seconds or minutes of one another, more"
    " often than their activity and the hour explain",
    settings=SharedObjects(),
    draw=draw,
    acts=acts,
    needs="times that tell acts apart; more than half of these are one and the same",
)
