"""Groups that every second day shows, each tested on the days between.

A cluster was chosen because its members met, so how often they met proves nothing. Here groups are
looked for on every second day alone, and each is tested on the days between, which had no part in
choosing it; and the other way round. Whole days are kept together, since a sitting spans many acts.
What it tells is that a group repeats beyond chance on days of its own. It is evidence and no gate:
two people who are quick and fond of one thing are so on all days.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from algorithms.chance import BEST_MEETINGS, co_action_against_chance, meetings_against_chance
from algorithms.evalues import log10_evalue
from algorithms.large_clusters import large_clusters
from algorithms.leiden import leiden
from builders.clocks import clock_of
from builders.coaction import CoactionBounds, coaction_graphs
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, DAY_GROUPS, EDGES
from graph.table import Table
from jobs.detectors.looks import best_of
from jobs.detectors.strength import weighted_by_surprise

WINDOWS = (60.0, 3600.0)
SURPRISING_LOG10 = -4.0
"""Pairs of one half with a p-value of at most 10 to this are joined: half of the days is little,
and the test on the other half pays for no search."""
_FULL_LOG10 = 20.0
_RESOLUTION = 0.1
_LEAST = 3

_DAY = "abs(cast(floor(acted_at / 86400000.0) as bigint) % 2)"

_BET = Schema(
    "bet",
    (*BEST_MEETINGS.columns, Column("log10_e", "DOUBLE", "log10 of the e-value")),
    key=("cluster",),
)


def day_groups(interactions: Table, *, seed: int) -> Table:
    """The groups of both halves of the days, and how each does on the other half (`DAY_GROUPS`).

    An e-value is made from the p-value. A group that could not have met on the other days, since
    no two of it act there, has 1: nothing was bet.

    Args:
        interactions: the whole extract.
        seed: of the divisions.
    """
    engine = interactions.engine
    halves = []
    for days in (0, 1):
        groups = found_on(interactions, days=days, seed=seed)
        bet = engine.each(met_off(groups, interactions, days=days), _with_bet, _BET)
        halves.append(
            engine.sql(_GROUPED, DAY_GROUPS, {"days": days}, members=groups.members, bet=bet)
        )
    even, odd = halves
    return engine.sql(
        f"""
        select {DAY_GROUPS.selecting()} from {{even}}
        union all select {DAY_GROUPS.selecting()} from {{odd}}
        """,
        DAY_GROUPS,
        even=even,
        odd=odd,
    )


def no_day_groups(like: Table) -> Table:
    """No groups (`DAY_GROUPS`), on the engine of another table."""
    return like.engine.from_arrow(DAY_GROUPS.arrow.empty_table(), DAY_GROUPS)


def found_on(interactions: Table, *, days: int, seed: int) -> Clustering:
    """Groups of three accounts or more that every second day shows.

    Args:
        interactions: the whole extract.
        days: 0 for the days (UTC, since 1970) of even number, 1 for the others.
        seed: of the division.
    """
    engine = interactions.engine
    half = _half(interactions, days)
    windows = clock_of(interactions).windows(WINDOWS)
    if not windows:
        none = engine.from_arrow(CLUSTERING.arrow.empty_table(), CLUSTERING)
        return Clustering(none, method="times tell nothing apart")
    built = coaction_graphs(
        half,
        windows=windows,
        at_least=2,
        count="objects",
        layer="half",
        unnamed="moments",
        bounds=CoactionBounds(),
    )
    tested = [
        co_action_against_chance(each.graph, half, within_seconds=seconds).graph
        for seconds, each in zip(windows, built, strict=True)
    ]
    joined = engine.sql(
        "select * from {edges} where log10_p <= $most",
        EDGES,
        {"most": SURPRISING_LOG10},
        edges=best_of(tested).edges,
    )
    graph = weighted_by_surprise(InteractionGraph(joined), full_at=_FULL_LOG10)
    whole = leiden(graph, resolution=_RESOLUTION, seed=seed)
    found = large_clusters(whole, least_accounts=_LEAST)
    return Clustering(found.members, method="leiden on every second day")


def met_off(groups: Clustering, interactions: Table, *, days: int) -> Table:
    """How the groups met on the days that did not show them (`BEST_MEETINGS`).

    A group none of whose members acts on those days has no meetings, and a p of 1.
    """
    half = _half(interactions, 1 - days)
    there = groups.members.engine.sql(
        "select * from {members} where account in (select account from {half})",
        CLUSTERING,
        members=groups.members,
        half=half,
    )
    met = meetings_against_chance(Clustering(there, method=groups.method), half)
    return met.engine.sql(
        """
        select g.cluster, coalesce(m.meeting_size, 2) as meeting_size,
               coalesce(m.meetings, 0) as meetings, coalesce(m.expected, 0.0) as expected,
               coalesce(m.log10_p, 0.0) as log10_p, g.accounts
        from (select cluster, count(*) as accounts from {groups} group by cluster) g
        left join {met} m on m.cluster = g.cluster
        """,
        BEST_MEETINGS,
        groups=groups.members,
        met=met,
    )


def _with_bet(batch: pa.RecordBatch) -> pa.RecordBatch:
    logs = log10_evalue(np.minimum(batch["log10_p"].to_numpy(), 0.0))
    logs[batch["expected"].to_numpy() == 0] = 0.0
    return batch.append_column(_BET.arrow.field("log10_e"), pa.array(logs))


def _half(interactions: Table, days: int) -> Table:
    return interactions.engine.sql(
        f"select * from {{interactions}} where {_DAY} = $days",
        interactions.schema,
        {"days": days},
        interactions=interactions,
    )


# To nine places, where every engine writes the same number.
_GROUPED = """
select $days as days, m.cluster as found, m.account, b.accounts, b.meeting_size, b.meetings,
       round(b.expected, 9) as expected, round(least(b.log10_p, 0.0), 9) as log10_p,
       round(b.log10_e, 9) as log10_e
from {members} m join {bet} b on b.cluster = m.cluster
"""
