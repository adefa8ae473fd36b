"""Accounts that only weak edges join to a cluster, and to that cluster alone."""

from __future__ import annotations

from graph.model import Clustering
from graph.schemas import CLUSTERING
from graph.table import Table


def recruited(
    whole: Clustering,
    weak: Table,
    *,
    least_edges: int,
    least_share: float,
    least_accounts: int,
) -> Clustering:
    """The division with more members: who was refused edge by edge and leads to one cluster.

    A member of a ring that acts seldom has no pair that is called among all pairs of accounts. Yet
    where several of its refused pairs lead into one cluster, and most of their weight does, chance
    is a poor explanation: chance pairs lead anywhere. Clusters found by such accounts alone do not
    arise. A cluster that gains members is named anew, by its least account.

    Args:
        whole: a division of the graph of called edges.
        weak: refused edges (`EDGES`) with their weights.
        least_edges: distinct members that an account's weak edges must lead to.
        least_share: the share of its weak edges' weight that must lead there, above 0.
        least_accounts: smaller clusters gain nobody.
    """
    members = whole.members
    joined = members.engine.sql(
        """
        with ends as (
            select src as account, dst as partner, weight from {weak}
            union all select dst, src, weight from {weak}
        ),
        large as (
            select cluster from {members} group by cluster having count(*) >= $accounts
        ),
        pairs as (
            select e.account, e.partner, m.cluster,
                   cast(sum(cast(e.weight as decimal(38, 15))) as decimal(38, 15)) as weight
            from ends e
            left join {members} m
              on m.account = e.partner and m.cluster in (select cluster from large)
            where e.account not in (select account from {members})
            group by e.account, e.partner, m.cluster
        ),
        totals as (select account, sum(weight) as weight from pairs group by account),
        leads as (
            select account, cluster, count(*) as edges, sum(weight) as weight
            from pairs where cluster is not null group by account, cluster
        ),
        placed as (
            select l.account, l.cluster,
                   row_number() over (
                       partition by l.account order by l.weight desc, l.cluster
                   ) as place
            from leads l join totals t on t.account = l.account
            where l.edges >= $edges and l.weight >= $share * t.weight
        ),
        everybody as (
            select account, cluster from {members}
            union all
            select account, cluster from placed where place = 1
        ),
        names as (select cluster, min(account) as name from everybody group by cluster)
        select e.account, n.name as cluster
        from everybody e join names n on n.cluster = e.cluster
        """,
        CLUSTERING,
        {"edges": least_edges, "share": least_share, "accounts": least_accounts},
        members=members,
        weak=weak,
    )
    return Clustering(joined, method=whole.method, bounds=whole.bounds)
