"""What is measured of a cluster when one layer had drawn nothing, its members being the same.

Only facts that rest on layers change: which pairs are joined and how strongly, what leads outside,
the acts behind edges, the objects shared. What the members did is what it was.
"""

from __future__ import annotations

from algorithms.cluster_objects import MOST_PER_CLUSTER
from algorithms.ways import WIDELY
from graph.model import Clustering
from graph.schema import Column, Schema
from graph.table import Table

_KEY = (
    Column("cluster", "VARCHAR", "the cluster's name"),
    Column("left_out", "VARCHAR", "the layer left out"),
)

WITHOUT_EDGES = Schema(
    "without_edges",
    (
        *_KEY,
        Column("left_over", "BIGINT", "layers that still join it"),
        Column("layers", "VARCHAR", "which, strongest first, comma separated"),
        Column("joined_by", "VARCHAR", "those of them that join a fifth of the members"),
        Column("edges", "BIGINT", "pairs that they join"),
        Column("density", "DOUBLE", "edges / possible pairs"),
        Column("tie_strength", "DOUBLE", "summed edge weight / possible pairs"),
        Column("conductance", "DOUBLE", "share of edge weight that leaves"),
    ),
    key=("cluster", "left_out"),
)
WITHOUT_OBJECTS = Schema(
    "without_objects",
    (
        *_KEY,
        Column("objects", "BIGINT", "shared objects listed, once for each layer that shows them"),
        Column("exclusivity", "DOUBLE", "median over objects of members / accounts on it"),
        Column("popular_share", "DOUBLE", "share of objects with 20 outsiders a member or more"),
    ),
    key=("cluster", "left_out"),
)


def edges_without(
    layers: Table, inner: Table, tissue: Table, clustering: Clustering, *, repeating: str = ""
) -> Table:
    """How each cluster is joined and closed without each of its layers (`WITHOUT_EDGES`).

    Weights are summed as decimals, which have one sum in any order of rows. An edge of the layer
    that repeats others goes with the only other layer that joins its pair.

    Args:
        layers: `algorithms.ways.LAYERS_INSIDE`.
        inner: edges inside clusters.
        tissue: the edges, refused ones too, by which it is measured how closed a cluster is
            (`algorithms.quality.conductance`); those inside clusters are those of `inner`.
        clustering: the clusters.
        repeating: the layer, if any, that joins only whom others join.
    """
    return layers.engine.sql(
        """
        with sizes as (select cluster, count(*) as accounts from {members} group by cluster),
        pairs as (
            select cluster, count(*) as pairs
            from (
                select distinct m.cluster, e.src, e.dst
                from {inner} e join {members} m on m.account = e.src
            ) joined_pairs
            group by cluster
        ),
        bases as (
            select r.src, r.dst, min(o.layer) as base
            from {tissue} r join {tissue} o on o.src = r.src and o.dst = r.dst
            where r.layer = $repeating and o.layer <> $repeating
            group by r.src, r.dst having count(distinct o.layer) = 1
        ),
        based as (
            select e.src, e.dst, e.layer, cast(e.weight as decimal(38, 15)) as weight,
                   coalesce(case when e.layer = $repeating then b.base end, '') as base
            from {tissue} e left join bases b on b.src = e.src and b.dst = e.dst
        ),
        joined as (
            select s.cluster as src_cluster, d.cluster as dst_cluster, e.layer, e.base,
                   count(*) as edges, sum(e.weight) as weight
            from based e
            left join {members} s on s.account = e.src
            left join {members} d on d.account = e.dst
            group by s.cluster, d.cluster, e.layer, e.base
        ),
        ends as (
            select src_cluster as cluster, layer, base,
                   case when src_cluster = dst_cluster then edges else 0 end as edges,
                   case when src_cluster = dst_cluster then weight else 0 end as inside,
                   case when src_cluster = dst_cluster then 0 else weight end as outside
            from joined where src_cluster is not null
            union all
            select dst_cluster as cluster, layer, base, 0 as edges, 0 as inside,
                   weight as outside
            from joined
            where dst_cluster is not null and (src_cluster is null or src_cluster <> dst_cluster)
        ),
        by_layer as (
            select cluster, layer, base,
                   sum(edges) as edges, sum(inside) as inside, sum(outside) as outside
            from ends group by cluster, layer, base
        ),
        standing as (
            select k.cluster, k.layer, k.place, k.part, b.base
            from {layers} k
            join by_layer b on b.cluster = k.cluster and b.layer = k.layer
            where b.edges > 0
        ),
        remaining as (
            select cluster, left_out, count(layer) as left_over,
                   string_agg(layer, ',' order by place) as layers,
                   string_agg(joining, ',' order by place) as joined_by
            from (
                select *, case when part >= $widely or widest < $widely then layer end as joining
                from (
                    select distinct o.cluster, o.layer as left_out, s.layer, s.place, s.part,
                           max(s.part) over (partition by o.cluster, o.layer) as widest
                    from {layers} o
                    left join standing s
                      on s.cluster = o.cluster and s.layer <> o.layer and s.base <> o.layer
                ) told
            ) others
            group by cluster, left_out
        ),
        weights as (select layer, base, sum(weight) as weight from joined group by layer, base),
        volumes as (
            select o.layer as left_out,
                   2 * cast(sum(case when w.layer <> o.layer and w.base <> o.layer
                                     then w.weight else 0 end) as double) as volume
            from (select distinct layer from weights) o cross join weights w
            group by o.layer
        ),
        summed as (
            select o.cluster, o.layer as left_out,
                   cast(sum(case when b.layer <> o.layer and b.base <> o.layer
                                 then b.inside else 0 end) as double) as inside,
                   cast(sum(case when b.layer <> o.layer and b.base <> o.layer
                                 then b.outside else 0 end) as double) as outside
            from {layers} o join by_layer b on b.cluster = o.cluster
            group by o.cluster, o.layer
        ),
        measured as (
            select u.cluster, u.left_out, u.inside, u.outside,
                   least(2 * u.inside + u.outside, v.volume - 2 * u.inside - u.outside) as lesser
            from summed u join volumes v on v.left_out = u.left_out
        )
        select r.cluster, r.left_out, r.left_over,
               coalesce(r.layers, '') as layers, coalesce(r.joined_by, '') as joined_by,
               p.pairs - l.alone as edges,
               (p.pairs - l.alone) / greatest(z.accounts * (z.accounts - 1) / 2.0, 1.0) as density,
               least(m.inside / greatest(z.accounts * (z.accounts - 1) / 2.0, 1.0), 1.0)
                   as tie_strength,
               round(case when m.outside > 0 then least(m.outside / m.lesser, 1) else 0 end, 12)
                   as conductance
        from remaining r
        join {layers} l on l.cluster = r.cluster and l.layer = r.left_out
        join sizes z on z.cluster = r.cluster
        join pairs p on p.cluster = r.cluster
        join measured m on m.cluster = r.cluster and m.left_out = r.left_out
        """,
        WITHOUT_EDGES,
        {"repeating": repeating, "widely": WIDELY},
        layers=layers,
        inner=inner,
        tissue=tissue,
        members=clustering.members,
    )


def objects_without(
    layers: Table, of_layers: Table, *, most_per_cluster: int = MOST_PER_CLUSTER
) -> Table:
    """What the objects of other layers say of each cluster (`WITHOUT_OBJECTS`).

    The first so many of the other layers, and not those of the cluster's list that are left.

    Args:
        layers: `algorithms.ways.LAYERS_INSIDE`.
        of_layers: `algorithms.cluster_objects.LAYER_OBJECTS`.
        most_per_cluster: how many objects of a cluster are measured.
    """
    return layers.engine.sql(
        """
        with others as (
            select s.cluster, o.layer as left_out, s.members, s.population,
                   row_number() over (partition by s.cluster, o.layer order by s.place) as place
            from {objects} s
            join {layers} o on o.cluster = s.cluster and o.layer <> s.layer
        )
        select cluster, left_out, count(*) as objects,
               median(members / population) as exclusivity,
               sum(case when population - members >= 20 * members then 1 else 0 end) / count(*)
                   as popular_share
        from others where place <= $most group by cluster, left_out
        """,
        WITHOUT_OBJECTS,
        {"most": most_per_cluster},
        layers=layers,
        objects=of_layers,
    )
