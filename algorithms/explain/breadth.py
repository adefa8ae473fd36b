"""`breadth`: members who do as many other things as people of their activity do."""

from __future__ import annotations

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.table import Table


def check(known: Known) -> Table:
    """How much else the members do (`CHECKED`), see `measured_breadth`; as known where it is."""
    return known.lives or measured_breadth(known)


def measured_breadth(known: Known) -> Table:
    """How much else the members do, beside accounts as active as they are (`CHECKED`).

    `measured` is the median over members of distinct things that they act on beside what the
    cluster shares; `usual` is the median over members of what outsiders of like activity (the
    same power of two of interactions) act on, at their median. Hijacked accounts keep their
    owners' breadth, so it is context.
    """
    return known.engine.sql(
        """
        with activity as (
            select account, cast(floor(log2(count(*))) as bigint) as class
            from {interactions} group by account
        ),
        things as (
            select distinct account, object_kind, object from {interactions} where object <> ''
        ),
        ordinary as (
            select class, median(things) as things from (
                select a.account, a.class, count(t.account) as things
                from activity a left join things t on t.account = a.account
                where a.account not in (select account from {members})
                group by a.account, a.class
            ) group by class
        ),
        shared as (select distinct cluster, object_kind, object from {objects}),
        other as (
            select m.cluster, m.account,
                   count(case when s.cluster is null then t.object end) as things
            from {members} m
            left join things t on t.account = m.account
            left join shared s on s.cluster = m.cluster and s.object_kind = t.object_kind
                              and s.object = t.object
            group by m.cluster, m.account
        ),
        summed as (
            select o.cluster, median(o.things) as things, median(n.things) as usual
            from other o
            join activity a on a.account = o.account
            join ordinary n on n.class = a.class
            group by o.cluster
        )
        select cluster, things as measured, usual,
               greatest(least(things / greatest(usual, 1.0), 1.0), 0.0) as degree,
               'members act on ' || cast(cast(round(things) as bigint) as varchar)
                   || ' other things at the median, where accounts as active act on '
                   || cast(cast(round(usual) as bigint) as varchar) as says
        from summed
        """,
        CHECKED,
        interactions=known.interactions,
        members=known.clustering.members,
        objects=known.objects,
    )


BREADTH = Explanation(
    name="breadth",
    says="people with a life of their own beside what the cluster shares",
    check=check,
    needs="other accounts as active as its members",
)
