"""Pieces of clusters: whose weight leads mostly into one larger cluster goes back into it."""

from __future__ import annotations

from graph.model import Clustering
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING
from graph.table import Table

_MOST_ROUNDS = 8


def united(
    whole: Clustering,
    edges: Table,
    *,
    least_share: float,
    least_partners: int,
    least_accounts: int,
) -> Clustering:
    """The division with each piece put back into the cluster that it leads to.

    A division at one price tears a loose group: members who came to few of its meetings pay less
    than the price to the whole and hold together in twos and fives. Such a piece is told by where
    its weight leads: `least_share` or more of all edge weight at its accounts into one larger
    cluster. A group that leads anywhere else, or nowhere, is left alone. Pieces of pieces follow
    in further rounds. Clusters of equal size are ordered by name, so that one of two leads.

    Args:
        whole: a division of the graph that `edges` make, lone accounts among its clusters.
        edges: `EDGES`, weights of at least 0; layers add up.
        least_share: of the weight at a piece (its inner edges counted at both ends), above 0.
        least_partners: distinct members of the larger cluster that the piece must be joined to.
        least_accounts: smaller clusters gain nobody.
    """
    engine = edges.engine
    members = whole.members
    for _ in range(_MOST_ROUNDS):
        leads = engine.sql(
            _LEADS,
            _LEAD,
            {"share": least_share, "partners": least_partners, "accounts": least_accounts},
            members=members,
            edges=edges,
        )
        if not leads.count():
            break
        members = engine.sql(_FOLLOWED, CLUSTERING, members=members, leads=leads)
    return Clustering(members, method=whole.method, bounds=whole.bounds)


_LEAD = Schema(
    "leads",
    (
        Column("cluster", "VARCHAR", "the piece"),
        Column("target", "VARCHAR", "the cluster that it goes to"),
    ),
    key=("cluster",),
)
_LEADS = """
with ends as (
    select src as account, dst as partner, weight from {edges}
    union all select dst, src, weight from {edges}
),
sizes as (select cluster, count(*) as accounts from {members} group by cluster),
led as (
    select a.cluster, b.cluster as other, count(distinct e.partner) as partners,
           cast(sum(cast(e.weight as decimal(38, 15))) as decimal(38, 15)) as weight
    from ends e
    join {members} a on a.account = e.account
    join {members} b on b.account = e.partner
    group by a.cluster, b.cluster
),
totals as (select cluster, sum(weight) as weight from led group by cluster),
best as (
    select l.cluster, l.other,
           row_number() over (partition by l.cluster order by l.weight desc, l.other) as place
    from led l
    join totals t on t.cluster = l.cluster
    join sizes a on a.cluster = l.cluster
    join sizes b on b.cluster = l.other
    where l.weight >= $share * t.weight and t.weight > 0 and l.partners >= $partners
      and b.accounts >= $accounts
      and (b.accounts > a.accounts or (b.accounts = a.accounts and l.other < l.cluster))
)
select cluster, other as target from best
where place = 1 and other not in (select cluster from best)
"""
_FOLLOWED = """
with moved as (
    select m.account, coalesce(l.target, m.cluster) as cluster
    from {members} m left join {leads} l on l.cluster = m.cluster
),
names as (select cluster, min(account) as name from moved group by cluster)
select m.account, n.name as cluster from moved m join names n on n.cluster = m.cluster
"""
