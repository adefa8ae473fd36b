"""Who does what in a cluster: core, peripheral, or a bridge to others."""

from __future__ import annotations

from algorithms.pagerank import pagerank
from graph.model import Clustering, InteractionGraph
from graph.schemas import MEMBERS
from graph.table import Table


def member_roles(
    graph: InteractionGraph,
    clustering: Clustering,
    inner: Table,
    acts: Table,
    accounts: Table,
    platforms: Table,
) -> Table:
    """Each member's part in its cluster (`MEMBERS`).

    A **bridge** has at least as much edge weight to accounts outside the cluster as inside it. A
    **core** member has at least its even share of the cluster's PageRank (1 / members, less a
    tenth). The others are **peripheral**. Shares are given to twelve places and weights to
    nine, where every engine writes the same number.

    Args:
        graph: the coordination graph.
        clustering: the clusters.
        inner: its edges inside clusters.
        acts: `MEMBER_INTERACTIONS`.
        accounts: `ACCOUNTS`, possibly empty.
        platforms: one row an account with `platform`.
    """
    return inner.engine.sql(
        """
        with ends as (
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
        ),
        shares as (
            select account, sum(case when joint then 1 else 0 end) / count(*) as joint_share
            from {acts} group by account
        ),
        -- Clusters are connected and unjoined here, so the PageRank of all of them at once is
        -- each cluster's own PageRank times its share of the accounts.
        ranked as (
            select m.cluster, m.account, r.score,
                   sum(cast(r.score as decimal(38, 15))) over (partition by m.cluster) as mass,
                   count(*) over (partition by m.cluster) as accounts
            from {members} m join {ranks} r on r.account = m.account
        )
        select m.cluster, m.account,
               case when coalesce(t.outside, 0) > 0 and t.outside >= t.inside then 'bridge'
                    when m.score / m.mass >= 0.9 / m.accounts then 'core'
                    else 'peripheral' end as role,
               round(m.score / m.mass, 12) as pagerank, coalesce(t.partners, 0) as partners,
               round(cast(coalesce(t.inside, 0) as double), 9) as strength,
               round(cast(coalesce(t.outside, 0) as double), 9) as outside,
               h.joint_share, a.created_at, a.name,
               coalesce(a.platform, p.platform) as platform
        from ranked m
        left join ties t on t.account = m.account
        left join shares h on h.account = m.account
        left join {accounts} a on a.account = m.account
        left join {platforms} p on p.account = m.account
        """,
        MEMBERS,
        edges=graph.edges,
        members=clustering.members,
        ranks=pagerank(InteractionGraph(inner)).scores,
        acts=acts,
        accounts=accounts,
        platforms=platforms,
    )
