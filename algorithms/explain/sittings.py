"""`sittings`: a class, a workshop, an office: people in one place who do things in the same hours.

What they share happens in a few sittings, there they all come from one address (or another value
that they carry), and at other times they come from their own.
"""

from __future__ import annotations

from algorithms.explain.hours import NUMBERED
from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.schema import Column, Schema
from graph.table import Table

_CLUSTER = Column("cluster", "VARCHAR", "the cluster's name")
_SITTINGS = Schema(
    "sittings",
    (
        _CLUSTER,
        Column("place", "BIGINT", "1 for the sitting of most shared acts"),
        Column("begins", "BIGINT", "its first hour, hours since 1970"),
        Column("ends", "BIGINT", "its last hour"),
        Column("acts", "BIGINT", "shared acts in it"),
        Column("before", "BIGINT", "shared acts in sittings of more"),
        Column("total", "BIGINT", "shared acts in all"),
    ),
    key=("cluster", "place"),
)
_USES = Schema(
    "member_uses",
    (
        _CLUSTER,
        Column("trait", "VARCHAR", "the attribute's name"),
        Column("value", "VARCHAR", "its value"),
        Column("account", "VARCHAR", "who had it"),
        Column("sitting", "BIGINT", "1 in a sitting, 0 at other times"),
    ),
    key=("cluster", "trait", "value", "account", "sitting"),
)


def check(known: Known) -> Table | None:
    """Whether what each cluster shares happens in a few sittings in one place (`CHECKED`).

    A sitting is a run of hours in each of which three members and a quarter of them act on one
    thing. `measured` is how many sittings hold nine tenths of such acts; `usual` is the number of
    days in the extract. It applies in full where there are no more sittings than a third of the
    days, 70 % of the members have one value of a trait there, and half of those another value at
    other times. Clusters that meet while no trait is known are left out; None where the extract
    carries no traits.
    """
    if not known.traits:
        return None
    sittings = _sittings(known)
    uses = _uses(known, sittings)
    found = known.engine.sql(
        """
        with few as (
            select cluster, count(*) as sittings from {sittings}
            where before < 0.9 * total group by cluster
        ),
        span as (
            select cast(floor(max(acted_at) / 86400000.0) as bigint)
                   - cast(floor(min(acted_at) / 86400000.0) as bigint) + 1 as days
            from {interactions}
        ),
        sizes as (select cluster, count(*) as accounts from {members} group by cluster),
        held as (
            select cluster, trait, value, count(distinct account) as present
            from {uses} where sitting = 1 group by cluster, trait, value
        ),
        places as (
            select * from (
                select *, row_number() over (
                    partition by cluster order by present desc, trait, value) as place
                from held
            ) where place = 1
        ),
        wandering as (
            select p.cluster, count(distinct u.account) as wanderers
            from places p
            join {uses} i on i.cluster = p.cluster and i.trait = p.trait
                         and i.value = p.value and i.sitting = 1
            join {uses} u on u.cluster = p.cluster and u.trait = p.trait
                         and u.account = i.account and u.sitting = 0
            where u.value <> p.value
            group by p.cluster
        ),
        judged as (
            select f.cluster, f.sittings, s.days, z.accounts, p.trait, p.present,
                   coalesce(w.wanderers, 0) as wanderers,
                   greatest(least((s.days / 2.0 - f.sittings)
                                  / greatest(s.days / 6.0, 0.5), 1.0), 0.0)
                   * greatest(least((p.present / cast(z.accounts as double) - 0.5) / 0.2,
                                    1.0), 0.0)
                   * greatest(least((coalesce(w.wanderers, 0) / cast(p.present as double) - 0.25)
                                    / 0.25, 1.0), 0.0) as degree
            from few f
            join sizes z on z.cluster = f.cluster
            join places p on p.cluster = f.cluster
            left join wandering w on w.cluster = f.cluster
            cross join span s
        )
        select cluster, sittings as measured, days as usual, degree,
               'nine tenths of what they share happened in ' || cast(sittings as varchar)
                   || case when sittings = 1 then ' sitting in ' else ' sittings in ' end
                   || cast(days as varchar) || ' days; '
                   || cast(present as varchar) || ' of ' || cast(accounts as varchar)
                   || ' members had one ' || trait || ' there, and '
                   || cast(wanderers as varchar) || ' of those another at other times' as says
        from judged
        union all
        select cluster, 0 as measured, days as usual, 0.0 as degree,
               'there is no hour in which a quarter of them act on one thing' as says
        from sizes cross join span
        where cluster not in (select cluster from few)
        """,
        CHECKED,
        sittings=sittings,
        uses=uses,
        interactions=known.interactions,
        members=known.clustering.members,
    )
    for done in (sittings, uses):
        known.engine.drop(done)
    return found


def _sittings(known: Known) -> Table:
    """Runs of hours in which three members and a quarter of them act on one thing (`_SITTINGS`)."""
    return known.engine.sql(
        f"""
        with sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        acts as (
            select m.cluster, i.account, i.action, i.object_kind, i.object,
                   cast(floor(i.acted_at / 3600000.0) as bigint) as hour
            from {{interactions}} i join {{members}} m on m.account = i.account
            where i.object <> ''
        ),
        met as (
            select a.cluster, a.hour, count(*) as acts
            from acts a join sizes z on z.cluster = a.cluster
            group by a.cluster, a.hour, a.action, a.object_kind, a.object, z.accounts
            having count(distinct a.account) >= greatest(3, z.accounts / 4.0)
        ),
        hours as (
            select cluster, hour, sum(acts) as acts from met group by cluster, hour
        ),
        {NUMBERED},
        runs as (
            select cluster, number, min(hour) as begins, max(hour) as ends, sum(acts) as acts
            from numbered group by cluster, number
        ),
        ranked as (
            select *, row_number() over (partition by cluster order by acts desc, begins) as place
            from runs
        )
        select cluster, place, begins, ends, acts,
               sum(acts) over (partition by cluster order by place) - acts as before,
               sum(acts) over (partition by cluster) as total
        from ranked
        """,
        _SITTINGS,
        interactions=known.interactions,
        members=known.clustering.members,
    )


def _uses(known: Known, sittings: Table) -> Table:
    """Which values members carried in sittings (or in the hour before one) and at other times.

    A value that ten times as many accounts have as the cluster has members is no place of theirs.
    """
    uses = " union all ".join(
        f"""
        select m.cluster, $trait{place} as trait, cast(i.{_quoted(name)} as varchar) as value,
               i.account, cast(floor(i.acted_at / 3600000.0) as bigint) as hour
        from {{interactions}} i join {{members}} m on m.account = i.account
        where trim(i.{_quoted(name)}) <> ''
        """
        for place, name in enumerate(known.traits)
    )
    crowds = " union all ".join(
        f"""
        select $trait{place} as trait, cast(i.{_quoted(name)} as varchar) as value,
               count(distinct i.account) as accounts
        from {{interactions}} i where trim(i.{_quoted(name)}) <> '' group by i.{_quoted(name)}
        """
        for place, name in enumerate(known.traits)
    )
    return known.engine.sql(
        f"""
        with uses as ({uses}),
        crowds as ({crowds}),
        sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        kept as (select * from {{sittings}} where before < 0.9 * total)
        select u.cluster, u.trait, u.value, u.account,
               case when s.cluster is null then 0 else 1 end as sitting
        from uses u
        join sizes z on z.cluster = u.cluster
        join crowds c on c.trait = u.trait and c.value = u.value
        left join kept s on s.cluster = u.cluster and u.hour between s.begins - 1 and s.ends
        where c.accounts <= 10 * z.accounts
        group by u.cluster, u.trait, u.value, u.account,
                 case when s.cluster is null then 0 else 1 end
        """,
        _USES,
        {f"trait{place}": name for place, name in enumerate(known.traits)},
        interactions=known.carried or known.interactions,
        members=known.clustering.members,
        sittings=sittings,
    )


def _quoted(column: str) -> str:
    """A column's name cannot be a parameter, so it is quoted."""
    return '"' + column.replace('"', '""') + '"'


SITTINGS = Explanation(
    name="sittings",
    says="a class, a workshop or an office: one place, a few sittings, other places otherwise",
    check=check,
    needs="shared acts, and a carried trait such as `ip` that is known while they happen",
    sufficient_for=("time-object", "traits", "social"),
)
