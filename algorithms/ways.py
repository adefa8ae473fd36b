"""In how many ways a cluster is joined: two layers that rest on the same acts are one.

Accounts that follow one another also follow the same people, and who shares links within a minute
shares little-known links. Such layers look twice at the same acts. Words, carried values and
creation times are something else that the acts are joined by.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from algorithms.chance import Unnamed
from algorithms.explain.schema import Family
from graph.model import Clustering
from graph.schema import Column, Schema
from graph.table import Table

WHOLE = ""
"""What is left out of a cluster as it is: no layer has this name."""
WIDELY = 0.2
"""The share of a cluster's members that a layer joins, from which on it is how they are joined."""
ACTS_ALONE: tuple[Family, ...] = ("time-object", "social")
"""The families whose layers are joined by who acted on what, and by nothing else."""

LAYERS_INSIDE = Schema(
    "layers_inside",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("layer", "VARCHAR", "a layer that joins two of its members"),
        Column("place", "BIGINT", "1 for the layer of most weight inside, ties by name"),
        Column("alone", "BIGINT", "pairs of members that no other layer joins"),
        Column("part", "DOUBLE", "members whom it joins to another / members"),
    ),
    key=("cluster", "layer"),
)

JOINED_BY = Schema(
    "joined_by",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("joined_by", "VARCHAR", "layers that join it, strongest first, comma separated"),
    ),
    key=("cluster",),
)

WAYS = Schema(
    "ways",
    (
        Column("cluster", "VARCHAR", "the cluster's name"),
        Column("left_out", "VARCHAR", "the layer left out; empty for the cluster as it is"),
        Column("ways", "BIGINT", "ways in which the layers join it"),
    ),
    key=("cluster", "left_out"),
)

_FAMILIES = Schema(
    "layer_families",
    (
        Column("layer", "VARCHAR", "a detector's name"),
        Column("family", "VARCHAR", "what joins accounts in it"),
    ),
    key=("layer",),
)


def layers_inside(inner: Table, clustering: Clustering, *, repeating: str = "") -> Table:
    """The layers of each cluster in the order of their weight (`LAYERS_INSIDE`).

    Args:
        inner: edges inside clusters (`algorithms.facts.inner_edges`).
        clustering: the clusters.
        repeating: the layer, if any, that joins only whom others join, and keeps nobody joined.
    """
    return inner.engine.sql(
        """
        with edges as (
            select m.cluster, e.src, e.dst, e.layer, cast(e.weight as decimal(38, 15)) as weight
            from {inner} e join {members} m on m.account = e.src
        ),
        pairs as (
            select cluster, src, dst, min(layer) as layer
            from edges where layer <> $repeating
            group by cluster, src, dst having count(distinct layer) = 1
        ),
        alone as (select cluster, layer, count(*) as pairs from pairs group by cluster, layer),
        weighed as (
            select cluster, layer, sum(weight) as weight from edges group by cluster, layer
        ),
        ends as (
            select cluster, layer, src as account from edges
            union select cluster, layer, dst from edges
        ),
        reached as (
            select cluster, layer, count(*) as accounts from ends group by cluster, layer
        ),
        sizes as (select cluster, count(*) as accounts from {members} group by cluster)
        select w.cluster, w.layer,
               row_number() over (
                   partition by w.cluster order by w.weight desc, w.layer) as place,
               coalesce(a.pairs, 0) as alone,
               r.accounts / cast(z.accounts as double) as part
        from weighed w
        join reached r on r.cluster = w.cluster and r.layer = w.layer
        join sizes z on z.cluster = w.cluster
        left join alone a on a.cluster = w.cluster and a.layer = w.layer
        """,
        LAYERS_INSIDE,
        {"repeating": repeating},
        inner=inner,
        members=clustering.members,
    )


def joined_by(layers: Table) -> Table:
    """How each cluster is joined (`JOINED_BY`): by layers that join a fifth of its members.

    That two of a hundred share a device, or follow one another, tells nothing of the hundred.
    Where no layer joins so many, each counts.

    Args:
        layers: `LAYERS_INSIDE`.
    """
    return layers.engine.sql(
        """
        select cluster, string_agg(layer, ',' order by place) as joined_by
        from (
            select cluster, layer, place, part,
                   max(part) over (partition by cluster) as widest
            from {layers}
        ) told
        where part >= $widely or widest < $widely
        group by cluster
        """,
        JOINED_BY,
        {"widely": WIDELY},
        layers=layers,
    )


def ways(
    layers: Table,
    joint_acts: Table,
    *,
    families: Mapping[str, Family],
    unnamed: Unnamed = "moments",
) -> Table:
    """In how many ways each cluster is joined, as it is and without each of its layers (`WAYS`).

    A layer that acts alone join (`ACTS_ALONE`) is a way of its own when more than half of the acts
    behind it are behind no stronger such layer. An act is what `content` names, or what an account
    did at one time; where times tell nothing apart, on one object. A layer without acts of its
    own repeats others and is no way. Layers of other families are a way each. What is joined at
    all is joined in one way at least.

    Args:
        layers: `LAYERS_INSIDE`.
        joint_acts: `JOINT_ACTS` of the clusters.
        families: the family of each layer; `time-object` where it is not there.
        unnamed: what acts without `content` are: `rows`, where times tell nothing apart.
    """
    engine = layers.engine
    named = pa.table(
        {"layer": sorted(families), "family": [families[name] for name in sorted(families)]},
        schema=_FAMILIES.arrow,
    )
    return engine.sql(
        """
        with known as (
            select l.cluster, l.layer, l.place,
                   coalesce(f.family, 'time-object') as family
            from {layers} l left join {families} f on f.layer = l.layer
        ),
        sets as (
            select cluster, $whole as left_out, layer, place, family from known
            union all
            select k.cluster, o.layer as left_out, k.layer, k.place, k.family
            from known k join {layers} o on o.cluster = k.cluster and o.layer <> k.layer
        ),
        of_acts as (
            select a.*, k.family
            from {joint_acts} a
            join known k on k.cluster = a.cluster and k.layer = a.layer
            where k.family in ('time-object', 'social')
        ),
        ends as (
            select cluster, layer, src as account, src_content as content, src_at as acted_at,
                   object
            from of_acts
            union all
            -- Of two that act on one another, each is the other's object.
            select cluster, layer, dst as account, dst_content as content, dst_at as acted_at,
                   case when family = 'social' then src else object end as object
            from of_acts
        ),
        acts as (
            select distinct cluster, layer, account, content,
                   case when content is null then acted_at end as acted_at,
                   case when content is null and $rows then object else '' end as object
            from ends
        ),
        first_seen as (
            select s.cluster, s.left_out, s.layer, s.place,
                   min(s.place) over (
                       partition by s.cluster, s.left_out,
                                    a.account, a.content, a.acted_at, a.object
                   ) as first_place
            from acts a join sets s on s.cluster = a.cluster and s.layer = a.layer
        ),
        resting as (
            select cluster, left_out, layer,
                   count(*) as acts, count(case when place = first_place then 1 end) as own
            from first_seen group by cluster, left_out, layer
        )
        select s.cluster, s.left_out,
               greatest(count(case when s.family not in ('time-object', 'social')
                                     or 2 * r.own > r.acts then 1 end), 1) as ways
        from sets s
        left join resting r
          on r.cluster = s.cluster and r.left_out = s.left_out and r.layer = s.layer
        group by s.cluster, s.left_out
        """,
        WAYS,
        {"whole": WHOLE, "rows": unnamed == "rows"},
        layers=layers,
        joint_acts=joint_acts,
        families=engine.from_arrow(named, _FAMILIES),
    )
