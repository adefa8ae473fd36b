"""Does a group that some days show keep meeting on the others?

A cluster was chosen because its members met, so how often they met proves nothing. Here groups are
looked for on every second day alone, and each is tested on the days between, which had no part in
choosing it; and the other way round. Whole days are kept together, since a sitting spans many acts.
What it tells is that a group repeats beyond chance on days of its own. It is evidence and no gate:
two people who are quick and fond of one thing are so on all days.
"""

from __future__ import annotations

from algorithms.chance import BEST_MEETINGS, co_action_against_chance, meetings_against_chance
from algorithms.large_clusters import large_clusters
from algorithms.leiden import leiden
from builders.clocks import clock_of
from builders.coaction import CoactionBounds, coaction_graphs
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, EDGES, EVIDENCE
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

OTHER_DAYS = Schema(
    "other_days",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column(
            "days", "BIGINT", "0 or 1: days on which its group was found, the number's last bit"
        ),
        Column("meeting_size", "BIGINT", "members that met"),
        Column("meetings", "BIGINT", "times so many met on the other days"),
        Column("expected", "DOUBLE", "such times by chance"),
        Column("log10_p", "DOUBLE", "log10 of the better half's p, both paid for"),
        Column("accounts", "BIGINT", "members found on the half"),
    ),
    key=("cluster",),
)


def other_days(clustering: Clustering, interactions: Table, *, seed: int) -> Table:
    """How each cluster does on days that did not choose it (`OTHER_DAYS`).

    A group that one half of the days shows stands for the cluster with which it shares most
    members, if these are three or more and half of the group. Clusters that no half shows have no
    row.

    Args:
        clustering: the clusters of the whole extract.
        interactions: the whole extract.
        seed: of the divisions.
    """
    engine = interactions.engine
    halves = []
    for days in (0, 1):
        group = found_on(interactions, days=days, seed=seed)
        met = met_off(group, interactions, days=days)
        halves.append(
            engine.sql(
                _STANDING,
                OTHER_DAYS,
                {"days": days, "least": _LEAST},
                members=clustering.members,
                groups=group.members,
                met=met,
            )
        )
    even, odd = halves
    return engine.sql(
        f"""
        select {OTHER_DAYS.selecting(log10_p="least(log10_p + log10(2.0), 0.0)")}
        from (
            select *, row_number() over (partition by cluster order by log10_p, days) as place
            from (select * from {{even}} union all select * from {{odd}}) halves
        ) placed
        where place = 1
        """,
        OTHER_DAYS,
        even=even,
        odd=odd,
    )


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


def with_other_days(evidence: Table, tried: Table) -> Table:
    """The evidence with a row `other-days` for each cluster that a half of the days shows.

    Args:
        evidence: `EVIDENCE`.
        tried: `OTHER_DAYS`.
    """
    return evidence.engine.sql(
        f"""
        select {EVIDENCE.selecting()} from {{evidence}}
        union all
        select cluster, 'other-days' as name, 'context' as kind, round(log10_p, 9) as value,
               cast(null as double) as usual, 'log10 p' as unit, 0.0 as part,
               cast(null as double) as degree, cast(null as double) as log_odds,
               cast(null as double) as without,
               cast(accounts as varchar) || ' of it were found on every second day; on the days'
                   || ' between, ' || cast(meeting_size as varchar) || ' of these met '
                   || cast(meetings as varchar) || ' times, where chance would give '
                   || cast(cast(expected as decimal(18, 2)) as varchar) as says
        from {{tried}}
        """,
        EVIDENCE,
        evidence=evidence,
        tried=tried,
    )


def _half(interactions: Table, days: int) -> Table:
    return interactions.engine.sql(
        f"select * from {{interactions}} where {_DAY} = $days",
        interactions.schema,
        {"days": days},
        interactions=interactions,
    )


_STANDING = """
with shared as (
    select m.cluster, g.cluster as found, count(*) as both
    from {members} m join {groups} g on g.account = m.account
    group by m.cluster, g.cluster
),
standing as (
    select s.cluster, s.found, row_number() over (
        partition by s.cluster order by s.both desc, s.found) as place
    from shared s join {met} t on t.cluster = s.found
    where s.both >= $least and 2 * s.both >= t.accounts
)
select s.cluster, $days as days, t.meeting_size, t.meetings, t.expected, t.log10_p, t.accounts
from standing s join {met} t on t.cluster = s.found
where s.place = 1
"""
