"""`same-hours`: a few people who were there at the same time once, and saw what was new then.

Whoever opens a feed in one minute is shown the same things. On a large platform some few do so
together, like and answer five of them within minutes of one another, and never meet again: of all
evenings and all groups as small, some look as if they had been sent.
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
_FACTS = Schema(
    "same_hours_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("accounts", "BIGINT", "its members"),
        Column("things", "BIGINT", "what they share"),
        Column("others", "DOUBLE", "median over things of other accounts there, for each member"),
        Column("acts", "BIGINT", "the members' acts on what they share"),
        Column("sittings", "BIGINT", "runs of hours in which those acts fall"),
        Column("most", "BIGINT", "of them, acts in the run of most"),
        Column("there", "BIGINT", "everything that members do in the hours of that run"),
        Column("all_acts", "BIGINT", "everything that members do"),
        Column("tick", "BIGINT", "the step of the clock of what they do, ms"),
    ),
    key=("cluster",),
)


def check(known: Known) -> Table:
    """Whether a few members met in one run of hours alone, on what others came to too (`CHECKED`).

    Four factors are multiplied:

    - *Once.* More than eight tenths of the members' acts on what they share fall in one run of
      consecutive hours (in full from nine tenths).
    - *They are few.* Up to six members in full, not at all from ten: chance brings four together
      somewhere, and not ten.
    - *Others came, too*, to what they share: more than half an account for each member there, at
      the median thing (in full from one).
    - *They live.* More than four tenths of all that they do falls in other hours (in full from
      six).

    `measured` is the share of those acts in the run of most, `usual` one over the number of runs.
    Clusters that share no object are left out, and those whose times are no finer than an hour:
    whatever is done on one day is then done in one hour.
    """
    facts = known.engine.sql(
        f"""
        with sizes as (select cluster, count(*) as accounts from {{members}} group by cluster),
        things as (
            select cluster, object_kind, object,
                   (max(population) - max(members))
                       / cast(greatest(max(members), 1) as double) as others
            from {{objects}} where object <> '' group by cluster, object_kind, object
        ),
        publics as (
            select cluster, count(*) as things, median(others) as others
            from things group by cluster
        ),
        acts as (
            select m.cluster, i.acted_at as arrived_at,
                   cast(floor(i.acted_at / 3600000.0) as bigint) as hour,
                   case when t.object is null then 0 else 1 end as shared
            from {{interactions}} i
            join {{members}} m on m.account = i.account
            left join things t on t.cluster = m.cluster and t.object_kind = i.object_kind
                              and t.object = i.object
        ),
        clocks as (select cluster, {TICK} as tick from acts group by cluster),
        hours as (
            select cluster, hour, sum(shared) as acts
            from acts where shared = 1 group by cluster, hour
        ),
        {NUMBERED},
        runs as (
            select cluster, number, min(hour) as begins, max(hour) as ends, sum(acts) as acts
            from numbered group by cluster, number
        ),
        ranked as (
            select *, row_number() over (partition by cluster order by acts desc, begins) as place,
                   count(*) over (partition by cluster) as sittings,
                   sum(acts) over (partition by cluster) as total
            from runs
        ),
        busy as (
            select a.cluster, count(*) as all_acts,
                   sum(case when a.hour between r.begins and r.ends then 1 else 0 end) as there
            from acts a join ranked r on r.cluster = a.cluster and r.place = 1
            group by a.cluster
        )
        select z.cluster, z.accounts, p.things, p.others, r.total as acts, r.sittings,
               r.acts as most, b.there, b.all_acts, c.tick
        from ranked r
        join sizes z on z.cluster = r.cluster
        join publics p on p.cluster = r.cluster
        join busy b on b.cluster = r.cluster
        join clocks c on c.cluster = r.cluster
        where r.place = 1 and c.tick < $hour
        """,
        _FACTS,
        {"hour": _HOUR_MS},
        objects=known.objects,
        interactions=known.interactions,
        members=known.clustering.members,
    )
    checked = known.engine.each(facts, partial(checked_each, _row), CHECKED)
    known.engine.drop(facts)
    return checked


def _row(facts: Facts) -> dict[str, Any]:
    acts, most, sittings = int(facts["acts"]), int(facts["most"]), int(facts["sittings"])
    others, share = float(facts["others"]), round(most / acts, 9)
    once = within_one((share - 0.8) / 0.1)
    few = within_one((10 - int(facts["accounts"])) / 4)
    public = within_one((others - 0.5) / 0.5)
    elsewhen = 1 - int(facts["there"]) / int(facts["all_acts"])
    living = within_one((elsewhen - 0.4) / 0.2)
    runs = "one run of hours" if sittings == 1 else f"{sittings:,} runs of hours"
    return {
        "cluster": facts["cluster"],
        "measured": share,
        "usual": round(1 / sittings, 9),
        "degree": once * few * public * living,
        "says": f"what they share ({facts['things']:,} things, {others:.1f} others there for each"
        f" member) they did in {runs}, {100 * share:.0f} % of it in the one of most;"
        f" {100 * elsewhen:.0f} % of all that they do falls in other hours",
    }


SAME_HOURS = Explanation(
    name="same-hours",
    says="a few people who were there at the same time once, and saw what was new then",
    check=check,
    needs="objects that they share, and times finer than an hour",
    sufficient_for=("time-object",),
)
