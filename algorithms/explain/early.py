"""How early the members come, between the first and the last of them, on each thing they share.

Whoever comes as he happens to look comes early rather than late, so that the middle one of a
thing's arrivals lies nearer to the first than to the last. A stretch that is filled evenly, or
around a moment, has it midway, however many come and however long it is. Three arrivals show that
as three hundred do, so it can be asked of the smallest cluster, over many things.

Source: answers to a call are densest at once and thin out (Crane and Sornette 2008, Robust dynamic
classes revealed by measuring the response function of a social system).
"""

from __future__ import annotations

from algorithms.explain.arrivals import TICK
from algorithms.explain.schema import Known
from graph.schema import Column, Schema
from graph.table import Table

_EVEN = 1.0 / 12.0
"""The variance of an even draw from 0 to 1."""
_LEAST_OBJECTS = 4
_LEAST_CAME = 3
_TICKS = 5
"""A stretch of fewer ticks of the clock shows the clock's shape and not the members'."""

EARLY = Schema(
    "early_arrivals",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("accounts", "BIGINT", "its members"),
        Column("objects", "BIGINT", "things to which a quarter of them came one after another"),
        Column("middle", "DOUBLE", "where the middle arrival lies: 0 first, 1 last; mean"),
        Column("half_seconds", "DOUBLE", "median time from the first arrival to it, seconds"),
        Column("early", "DOUBLE", "standard errors by which it lies before midway"),
    ),
    key=("cluster",),
)


def early_arrivals(known: Known) -> Table:
    """How early members come to what three members and a quarter of them came to (`EARLY`).

    `early` is the distance of the mean `middle` from a half in its standard errors, above 0 where
    it lies before midway. The variance over things is taken about their mean with one thing more,
    of the variance of an even draw: a few things that happen to agree are no certainty.

    Clusters with fewer than four such things are left out, and things whose stretch is shorter
    than five steps of the clock are none.
    """
    return known.engine.sql(
        f"""
        with sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        came as (
            select m.cluster, i.action, i.object_kind, i.object, i.account,
                   min(i.acted_at) as arrived_at
            from {{interactions}} i join {{members}} m on m.account = i.account
            where i.object <> ''
            group by m.cluster, i.action, i.object_kind, i.object, i.account
        ),
        clocks as (select action, {TICK} as tick from came group by action),
        things as (
            select c.cluster, c.action, min(c.arrived_at) as first_at,
                   max(c.arrived_at) as last_at, median(c.arrived_at) as middle_at
            from came c join sizes z on z.cluster = c.cluster
            group by c.cluster, c.action, c.object_kind, c.object, z.accounts
            having count(*) >= greatest({_LEAST_CAME}.0, z.accounts / 4.0)
        ),
        placed as (
            select t.cluster, t.middle_at - t.first_at as waited,
                   (t.middle_at - t.first_at) / (t.last_at - t.first_at) as middle
            from things t join clocks k on k.action = t.action
            where t.last_at - t.first_at >= {_TICKS} * k.tick
        ),
        counted as (
            select cluster, count(*) as objects, median(waited) / 1000.0 as half_seconds,
                   cast(sum(cast(middle as decimal(38, 15))) as double) / count(*) as middle,
                   cast(sum(cast(middle * middle as decimal(38, 15))) as double) / count(*)
                       as square
            from placed group by cluster
        )
        select c.cluster, z.accounts, c.objects, c.middle, c.half_seconds,
               round((0.5 - c.middle) * c.objects
                     / sqrt(c.objects * greatest(c.square - c.middle * c.middle, 0.0) + $spare),
                     9) as early
        from counted c
        join sizes z on z.cluster = c.cluster
        where c.objects >= {_LEAST_OBJECTS}
        """,
        EARLY,
        {"spare": _EVEN},
        interactions=known.interactions,
        members=known.clustering.members,
    )
