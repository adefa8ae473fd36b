"""Clusters that leak, looked at from further away: a loose ring is one there, and closed."""

from __future__ import annotations

from collections.abc import Sequence

from algorithms.leiden import leiden
from algorithms.quality import conductance
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, EDGES
from graph.table import Table

_OPEN = Schema(
    "open_accounts",
    (Column("account", "VARCHAR", "of a cluster that leaks"),),
    key=("account",),
)


def widened(
    whole: Clustering,
    edges: Table,
    *,
    resolutions: Sequence[float],
    most_conductance: float,
    least_accounts: int,
    seed: int,
) -> Clustering:
    """The division with clusters that leak put together, where together they are closed.

    One price a pair (CPM's resolution) tears a ring whose members meet seldom into many pieces
    that lead to one another, none to one larger piece. Accounts of clusters that leak more than
    `most_conductance` are divided again at each lower price, and what is closed then is one
    cluster; all others stay as they were. A wide tissue of chance pairs leaks at every price.

    Args:
        whole: a division of the graph that `edges` make, lone accounts among its clusters.
        edges: `EDGES`, weights of at least 0; layers add up.
        resolutions: lower prices, the highest first; none, and nothing is done.
        most_conductance: the largest share of a cluster's weight that leads out of one that is
            closed.
        least_accounts: smaller groups are not made.
        seed: of the random search.
    """
    engine = edges.engine
    graph = InteractionGraph(edges)
    members = whole.members
    for resolution in resolutions:
        leaky = engine.sql(
            """
            select m.account from {members} m join {cut} c on c.cluster = m.cluster
            where c.conductance > $most
            """,
            _OPEN,
            {"most": most_conductance},
            members=members,
            cut=conductance(graph, Clustering(members, method=whole.method)),
        )
        between = engine.sql(
            """
            select * from {edges}
            where src in (select account from {leaky}) and dst in (select account from {leaky})
            """,
            EDGES,
            edges=edges,
            leaky=leaky,
        )
        if not between.count():
            break
        found = leiden(InteractionGraph(between), resolution=resolution, seed=seed)
        proposed = engine.sql(_PROPOSED, CLUSTERING, members=members, found=found.members)
        members = engine.sql(
            _CLOSED,
            CLUSTERING,
            {"most": most_conductance, "accounts": least_accounts},
            members=members,
            found=found.members,
            cut=conductance(graph, Clustering(proposed, method=whole.method)),
        )
    return Clustering(members, method=whole.method, bounds=whole.bounds)


# Who is open and joined to nobody open is alone: each name is one of its own members'.
_PROPOSED = """
with apart as (
    select account, cluster from {found}
    union all
    select account, cluster from {members} where account not in (select account from {found})
),
named as (
    select account, cluster || ' ' || case when account in (select account from {found})
           then 'found' else 'kept' end as cluster
    from apart
),
names as (select cluster, min(account) as name from named group by cluster)
select a.account, n.name as cluster from named a join names n on n.cluster = a.cluster
"""
_CLOSED = """
with names as (select cluster, min(account) as name from {found} group by cluster),
sizes as (select cluster, count(*) as accounts from {found} group by cluster),
closed as (
    select n.cluster from names n
    join sizes s on s.cluster = n.cluster
    join {cut} c on c.cluster = n.name
    where c.conductance <= $most and s.accounts >= $accounts
),
moved as (
    select m.account,
           case when f.cluster is null then 'kept ' || m.cluster else 'found ' || f.cluster end
               as cluster
    from {members} m
    left join {found} f
      on f.account = m.account and f.cluster in (select cluster from closed)
),
named as (select cluster, min(account) as name from moved group by cluster)
select m.account, n.name as cluster from moved m join named n on n.cluster = m.cluster
"""
