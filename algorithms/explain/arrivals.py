"""When a cluster's members come to what they share, beside everybody else who comes.

All of it is SQL over the objects that many members of one cluster act on. The first act of an
account on an object is its arrival; what it does there later is left out.
"""

from __future__ import annotations

from algorithms.explain.schema import Known
from graph.schema import Column, Schema
from graph.table import Table

_OBJECT = (
    Column("cluster", "VARCHAR", "the cluster's name"),
    Column("action", "VARCHAR", "what was done"),
    Column("object_kind", "VARCHAR", "what kind of thing the object is"),
    Column("object", "VARCHAR", "what was acted on"),
)
_KEY = tuple(column.name for column in _OBJECT)

_ARRIVALS = Schema(
    "arrivals",
    (
        *_OBJECT,
        Column("account", "VARCHAR", "who came"),
        Column("arrived_at", "BIGINT", "its first act there, ms"),
        Column("member", "BIGINT", "1 for the cluster's members, 0 for others"),
    ),
    key=(*_KEY, "account"),
)

ARRIVED = Schema(
    "arrived",
    (
        *_OBJECT,
        Column("members", "BIGINT", "members that came"),
        Column("outsiders", "BIGINT", "others that came"),
        Column("offsets", "VARCHAR", "ms from anybody's first arrival to members', in order"),
        Column("tick", "BIGINT", "the step of the clock that wrote this action's times, ms"),
        Column("gap", "DOUBLE", "Kolmogorov-Smirnov distance of members' from others' arrivals"),
    ),
    key=_KEY,
)
"""One row for each thing that at least 8 members and a quarter of the cluster acted on."""


def arrived(known: Known, *, at_least: int = 8, share: float = 0.25, most: int = 600) -> Table:
    """How the members arrive at each thing that many of them act on (`ARRIVED`).

    Args:
        known: the clusters and the extract.
        at_least: members that an object needs; fewer show no shape.
        share: the share of the cluster's members that it needs besides.
        most: offsets listed of an object: of more, every second, third, ... in order of time.
    """
    engine = known.engine
    arrivals = _arrivals(known, at_least=at_least, share=share)
    found = engine.sql(
        f"""
        with counted as (
            select *,
                   sum(member) over whole as members,
                   sum(1 - member) over whole as outsiders,
                   sum(member) over so_far as members_so_far,
                   sum(1 - member) over so_far as outsiders_so_far,
                   min(arrived_at) over whole as first_at
            from {{arrivals}}
            window whole as (partition by cluster, action, object_kind, object),
                   so_far as (partition by cluster, action, object_kind, object
                              order by arrived_at)
        ),
        apart as (
            select cluster, action, object_kind, object,
                   max(members) as members, max(outsiders) as outsiders,
                   max(abs(members_so_far / cast(members as double)
                           - outsiders_so_far / greatest(cast(outsiders as double), 1.0))) as gap
            from counted group by cluster, action, object_kind, object
        ),
        placed as (
            select *, cast(arrived_at - first_at as varchar) as offset_ms,
                   row_number() over (partition by cluster, action, object_kind, object
                                      order by arrived_at, account) as place,
                   cast(floor((members + $most - 1) / cast($most as double)) as bigint) as step
            from counted where member = 1
        ),
        listed as (
            select cluster, action, object_kind, object,
                   string_agg(offset_ms, ',' order by place) as offsets
            from placed where (place - 1) % step = 0
            group by cluster, action, object_kind, object
        ),
        clocks as (
            select action, {TICK} as tick
            from {{arrivals}} where member = 1 group by action
        )
        select a.cluster, a.action, a.object_kind, a.object, a.members, a.outsiders, a.gap,
               l.offsets, c.tick
        from apart a
        join listed l on l.cluster = a.cluster and l.action = a.action
                     and l.object_kind = a.object_kind and l.object = a.object
        join clocks c on c.action = a.action
        """,
        ARRIVED,
        {"most": most},
        arrivals=arrivals,
    )
    engine.drop(arrivals)
    return found


def _on_the(step: int) -> str:
    """SQL: whether 95 % of the times of a group lie on whole steps."""
    return (
        f"sum(case when arrived_at = cast(floor(arrived_at / {step}.0) as bigint) * {step}"
        " then 1 else 0 end) >= 0.95 * count(*)"
    )


TICK = (
    "case "
    + " ".join(
        f"when {_on_the(step)} then {step}" for step in (86_400_000, 3_600_000, 60_000, 1_000)
    )
    + " else 1 end"
)
"""SQL: the step in ms on which 95 % of a group's `arrived_at` lie, at most a day, 1 if none."""


def _arrivals(known: Known, *, at_least: int, share: float) -> Table:
    return known.engine.sql(
        """
        with sizes as (
            select cluster, count(*) as accounts from {members} group by cluster
        ),
        shared as (
            select m.cluster, i.action, i.object_kind, i.object
            from {interactions} i
            join {members} m on m.account = i.account
            join sizes z on z.cluster = m.cluster
            where i.object <> ''
            group by m.cluster, i.action, i.object_kind, i.object, z.accounts
            having count(distinct i.account) >= greatest($at_least, $share * z.accounts)
        )
        select s.cluster, s.action, s.object_kind, s.object, i.account,
               min(i.acted_at) as arrived_at,
               max(case when m.cluster = s.cluster then 1 else 0 end) as member
        from shared s
        join {interactions} i
          on i.action = s.action and i.object_kind = s.object_kind and i.object = s.object
        left join {members} m on m.account = i.account
        group by s.cluster, s.action, s.object_kind, s.object, i.account
        """,
        _ARRIVALS,
        {"at_least": at_least, "share": share},
        interactions=known.interactions,
        members=known.clustering.members,
    )
