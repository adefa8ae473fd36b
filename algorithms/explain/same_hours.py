"""`same-hours`: a few people who were there at the same time once, and saw what was new then.

Whoever opens a feed in one minute is shown the same things. On a large platform some few do so
together, like and answer five of them within minutes of one another, and never meet again: of all
evenings and all groups as small, some look as if they had been sent. One of them may have been
there with others on another evening.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from algorithms.explain.arrivals import TICK
from algorithms.explain.degrees import within_one
from algorithms.explain.hours import NUMBERED
from algorithms.explain.schema import CHECKED, Explanation, Facts, Known, checked_each
from graph.schema import Column, Schema
from graph.table import Table

_HOUR_MS = 3_600_000
_MANY = 8
"""Of all evenings and all groups, chance brings four together somewhere, and not so many."""
_FACTS = Schema(
    "same_hours_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("accounts", "BIGINT", "its members"),
        Column("things", "BIGINT", "what they share"),
        Column("others", "DOUBLE", "median over things of other accounts there, for each member"),
        Column("met", "BIGINT", "things that two members came to, ever, summed over pairs"),
        Column("most", "BIGINT", "of them, those on which they met in the pair's run of most"),
        Column("sittings", "BIGINT", "runs of hours in which two members met"),
        Column("there", "BIGINT", "everything that members do in the hours of those runs"),
        Column("all_acts", "BIGINT", "everything that members do"),
        Column("tick", "BIGINT", "the step of the clock of what they do, ms"),
    ),
    key=("cluster",),
)


def check(known: Known) -> Table:
    """Whether members met once, each two of them, on what others came to too (`CHECKED`).

    Two members meet on a thing where both act on it in one run of consecutive hours in which any
    member acts on what they share. Four factors are multiplied:

    - *Once.* On more than eight tenths of the things that two came to, whenever, they met, and in
      the one run in which they met on most (in full from nine tenths): no two of them came to the
      same again. One who was there on two evenings with different others is no exception.
    - *They are few.* Up to five members in full, not at all from eight.
    - *Others came, too*, to what they share: more than half an account for each member there, at
      the median thing (in full from one).
    - *They live.* More than four tenths of all that they do falls in other hours than those of
      the runs in which they met (in full from six).

    `measured` is that share of what pairs came to, `usual` one over the number of those runs.
    Clusters in which no two met are left out, those of eight members and more, and those whose
    times are no finer than an hour: whatever is done on one day is then done in one hour.
    """
    facts = known.engine.sql(
        f"""
        with sizes as (
            select cluster, count(*) as accounts from {{members}}
            group by cluster having count(*) < $many
        ),
        few as (
            select m.cluster, m.account from {{members}} m join sizes z on z.cluster = m.cluster
        ),
        things as (
            select o.cluster, object_kind, object,
                   (max(population) - max(members))
                       / cast(greatest(max(members), 1) as double) as others
            from {{objects}} o join sizes z on z.cluster = o.cluster
            where object <> '' group by o.cluster, object_kind, object
        ),
        publics as (
            select cluster, count(*) as things, median(others) as others
            from things group by cluster
        ),
        acts as (
            select m.cluster, i.account, i.acted_at as arrived_at, t.object_kind, t.object,
                   cast(floor(i.acted_at / 3600000.0) as bigint) as hour,
                   case when t.object is null then 0 else 1 end as shared
            from {{interactions}} i
            join few m on m.account = i.account
            left join things t on t.cluster = m.cluster and t.object_kind = i.object_kind
                              and t.object = i.object
        ),
        clocks as (select cluster, {TICK} as tick from acts group by cluster),
        hours as (
            select cluster, hour, sum(shared) as acts
            from acts where shared = 1 group by cluster, hour
        ),
        {NUMBERED},
        came as (
            select distinct a.cluster, n.number, a.object_kind, a.object, a.account
            from acts a join numbered n on n.cluster = a.cluster and n.hour = a.hour
            where a.shared = 1
        ),
        meetings as (
            select a.cluster, a.number, a.account as one, b.account as other, count(*) as met
            from came a
            join came b on b.cluster = a.cluster and b.number = a.number
                       and b.object_kind = a.object_kind and b.object = a.object
                       and b.account > a.account
            group by a.cluster, a.number, a.account, b.account
        ),
        pairs as (
            select cluster, one, other, max(met) as most
            from meetings group by cluster, one, other
        ),
        ever as (
            select a.cluster, a.account as one, b.account as other, count(*) as things
            from (select distinct cluster, object_kind, object, account from came) a
            join (select distinct cluster, object_kind, object, account from came) b
              on b.cluster = a.cluster and b.object_kind = a.object_kind
             and b.object = a.object and b.account > a.account
            group by a.cluster, a.account, b.account
        ),
        told as (
            select e.cluster, sum(e.things) as met, sum(coalesce(p.most, 0)) as most
            from ever e
            left join pairs p
              on p.cluster = e.cluster and p.one = e.one and p.other = e.other
            group by e.cluster
        ),
        runs as (
            select n.cluster, n.number, min(n.hour) as begins, max(n.hour) as ends
            from numbered n
            join (select distinct cluster, number from meetings) m
              on m.cluster = n.cluster and m.number = n.number
            group by n.cluster, n.number
        ),
        sittings as (select cluster, count(*) as sittings from runs group by cluster),
        busy as (
            select a.cluster, count(*) as all_acts,
                   sum(case when r.number is null then 0 else 1 end) as there
            from acts a
            left join runs r on r.cluster = a.cluster and a.hour between r.begins and r.ends
            group by a.cluster
        )
        select z.cluster, z.accounts, p.things, p.others, t.met, t.most, s.sittings,
               b.there, b.all_acts, c.tick
        from told t
        join sizes z on z.cluster = t.cluster
        join publics p on p.cluster = t.cluster
        join sittings s on s.cluster = t.cluster
        join busy b on b.cluster = t.cluster
        join clocks c on c.cluster = t.cluster
        where c.tick < $hour
        """,
        _FACTS,
        {"hour": _HOUR_MS, "many": _MANY},
        objects=known.objects,
        interactions=known.interactions,
        members=known.clustering.members,
    )
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    known.engine.drop(facts)
    return checked


def _row(facts: Facts) -> dict[str, Any]:
    met, most, sittings = int(facts["met"]), int(facts["most"]), int(facts["sittings"])
    others, share = float(facts["others"]), round(most / met, 9)
    once = within_one((share - 0.8) / 0.1)
    few = within_one((_MANY - int(facts["accounts"])) / 3)
    public = within_one((others - 0.5) / 0.5)
    elsewhen = 1 - int(facts["there"]) / int(facts["all_acts"])
    living = within_one((elsewhen - 0.4) / 0.2)
    runs = "one run of hours" if sittings == 1 else f"{sittings:,} runs of hours"
    return {
        "cluster": facts["cluster"],
        "measured": share,
        "usual": round(1 / sittings, 9),
        "degree": once * few * public * living,
        "says": f"they met in {runs} on what they share ({facts['things']:,} things,"
        f" {others:.1f} others there for each member), {100 * share:.0f} % of what two came to in"
        f" one run of theirs; {100 * elsewhen:.0f} % of all that they do falls in other hours",
    }


SAME_HOURS = Explanation(
    name="same-hours",
    says="a few people who were there at the same time once, and saw what was new then",
    check=check,
    needs="fewer than eight members, two of whom met on an object, and times finer than an hour",
    sufficient_for=("time-object",),
)
