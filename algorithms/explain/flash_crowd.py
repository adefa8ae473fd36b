"""`flash-crowd`: people whom one event, one post or one breaking story brings together once."""

from __future__ import annotations

from algorithms.explain.arrivals import arrived
from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.rounding import rounded
from graph.table import Table


def check(known: Known) -> Table:
    """Whether a cluster is a part of a larger crowd about a few objects (`CHECKED`).

    `measured` is the number of others for each member, at the median of the objects that a quarter
    of the members (and eight or more) act on; `usual` is 1. It applies to clusters with at most
    three such objects, in full where there are four others for each member, the members arrive
    as the others do, and three quarters of the pairs of members that meet on anything that joins
    them meet there; not where half of them meet elsewhere: one event does not explain the rest.
    Clusters without such an object are left out.
    """
    found = known.arrived or arrived(known)
    return known.engine.sql(
        f"""
        with judged as (
            select cluster, outsiders / cast(members as double) as others,
                   greatest(gap - 0.87 * sqrt(1.0 / members + 1.0 / greatest(outsiders, 1)), 0.0)
                       as apart
            from {{found}}
        ),
        there as (select distinct cluster, object_kind, object from {{found}}),
        met as (
            select cluster, object_kind, object, max(members) * (max(members) - 1) as pairs
            from {{objects}} group by cluster, object_kind, object
        ),
        divided as (
            select m.cluster,
                   sum(case when t.object is not null then pairs else 0 end)
                       / nullif(cast(sum(pairs) as double), 0) as share
            from met m
            left join there t on t.cluster = m.cluster and t.object_kind = m.object_kind
                             and t.object = m.object
            group by m.cluster
        ),
        shared as (
            select cluster, share,
                   cast({rounded("100 * (1 - share)", 0)} as bigint) as elsewhere
            from divided
        ),
        summed as (
            select cluster, count(*) as objects, median(others) as others,
                   median(apart) as apart
            from judged group by cluster
        )
        select s.cluster, others as measured, 1.0 as usual,
               case when objects > 3 then 0.0
                    else greatest(least((others - 1.0) / 3.0, 1.0), 0.0)
                         * greatest(least((0.5 - apart) / 0.25, 1.0), 0.0)
                         * greatest(least((coalesce(share, 1.0) - 0.5) / 0.25, 1.0), 0.0)
                    end as degree,
               'many members act on ' || cast(objects as varchar)
                   || case when objects = 1 then ' thing' else ' things' end || ', on which '
                   || cast({rounded("others", 1)} as varchar) || ' others act for each member'
                   || case when objects > 3 then ': more things than one event brings'
                           when share < 0.75 then ', and '
                                || cast(elsewhere as varchar)
                                || ' % of the pairs that meet on something meet elsewhere'
                           else '' end as says
        from summed s left join shared h on h.cluster = s.cluster
        """,
        CHECKED,
        found=found,
        objects=known.objects,
    )


FLASH_CROWD = Explanation(
    name="flash-crowd",
    says="a part of a larger crowd that one event brought together once",
    check=check,
    needs="a thing that eight members or more, and a quarter of them, act on",
    sufficient_for=("time-object",),
)
