"""Clusters that leak, looked at from further away: a loose ring is one there, and closed."""

from __future__ import annotations

from collections.abc import Sequence

from algorithms.leiden import leiden
from algorithms.quality import conductance
from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, EDGES
from graph.table import Table

_LOOKED_AT = Schema(
    "looked_at_again",
    (
        Column("account", "VARCHAR", "of a cluster that leaks, or nearly does"),
        Column("cluster", "VARCHAR", "its cluster"),
        Column("conductance", "DOUBLE", "the share of that cluster's weight that leads out"),
        Column("accounts", "BIGINT", "that cluster's accounts"),
    ),
    key=("account",),
)
_NEARLY = 0.5
"""A cluster that leaks more than this share of what a closed one may is looked at, too: the largest
piece of a torn ring is often just closed, and the others lead to it."""


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
    half of `most_conductance` are divided again at each lower price. A cluster that leaks less
    than `most_conductance` is closed, and moves as a whole, to where most of it goes. What is
    closed then is one cluster, if less of it leaks than of every closed one that it is made of,
    and if, where there is such a one, it unites two clusters of `least_accounts`. All others
    stay as they were. A wide tissue of chance pairs leaks at every price.

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
        cut = conductance(graph, Clustering(members, method=whole.method))
        open_ = engine.sql(
            _LOOK, _LOOKED_AT, {"least": most_conductance * _NEARLY}, members=members, cut=cut
        )
        between = engine.sql(
            """
            select * from {edges}
            where src in (select account from {open}) and dst in (select account from {open})
            """,
            EDGES,
            edges=edges,
            open=open_,
        )
        if not between.count():
            break
        found = leiden(InteractionGraph(between), resolution=resolution, seed=seed)
        proposed = engine.sql(
            _PROPOSED,
            CLUSTERING,
            {"most": most_conductance},
            members=members,
            open=open_,
            found=found.members,
        )
        members = engine.sql(
            _CLOSED,
            CLUSTERING,
            {"most": most_conductance, "accounts": least_accounts},
            members=members,
            open=open_,
            proposed=proposed,
            cut=conductance(graph, Clustering(proposed, method=whole.method)),
        )
    return Clustering(members, method=whole.method, bounds=whole.bounds)


_LOOK = """
select m.account, m.cluster, c.conductance, c.accounts
from {members} m join {cut} c on c.cluster = m.cluster
where c.conductance > $least
"""
# Who is open and joined to nobody open is alone: each name is one of its own members'.
_PROPOSED = """
with votes as (
    select o.cluster, f.cluster as found,
           row_number() over (partition by o.cluster order by count(*) desc, f.cluster) as place
    from {open} o join {found} f on f.account = o.account
    where o.conductance <= $most
    group by o.cluster, f.cluster
),
moved as (
    select m.account,
           case when v.found is not null then 'found ' || v.found
                when f.cluster is not null and o.conductance > $most then 'found ' || f.cluster
                else 'kept ' || m.cluster end as cluster
    from {members} m
    left join {open} o on o.account = m.account
    left join {found} f on f.account = m.account
    left join votes v on v.cluster = m.cluster and v.place = 1
),
names as (select cluster, min(account) as name from moved group by cluster)
select m.account, n.name as cluster from moved m join names n on n.cluster = m.cluster
"""
_CLOSED = """
with parts as (
    select distinct p.cluster, o.cluster as old, o.conductance, o.accounts
    from {proposed} p join {open} o on o.account = p.account
),
made as (
    select cluster, min(conductance) as least_leak,
           sum(case when accounts >= $accounts then 1 else 0 end) as clusters
    from parts group by cluster
),
closed as (
    select m.cluster from made m join {cut} c on c.cluster = m.cluster
    where c.conductance <= $most and c.accounts >= $accounts
      and (m.least_leak > $most or (c.conductance < m.least_leak and m.clusters >= 2))
),
moved as (
    select m.account,
           case when p.cluster in (select cluster from closed) then 'found ' || p.cluster
                else 'kept ' || m.cluster end as cluster
    from {members} m join {proposed} p on p.account = m.account
),
named as (select cluster, min(account) as name from moved group by cluster)
select m.account, n.name as cluster from moved m join named n on n.cluster = m.cluster
"""
