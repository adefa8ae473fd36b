"""Who does what in a cluster, and how far each belongs to it."""

from __future__ import annotations

from algorithms.pagerank import pagerank
from graph.model import Clustering, InteractionGraph
from graph.schemas import MEMBERS
from graph.table import Table

_TIES = """
ends as (
    select src as account, dst as partner, cast(weight as decimal(38, 15)) as weight
    from {edges}
    union all
    select dst, src, cast(weight as decimal(38, 15)) from {edges}
),
ties as (
    select m.account,
           count(distinct case when p.cluster = m.cluster then e.partner end) as partners,
           coalesce(sum(case when p.cluster = m.cluster then e.weight end), 0) as inside,
           coalesce(sum(case when p.cluster is null or p.cluster <> m.cluster
                             then e.weight end), 0) as outside
    from {members} m
    join ends e on e.account = m.account
    left join {members} p on p.account = e.partner
    group by m.account
)
"""
"""How many partners a member has in its cluster, and how much weight inside and outside."""

_SHARES = """
shares as (
    select account, sum(case when joint then 1 else 0 end) / count(*) as joint_share
    from {acts} group by account
)
"""
"""How much of what an account does is joint."""

# Clusters are connected and unjoined here, so the PageRank of all of them at once is each
# cluster's own PageRank times its share of the accounts.
_RANKED = """
ranked as (
    select m.cluster, m.account, r.score,
           sum(cast(r.score as decimal(38, 15))) over (partition by m.cluster) as mass,
           count(*) over (partition by m.cluster) as accounts
    from {members} m join {ranks} r on r.account = m.account
)
"""
"""Each member's PageRank, beside its cluster's in all and its number of accounts."""

_BELONGING = """
tied as (
    select m.cluster, m.account, m.score, m.mass, m.accounts,
           coalesce(t.partners, 0) as partners,
           round(cast(coalesce(t.inside, 0) as double), 9) as strength,
           round(cast(coalesce(t.outside, 0) as double), 9) as outside,
           row_number() over (
               partition by m.cluster order by coalesce(t.inside, 0), m.account
           ) as place
    from ranked m left join ties t on t.account = m.account
),
medians as (
    select cluster, max(strength) as strength
    from tied where 2 * place <= accounts + 1 group by cluster
),
belonging as (
    select t.*,
           case when t.strength > 0
                then round(t.strength / (t.strength + t.outside)
                           * coalesce(
                               least(t.strength / nullif(m.strength, 0.0), 1.0), 1.0), 9)
                else 0.0 end as belongs
    from tied t join medians m on m.cluster = t.cluster
)
"""
"""How far each member belongs: its share of weight inside, against the median member's weight."""


def member_roles(
    graph: InteractionGraph,
    clustering: Clustering,
    inner: Table,
    acts: Table,
    accounts: Table,
    platforms: Table,
    *,
    least_belonging: float = 0.0,
) -> Table:
    """Each member's part in its cluster (`MEMBERS`).

    A member's **score** says how far it belongs: the share of its edge weight that stays inside,
    times its inner weight over the median member's (at most 1). Below `least_belonging` it is
    **weak**: shown, and counted with nobody's ring. A **bridge** has at least as much edge weight
    to accounts outside the cluster as inside it. A **core** member has at least its even share of
    the cluster's PageRank (1 / members, less a tenth). The others are **peripheral**. Shares are
    given to twelve places and weights to nine, where every engine writes the same number.

    Args:
        graph: the coordination graph.
        clustering: the clusters.
        inner: its edges inside clusters.
        acts: `MEMBER_INTERACTIONS`.
        accounts: `ACCOUNTS`, possibly empty.
        platforms: one row an account with `platform`.
        least_belonging: members with a lower score are weak, in [0, 1].
    """
    return inner.engine.sql(
        f"with {_TIES}, {_SHARES}, {_RANKED}, {_BELONGING}"
        """
        select m.cluster, m.account,
               case when m.belongs < $least then 'weak'
                    when m.outside > 0 and m.outside >= m.strength then 'bridge'
                    when m.score / m.mass >= 0.9 / m.accounts then 'core'
                    else 'peripheral' end as role,
               m.belongs as score,
               round(m.score / m.mass, 12) as pagerank, m.partners, m.strength, m.outside,
               h.joint_share, a.created_at, a.name,
               coalesce(a.platform, p.platform) as platform
        from belonging m
        left join shares h on h.account = m.account
        left join {accounts} a on a.account = m.account
        left join {platforms} p on p.account = m.account
        """,
        MEMBERS,
        {"least": least_belonging},
        edges=graph.edges,
        members=clustering.members,
        ranks=pagerank(InteractionGraph(inner)).scores,
        acts=acts,
        accounts=accounts,
        platforms=platforms,
    )
