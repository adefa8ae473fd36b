"""`super-users`: the most active accounts, who meet everywhere because they are everywhere."""

from __future__ import annotations

from algorithms.explain.schema import CHECKED, Explanation, Known
from graph.table import Table


def check(known: Known) -> Table:
    """How many of a cluster's members are among the most active hundredth (`CHECKED`).

    It applies where more than half are, in full where all are. The null model knows each
    account's activity, so it is context.
    """
    return known.engine.sql(
        """
        with activity as (
            select account, count(*) as acts from {interactions} group by account
        ),
        levels as (select acts, count(*) as accounts from activity group by acts),
        ranked as (
            select acts, sum(accounts) over (order by acts desc)
                         / cast(sum(accounts) over () as double) as part
            from levels
        ),
        summed as (
            select m.cluster, count(*) as accounts,
                   sum(case when r.part <= 0.01 then 1 else 0 end) as active
            from {members} m
            join activity a on a.account = m.account
            join ranked r on r.acts = a.acts
            group by m.cluster
        )
        select cluster, active / cast(accounts as double) as measured, 0.01 as usual,
               greatest(least((active / cast(accounts as double) - 0.5) / 0.5, 1.0), 0.0)
                   as degree,
               cast(active as varchar) || ' of ' || cast(accounts as varchar)
                   || ' members are among the most active hundredth of all accounts' as says
        from summed
        """,
        CHECKED,
        interactions=known.interactions,
        members=known.clustering.members,
    )


SUPER_USERS = Explanation(
    name="super-users",
    says="the most active accounts, who meet one another wherever they go",
    check=check,
    needs="interactions of its members",
)
