"""Cohorts: accounts that were made together and act on one object together."""

from __future__ import annotations

from builders.bounded_acts import bounded_acts
from graph.schema import Column, Schema
from graph.schemas import EDGES, JOINT_ACTS
from graph.table import Table

_CELL = (
    Column("action", "VARCHAR", "what was done"),
    Column("object_kind", "VARCHAR", "what kind of thing the object is"),
    Column("object", "VARCHAR", "what was acted on"),
    Column("cell", "BIGINT", "the stretch of time, in halves of its length since 1970"),
)

ARRIVALS = Schema(
    "arrivals",
    (
        *_CELL,
        Column("account", "VARCHAR", "who acted in the cell"),
        Column("acted_at", "BIGINT", "when it did first, ms"),
        Column("created_at", "BIGINT", "when the account was made, ms"),
    ),
    key=("action", "object_kind", "object", "cell", "account"),
)
"""Dated accounts by cell: an object in a stretch of time. Stretches overlap by half."""

COHORT_MEMBERS = Schema(
    "cohort_members",
    (
        *_CELL,
        Column("account", "VARCHAR", "who was made in the cohort's span and acted in its cell"),
        Column("acted_at", "BIGINT", "when it did first, ms"),
        Column("log10_p", "DOUBLE", "the cohort's"),
    ),
    key=("action", "object_kind", "object", "cell", "account"),
)
"""Who is of which cohort."""

COHORTS = Schema(
    "cohorts",
    (
        *_CELL,
        Column("width_days", "BIGINT", "the span of creation that is looked at"),
        Column("since", "BIGINT", "its begin, ms"),
        Column("accounts", "BIGINT", "dated accounts in the cell"),
        Column("cohort", "BIGINT", "those of them made in the span"),
        Column("population", "BIGINT", "dated accounts of the extract"),
        Column("made", "BIGINT", "those of them made on the span's days"),
    ),
    key=("action", "object_kind", "object", "cell", "width_days", "since"),
)
"""The densest spans of creation of each cell: a candidate a width."""

_DAY_MS = 86_400_000


def arrivals(interactions: Table, accounts: Table, *, within_seconds: float, least: int) -> Table:
    """Who acted on which object in which stretch of time (`ARRIVALS`), in cells of `least` or more.

    Args:
        interactions: `INTERACTIONS`.
        accounts: `ACCOUNTS`; those without a creation time are left out.
        within_seconds: how long a stretch is.
        least: dated accounts of a cell that is looked at.
    """
    half = round(within_seconds * 500)
    return interactions.engine.sql(
        """
        with dated as (
            select account, created_at from {accounts} where created_at is not null
        ),
        busy as (
            select action, object_kind, object from {interactions}
            where object <> ''
            group by action, object_kind, object having count(*) >= $least
        ),
        acts as (
            select i.action, i.object_kind, i.object, i.account,
                   cast(floor(i.acted_at / $half) as bigint) as half,
                   min(d.created_at) as created_at, min(i.acted_at) as acted_at
            from {interactions} i
            join busy b on b.action = i.action and b.object_kind = i.object_kind
                       and b.object = i.object
            join dated d on d.account = i.account
            group by i.action, i.object_kind, i.object, i.account,
                     cast(floor(i.acted_at / $half) as bigint)
        ),
        -- Most cells are small, which is seen before anybody is placed in them.
        halves as (
            select action, object_kind, object, half, count(*) as came
            from acts group by action, object_kind, object, half
        ),
        likely as (
            select h.action, h.object_kind, h.object, h.half - b.back as cell
            from halves h
            cross join (select 0 as back union all select 1 as back) b
            group by h.action, h.object_kind, h.object, h.half - b.back
            having sum(h.came) >= $least
        ),
        placed as (
            select l.action, l.object_kind, l.object, l.cell, a.account,
                   min(a.created_at) as created_at, min(a.acted_at) as acted_at
            from (
                select acts.*, acts.half - b.back as cell
                from acts cross join (select 0 as back union all select 1 as back) b
            ) a
            join likely l on l.action = a.action and l.object_kind = a.object_kind
                         and l.object = a.object and l.cell = a.cell
            group by l.action, l.object_kind, l.object, l.cell, a.account
        ),
        large as (
            select action, object_kind, object, cell from placed
            group by action, object_kind, object, cell having count(*) >= $least
        )
        select p.action, p.object_kind, p.object, p.cell, p.account, p.acted_at, p.created_at
        from placed p
        join large l on l.action = p.action and l.object_kind = p.object_kind
                    and l.object = p.object and l.cell = p.cell
        """,
        ARRIVALS,
        {"half": float(half), "least": least},
        interactions=interactions,
        accounts=accounts,
    )


def densest_spans(arrived: Table, accounts: Table, *, width_days: int, least: int) -> Table:
    """For each cell the span of creation that holds most of its accounts (`COHORTS`).

    How many accounts of the extract were made on the span's days is counted by whole days, which
    is at least as many as in the span itself: the test errs towards innocence.

    Args:
        arrived: `ARRIVALS`.
        accounts: `ACCOUNTS`.
        width_days: how long the span is.
        least: accounts that a cohort must have.
    """
    width = width_days * _DAY_MS
    return arrived.engine.sql(
        f"""
        with spans as (
            select action, object_kind, object, cell, created_at as since,
                   count(*) over (
                       partition by action, object_kind, object, cell order by created_at
                       range between current row and {width} following
                   ) as cohort,
                   count(*) over (partition by action, object_kind, object, cell) as accounts
            from {{arrived}}
        ),
        best as (
            select *, row_number() over (
                partition by action, object_kind, object, cell order by cohort desc, since
            ) as place
            from spans
        ),
        by_day as (
            select cast(floor(created_at / {_DAY_MS}.0) as bigint) as day, count(*) as made
            from {{accounts}} where created_at is not null
            group by cast(floor(created_at / {_DAY_MS}.0) as bigint)
        ),
        chosen as (
            select *, cast(floor(since / {_DAY_MS}.0) as bigint) as day
            from best where place = 1 and cohort >= $least
        ),
        begins as (select distinct day from chosen),
        made as (
            select b.day, sum(d.made) as made
            from begins b join by_day d on d.day >= b.day and d.day <= b.day + {width_days}
            group by b.day
        ),
        everybody as (select sum(made) as population from by_day)
        select c.action, c.object_kind, c.object, c.cell, {width_days} as width_days, c.since,
               c.accounts, c.cohort, e.population, m.made
        from chosen c join made m on m.day = c.day cross join everybody e
        """,
        COHORTS,
        {"least": least},
        arrived=arrived,
        accounts=accounts,
    )


def cohort_members(arrived: Table, cohorts: Table, *, most: int) -> Table:
    """Who is of which cohort (`COHORT_MEMBERS`).

    Args:
        arrived: `ARRIVALS`.
        cohorts: `COHORTS` with `log10_p`.
        most: a larger cohort is no group that one can look at, and has nobody.
    """
    return arrived.engine.sql(
        f"""
        select a.action, a.object_kind, a.object, a.cell, a.account, a.acted_at, c.log10_p
        from {{arrived}} a
        join {{cohorts}} c
          on c.action = a.action and c.object_kind = a.object_kind and c.object = a.object
         and c.cell = a.cell
        where a.created_at >= c.since and a.created_at <= c.since + c.width_days * {_DAY_MS}
          and c.cohort <= $most
        """,
        COHORT_MEMBERS,
        {"most": most},
        arrived=arrived,
        cohorts=cohorts,
    )


# Stretches overlap: who came once may be of two cohorts.
_PAIRS = """
with came as (
    select action, object_kind, object, account,
           min(acted_at) as acted_at, min(log10_p) as log10_p
    from {cohorts} group by action, object_kind, object, account
),
pairs as (
    select a.account as src, b.account as dst, a.action, a.object_kind, a.object,
           a.acted_at as src_at, b.acted_at as dst_at, a.log10_p
    from came a
    join came b
      on b.action = a.action and b.object_kind = a.object_kind and b.object = a.object
     and a.account < b.account
)
"""


def cohort_edges(cohorts: Table, *, layer: str) -> Table:
    """Every two accounts of a cohort, joined (`EDGES`); `weight` is 1.

    Args:
        cohorts: `COHORT_MEMBERS`.
        layer: the name that the edges carry.
    """
    return cohorts.engine.sql(
        f"""
        {_PAIRS}
        select src, dst, $layer as layer, 1.0 as weight,
               count(*) as src_count, count(*) as dst_count, count(*) as objects,
               count(*) as object_days, count(*) as post_pairs,
               min(least(src_at, dst_at)) as first_at, max(greatest(src_at, dst_at)) as last_at,
               cast(null as double) as expected, min(log10_p) as log10_p
        from pairs group by src, dst
        """,
        EDGES,
        {"layer": layer},
        cohorts=cohorts,
    )


def cohort_acts(cohorts: Table, members: Table, *, layer: str, at_most: int) -> Table:
    """The acts behind a cohort's edges inside clusters (`JOINT_ACTS`), the earliest objects first.

    Args:
        cohorts: `COHORT_MEMBERS`.
        members: `CLUSTERING`.
        layer: as for `cohort_edges`.
        at_most: acts of each edge.
    """
    every = cohorts.engine.sql(
        f"""
        {_PAIRS}
        select p.src, p.dst, $layer as layer, s.cluster, p.action, p.object_kind, p.object,
               cast(null as varchar) as src_content, cast(null as varchar) as dst_content,
               p.src_at, p.dst_at
        from pairs p
        join {{members}} s on s.account = p.src
        join {{members}} d on d.account = p.dst and d.cluster = s.cluster
        """,
        JOINT_ACTS,
        {"layer": layer},
        cohorts=cohorts,
        members=members,
    )
    return bounded_acts(every, most=at_most, order="src_at, action, object_kind, object").acts
