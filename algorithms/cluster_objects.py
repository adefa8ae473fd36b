"""What a cluster's members share, and whether it is the cluster's own or everybody's."""

from __future__ import annotations

from graph.schema import Column, Schema
from graph.schemas import CLUSTER_OBJECTS
from graph.table import Table

MOST_PER_CLUSTER = 100
"""How many objects of a cluster are listed, and measured."""

LAYER_OBJECTS = Schema(
    "layer_objects",
    (
        *CLUSTER_OBJECTS.columns,
        Column("place", "BIGINT", "1 for what most members of the cluster share, in any layer"),
    ),
    key=CLUSTER_OBJECTS.key,
)

OBJECT_FACTS = Schema(
    "object_facts",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("objects", "BIGINT", "shared objects listed, once for each layer that shows them"),
        Column("exclusivity", "DOUBLE", "median over objects of members / accounts on it"),
        Column("popular_share", "DOUBLE", "share of objects with 20 outsiders a member or more"),
    ),
    key=("cluster",),
)


def layer_objects(
    joint_acts: Table, interactions: Table, *, most_per_layer: int = MOST_PER_CLUSTER
) -> Table:
    """What each cluster shares, with how many accounts of the extract act on it too.

    `LAYER_OBJECTS`, the objects of most members first, at most `most_per_layer` of each layer of
    each cluster: whichever layer is left out, the first so many of the others are there. A shared
    text or trait is no object of the interactions: only the members' own count stands for its
    population.

    Args:
        joint_acts: `JOINT_ACTS` of the clusters.
        interactions: the whole extract, for the population.
        most_per_layer: how many to keep of each layer of a cluster.
    """
    return joint_acts.engine.sql(
        """
        with ends as (
            select cluster, layer, action, object_kind, object, src as account, src_at as acted_at
            from {joint_acts}
            union
            select cluster, layer, action, object_kind, object, dst, dst_at from {joint_acts}
        ),
        shared as (
            select cluster, layer, object_kind, object,
                   count(distinct account) as members, count(*) as interactions
            from ends group by cluster, layer, object_kind, object
        ),
        ranked as (
            select *, row_number() over (
                partition by cluster order by members desc, interactions desc,
                layer, object_kind, object) as place
            from shared
        ),
        of_layers as (
            select *, row_number() over (
                partition by cluster, layer order by place) as place_in_layer
            from ranked
        ),
        kept as (select * from of_layers where place_in_layer <= $most),
        population as (
            select object_kind, object, count(distinct account) as accounts
            from {interactions}
            where object in (select object from kept)
            group by object_kind, object
        ),
        everybody as (select count(distinct account) as accounts from {interactions})
        select k.cluster, k.layer, k.object_kind, k.object, k.members, k.interactions,
               greatest(coalesce(p.accounts, 0), k.members) as population,
               greatest(coalesce(p.accounts, 0), k.members)
                   / greatest(everybody.accounts, 1.0) as population_rate,
               k.place
        from kept k
        left join population p using (object_kind, object)
        cross join everybody
        """,
        LAYER_OBJECTS,
        {"most": most_per_layer},
        joint_acts=joint_acts,
        interactions=interactions,
    )


def cluster_objects(of_layers: Table, *, most_per_cluster: int = MOST_PER_CLUSTER) -> Table:
    """The objects that most members share (`CLUSTER_OBJECTS`), so many of each cluster.

    Args:
        of_layers: `LAYER_OBJECTS`, with as many of a layer at least.
        most_per_cluster: how many to keep of each cluster.
    """
    return of_layers.engine.sql(
        f"select {CLUSTER_OBJECTS.selecting()} from {{of_layers}} where place <= $most",
        CLUSTER_OBJECTS,
        {"most": most_per_cluster},
        of_layers=of_layers,
    )


def object_facts(objects: Table) -> Table:
    """Whether the shared objects are the cluster's own or everybody's (`OBJECT_FACTS`).

    Args:
        objects: `CLUSTER_OBJECTS`.
    """
    return objects.engine.sql(
        """
        select cluster, count(*) as objects,
               median(members / population) as exclusivity,
               sum(case when population - members >= 20 * members then 1 else 0 end) / count(*)
                   as popular_share
        from {objects} group by cluster
        """,
        OBJECT_FACTS,
        objects=objects,
    )
