"""What becomes of a run's clusters on days that did not choose them.

`jobs.day_groups` finds groups on every second day and tests each on the days between. A group
stands for the cluster with which it shares most members. The cluster's e-value is a bet that was
open to every group alike: each half of the days stakes one half, and of that an equal part on each
of its groups. So whichever cluster is picked afterwards, chance brings one of the run to an
e-value of N at most once in N runs.
"""

from __future__ import annotations

from graph.model import Clustering
from graph.rounding import rounded
from graph.schema import Column, Schema
from graph.schemas import E_VALUE, EVIDENCE, LEAST_SHARED
from graph.table import Table

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
        Column("log10_e", "DOUBLE", "log10 of both halves' e-value, all groups paid for"),
        Column("accounts", "BIGINT", "members found on the half"),
    ),
    key=("cluster",),
)


def other_days(clustering: Clustering, groups: Table) -> Table:
    """How each cluster does on days that did not choose it (`OTHER_DAYS`).

    A group that one half of the days shows stands for the cluster with which it shares most
    members, if these are three or more and half of the group. Clusters that no half shows have no
    row. Meetings and p-value are those of the better half, both paid for; the e-value is of both.

    Args:
        clustering: the clusters of the whole extract.
        groups: `DAY_GROUPS` of the extract.
    """
    return groups.engine.sql(
        f"""
        with shared as (
            select m.cluster, g.days, g.found, min(g.accounts) as accounts, count(*) as in_common
            from {{members}} m join {{groups}} g on g.account = m.account
            group by m.cluster, g.days, g.found
        ),
        ranked as (
            select *, row_number() over (
                partition by cluster, days order by in_common desc, found) as place
            from shared where in_common >= $least and 2 * in_common >= accounts
        ),
        tested as (
            select distinct days, found, meeting_size, meetings, expected, log10_p, log10_e
            from {{groups}}
        ),
        tried as (select days, count(*) as groups from tested group by days),
        halves as (
            select r.cluster, r.days, r.accounts, t.meeting_size, t.meetings, t.expected, t.log10_p,
                   t.log10_e - log10(2.0 * a.groups) as stake,
                   row_number() over (partition by r.cluster order by t.log10_p, r.days) as best
            from ranked r
            join tested t on t.days = r.days and t.found = r.found
            join tried a on a.days = r.days
            where r.place = 1
        ),
        stakes as (
            select cluster, max(stake) as more, min(stake) as less, count(*) as halves
            from halves group by cluster
        )
        select {OTHER_DAYS.selecting(**_OF_BOTH)}
        from halves join stakes using (cluster)
        where best = 1
        """,
        OTHER_DAYS,
        {"least": LEAST_SHARED},
        members=clustering.members,
        groups=groups,
    )


def with_other_days(evidence: Table, tried: Table) -> Table:
    """The evidence with rows `other-days` and `e-value` for clusters that a half of the days shows.

    Args:
        evidence: `EVIDENCE`.
        tried: `OTHER_DAYS`.
    """
    rows = "".join(
        f"""
        union all
        select cluster, '{name}' as name, 'context' as kind, {rounded(value, 9)} as value,
               cast(null as double) as usual, '{unit}' as unit, 0.0 as part,
               cast(null as double) as degree, cast(null as double) as log_odds,
               cast(null as double) as without, {says} as says
        from {{tried}}
        """
        for name, value, unit, says in _TOLD
    )
    return evidence.engine.sql(
        f"select {EVIDENCE.selecting()} from {{evidence}} {rows}",
        EVIDENCE,
        evidence=evidence,
        tried=tried,
    )


# The sum of two powers of ten by their logarithms, of which the greater may be past any double.
_OF_BOTH = {
    "log10_p": "least(log10_p + log10(2.0), 0.0)",
    "log10_e": """case when halves = 1 then more
                       else more + log10(1.0 + power(10.0, less - more)) end""",
}
_TOLD = (
    (
        "other-days",
        "log10_p",
        "log10 p",
        """cast(accounts as varchar) || ' of it were found on every second day; on the days'
           || ' between, ' || cast(meeting_size as varchar) || ' of these met '
           || cast(meetings as varchar) || ' times, where chance would give '
           || cast(cast(expected as decimal(18, 2)) as varchar)""",
    ),
    (
        E_VALUE,
        "log10_e",
        "log10 e",
        """'on days that did not choose it, all groups of them paid for, chance would bring a'
           || ' cluster of a run so far at most once in 10^'
           || cast(cast(greatest(log10_e, 0.0) as decimal(18, 1)) as varchar) || ' runs'""",
    ),
)
