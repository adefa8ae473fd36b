"""`swarm`: accounts made together that come to one object together, if only once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from algorithms.cohorts import cohorts_against_chance
from algorithms.tail import step_up_cut
from builders.cohorts import (
    COHORT_MEMBERS,
    arrivals,
    cohort_acts,
    cohort_edges,
    cohort_members,
    densest_spans,
)
from graph.model import Clustering, InteractionGraph
from graph.schemas import BOUNDS
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.detectors.strength import counted_inside, weighted_by_surprise

NAME = "swarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """Settings of the `swarm` detector."""

    within_seconds: float = 3600.0
    """The stretch of time in which they come to one object; stretches overlap by half."""
    created_within_days: tuple[int, ...] = (1, 7)
    """Spans in which they were made, each looked at by itself and paid for."""
    at_least_accounts: int = 8
    """Accounts that a cohort must have."""
    most_accounts: int = 500
    """A larger cohort is a day of many sign-ups; it joins nobody and is counted."""
    false_discovery_rate: float = 0.01
    """Share of false cohorts to accept, among all crowds of an object and a stretch of time."""
    full_weight_log10: float = 20.0
    """An edge of a cohort with p = 10^-this or less has weight 1."""
    acts_per_edge: int = 20
    """Acts kept behind each edge; more are counted."""


class _Found(NamedTuple):
    arrived: Table
    cohorts: Table
    crowds: int
    kept: int


def draw(world: World, settings: Swarm) -> Layer | None:
    """Every two accounts of a cohort that chance does not explain."""
    found = _cohorts(world, settings)
    if found is None:
        return None
    engine = world.interactions.engine
    members = cohort_members(found.arrived, found.cohorts, most=settings.most_accounts)
    edges = cohort_edges(members, layer=NAME)
    bounds = engine.sql(
        """
        select $layer as layer, 'most-accounts' as bound,
               object || ' ' || cast(cell as varchar) as subject,
               max(cohort) as accounts, max(cohort) as interactions,
               max(cohort * (cohort - 1) / 2) as pairs_not_counted,
               'joins nobody: so many accounts made within days' as says
        from {cohorts} where cohort > $most
        group by object || ' ' || cast(cell as varchar)
        """,
        BOUNDS,
        {"layer": NAME, "most": settings.most_accounts},
        cohorts=found.cohorts,
    )
    graph = weighted_by_surprise(InteractionGraph(edges), full_at=settings.full_weight_log10)
    return Layer(
        name=NAME,
        graph=graph,
        bounds=bounds,
        facts={
            "crowds": found.crowds,
            "cohorts": found.kept,
            "edges_kept": graph.edges.count(),
        },
        tables={"members": members},
    )


def acts(world: World, settings: Swarm, layer: Layer, clustering: Clustering) -> tuple[Table, int]:
    """What each two of a cohort did on the same object."""
    shown = cohort_acts(
        layer.tables["members"], clustering.members, layer=NAME, at_most=settings.acts_per_edge
    )
    pairs = counted_inside(layer.graph.edges, clustering).objects
    return shown, max(pairs - shown.count(), 0)


def _cohorts(world: World, settings: Swarm) -> _Found | None:
    """The cohorts that are called; None where hardly any account is dated."""
    if world.accounts is None or not _dated(world.accounts):
        return None
    engine = world.interactions.engine
    arrived = arrivals(
        world.interactions,
        world.accounts,
        within_seconds=settings.within_seconds,
        least=settings.at_least_accounts,
    )
    looks = [
        cohorts_against_chance(
            densest_spans(
                arrived, world.accounts, width_days=days, least=settings.at_least_accounts
            ),
            looks=len(settings.created_within_days),
        )
        for days in settings.created_within_days
    ]
    schema = looks[0].schema
    best = engine.sql(
        f"""
        select {schema.selecting()} from (
            select *, row_number() over (
                partition by action, object_kind, object, cell order by log10_p, width_days, since
            ) as place
            from ({" union all ".join(f"select * from {{look_{n}}}" for n in range(len(looks)))})
        ) where place = 1
        """,
        replace(schema, name="best_cohorts"),
        **{f"look_{n}": look for n, look in enumerate(looks)},
    )
    crowds = engine.query(
        "select count(*) as crowds from"
        " (select distinct action, object_kind, object, cell from {arrived})",
        arrived=arrived,
    )["crowds"][0].as_py()

    def up_to(most: float) -> tuple[int, float]:
        row = engine.query(
            "select count(*) as cohorts, coalesce(max(log10_p), -1e308) as greatest"
            " from {best} where log10_p <= $most",
            {"most": most},
            best=best,
        ).to_pylist()[0]
        return row["cohorts"], row["greatest"]

    cut = step_up_cut(best.count(), up_to, tests=crowds, rate=settings.false_discovery_rate)
    called = engine.sql(
        "select * from {best} where log10_p <= $cut", best.schema, {"cut": cut}, best=best
    )
    return _Found(arrived, called, crowds, called.count())


def _dated(accounts: Table) -> int:
    found = accounts.engine.query(
        "select count(created_at) as dated from {accounts}", accounts=accounts
    )
    return int(found["dated"][0].as_py())


SWARM = Detector(
    name=NAME,
    says="accounts made within days of one another that come to one object within the hour",
    settings=Swarm(),
    draw=draw,
    acts=acts,
    family="cohort",
    stands_alone=False,
    keeps={"members": COHORT_MEMBERS},
    needs="accounts with `created_at`",
)
