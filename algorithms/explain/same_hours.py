"""`same-hours`: a few people who were there at the same time once, and saw what was new then.

Whoever opens a feed in one minute is shown the same things. On a large platform some few do so
together, like and answer five of them within minutes of one another, and never meet again: of all
evenings and all groups as small, some look as if they had been sent.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from algorithms.explain.degrees import within_one
from algorithms.explain.hours import NUMBERED
from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.schema import Column, Schema
from graph.table import Table

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
        Column("all_acts", "BIGINT", "everything that members do"),
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
    - *They live.* More than four tenths of what they do is on other things (in full from six).

    `measured` is the share of those acts in the run of most, `usual` one over the number of runs.
    Clusters that share no object are left out.
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
        busy as (
            select m.cluster, count(*) as all_acts
            from {{interactions}} i join {{members}} m on m.account = i.account
            group by m.cluster
        ),
        hours as (
            select m.cluster, cast(floor(i.acted_at / 3600000.0) as bigint) as hour,
                   count(*) as acts
            from {{interactions}} i
            join {{members}} m on m.account = i.account
            join things t on t.cluster = m.cluster and t.object_kind = i.object_kind
                         and t.object = i.object
            group by m.cluster, cast(floor(i.acted_at / 3600000.0) as bigint)
        ),
        {NUMBERED},
        runs as (
            select cluster, number, sum(acts) as acts from numbered group by cluster, number
        ),
        met as (
            select cluster, sum(acts) as acts, count(*) as sittings, max(acts) as most
            from runs group by cluster
        )
        select z.cluster, z.accounts, p.things, p.others, m.acts, m.sittings, m.most, b.all_acts
        from met m
        join sizes z on z.cluster = m.cluster
        join publics p on p.cluster = m.cluster
        join busy b on b.cluster = m.cluster
        """,
        _FACTS,
        objects=known.objects,
        interactions=known.interactions,
        members=known.clustering.members,
    )
    checked = known.engine.each(facts, _checked, CHECKED)
    known.engine.drop(facts)
    return checked


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    rows = [_row(facts) for facts in batch.to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=CHECKED.arrow)


def _row(facts: dict[str, Any]) -> dict[str, Any]:
    acts, most, sittings = int(facts["acts"]), int(facts["most"]), int(facts["sittings"])
    others, share = float(facts["others"]), round(most / acts, 9)
    once = within_one((share - 0.8) / 0.1)
    few = within_one((10 - int(facts["accounts"])) / 4)
    public = within_one((others - 0.5) / 0.5)
    living = within_one((1 - acts / int(facts["all_acts"]) - 0.4) / 0.2)
    runs = "one run of hours" if sittings == 1 else f"{sittings:,} runs of hours"
    return {
        "cluster": facts["cluster"],
        "measured": share,
        "usual": round(1 / sittings, 9),
        "degree": once * few * public * living,
        "says": f"what they share ({facts['things']:,} things, {others:.1f} others there for each"
        f" member) they did in {runs}, {100 * share:.0f} % of it in the one of most; it is"
        f" {100 * acts / int(facts['all_acts']):.0f} % of all that they do",
    }


SAME_HOURS = Explanation(
    name="same-hours",
    says="a few people who were there at the same time once, and saw what was new then",
    check=check,
    needs="objects that they share",
    sufficient_for=("time-object",),
)
