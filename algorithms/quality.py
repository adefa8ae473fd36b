"""How good a division of a graph is: modularity of the whole, conductance of each cluster.

Weights are summed as decimals with 15 places, which have one sum in any order of rows; weights
below 1e-15 count as 0.
"""

from __future__ import annotations

from graph.model import Clustering, InteractionGraph
from graph.schema import Column, Schema
from graph.table import Table

CONDUCTANCE = Schema(
    "conductance",
    (
        Column("cluster", "VARCHAR", "the least account id of its members"),
        Column("accounts", "BIGINT", "members"),
        Column("inside", "DOUBLE", "summed weight of edges between its members"),
        Column("outside", "DOUBLE", "summed weight of edges that leave or enter it"),
        Column("conductance", "DOUBLE", "outside / the lesser volume, of it or of the rest"),
    ),
    key=("cluster",),
)

_SIZES = """
    select cluster, count(*) as accounts from {members} group by cluster
"""

_JOINED = """
    select s.cluster as src_cluster,
           d.cluster as dst_cluster,
           sum(cast(e.weight as decimal(38, 15))) as weight
    from {edges} e
    join {members} s on s.account = e.src
    join {members} d on d.account = e.dst
    group by s.cluster, d.cluster
"""


def conductance(graph: InteractionGraph, clustering: Clustering) -> Table:
    """How much of each cluster's weight leaves it (`CONDUCTANCE`), 0 where none does.

    `conductance = outside / min(volume, volume of the rest)` with the volume of a cluster its
    members' summed edge ends, `2 * inside + outside`. It is in [0, 1]; 0 also where a side has
    no edge. A self-loop has both its ends inside; directions do not matter; layers are summed.

    Raises:
        ValueError: `clustering` lacks accounts of the graph.

    Source: Kannan, Vempala and Vetta 2004; the share of a cluster's own weight that leaves is
        `outside / (inside + outside)`.
    """
    _refuse_strangers(graph, clustering)
    return graph.engine.sql(
        f"""
        with sizes as ({_SIZES}),
        joined as ({_JOINED}),
        ends as (
            select src_cluster as cluster,
                   case when src_cluster = dst_cluster then weight else 0 end as inside,
                   case when src_cluster = dst_cluster then 0 else weight end as outside
            from joined
            union all
            select dst_cluster as cluster, 0 as inside, weight as outside
            from joined where src_cluster <> dst_cluster
        ),
        summed as (
            select cluster,
                   cast(sum(inside) as double) as inside,
                   cast(sum(outside) as double) as outside
            from ends group by cluster
        ),
        whole as (select 2 * cast(sum(weight) as double) as volume from joined),
        measured as (
            select z.cluster, z.accounts,
                   coalesce(s.inside, 0) as inside,
                   coalesce(s.outside, 0) as outside,
                   least(2 * coalesce(s.inside, 0) + coalesce(s.outside, 0),
                         w.volume - 2 * coalesce(s.inside, 0) - coalesce(s.outside, 0)) as lesser
            from sizes z left join summed s on s.cluster = z.cluster cross join whole w
        )
        select cluster, accounts, inside, outside,
               case when outside > 0 then least(outside / lesser, 1) else 0 end as conductance
        from measured
        """,
        CONDUCTANCE,
        edges=graph.edges,
        members=clustering.members,
    )


def modularity(
    graph: InteractionGraph, clustering: Clustering, *, resolution: float = 1.0
) -> float:
    """The weight inside clusters beyond what the accounts' strengths alone would put there.

    Undirected: the sum over clusters of `inside / m - resolution * (strength / 2m)**2`, `m` the
    summed weight; a self-loop counts once to `inside` and twice to the strength. Directed:
    `inside / m - resolution * strength_out * strength_in / m**2`. In [-resolution, 1]; 0 for a
    graph without weight. Layers are summed.

    Raises:
        ValueError: `clustering` lacks accounts of the graph, or `resolution` is below 0.

    Source: Newman and Girvan 2004; Reichardt and Bornholdt 2006 (resolution); Leicht and Newman
        2008 (directed).
    """
    if not resolution >= 0:
        message = f"`resolution` is at least 0, not {resolution}"
        raise ValueError(message)
    _refuse_strangers(graph, clustering)
    sums = graph.engine.query(
        f"""
        with joined as ({_JOINED}),
        ends as (
            select src_cluster as cluster, weight as leaving, 0 as entering,
                   case when src_cluster = dst_cluster then weight else 0 end as inside
            from joined
            union all
            select dst_cluster, 0, weight, 0 from joined
        ),
        summed as (
            select cast(sum(inside) as double) as inside, cast(sum(leaving) as double) as leaving,
                   cast(sum(entering) as double) as entering
            from ends group by cluster
        ),
        whole as (select cast(sum(weight) as double) as total from joined)
        select sum(cast(inside / total as decimal(38, 15))) as inside,
               sum(cast(case when $directed then leaving * entering / (total * total)
                             else (leaving + entering) * (leaving + entering)
                                  / (4 * total * total) end as decimal(38, 15))) as chance
        from summed cross join whole where total > 0
        """,
        {"directed": graph.directed},
        edges=graph.edges,
        members=clustering.members,
    ).to_pylist()[0]
    if sums["inside"] is None:
        return 0.0
    return float(sums["inside"]) - resolution * float(sums["chance"])


def _refuse_strangers(graph: InteractionGraph, clustering: Clustering) -> None:
    found = graph.engine.query(
        "select count(*) as strangers, min(account) as first from ("
        " select src as account from {edges} union select dst from {edges}"
        ") ends where account not in (select account from {members})",
        edges=graph.edges,
        members=clustering.members,
    ).to_pylist()[0]
    if found["strangers"]:
        message = (
            f"the clustering lacks {found['strangers']} accounts of the graph,"
            f" the first {found['first']!r}"
        )
        raise ValueError(message)
