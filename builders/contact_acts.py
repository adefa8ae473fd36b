"""The acts behind mutual edges: what each did to the other, and when."""

from __future__ import annotations

from collections.abc import Sequence

from builders.contacts import MUTUAL_ACTIONS, read_contacts
from builders.inside import INSIDE_CLUSTERS
from graph.model import Clustering
from graph.schemas import JOINT_ACTS
from graph.table import Table

_JOINT = f"""
with inside as (
    {INSIDE_CLUSTERS}
    where e.layer = $layer
),
ways as (
    select src, dst, cluster, src as one, dst as other, true as forth from inside
    union all
    select src, dst, cluster, dst, src, false from inside
),
acts as (
    select w.src, w.dst, w.cluster, w.forth, c.action, c.content, c.acted_at,
           row_number() over (
               partition by w.src, w.dst, w.forth
               order by c.acted_at, c.action, c.object, coalesce(c.content, '')
           ) as place
    from ways w
    join {{contacts}} c on c.src = w.one and c.dst = w.other
),
answers as (
    select a.src, a.dst, a.cluster, a.place,
           case when a.action = b.action then a.action
                else a.action || '/' || b.action end as action,
           a.content as src_content, b.content as dst_content,
           a.acted_at as src_at, b.acted_at as dst_at,
           row_number() over (
               partition by a.src, a.dst, a.place
               order by abs(a.acted_at - b.acted_at), b.place
           ) as nearness
    from acts a
    join acts b on b.src = a.src and b.dst = a.dst and not b.forth and b.place <= $looked_at
    where a.forth and a.place <= $looked_at
),
placed as (
    select *, row_number() over (
        partition by src, dst order by abs(src_at - dst_at), place
    ) as rank
    from answers
    where nearness = 1
)
select src, dst, $layer as layer, cluster, action,
       'account' as object_kind, dst as object,
       src_content, dst_content, src_at, dst_at
from placed
where rank <= $at_most
"""


def joint_contact_acts(
    interactions: Table,
    edges: Table,
    clustering: Clustering,
    *,
    actions: Sequence[str] = MUTUAL_ACTIONS,
    at_most: int = 50,
    looked_at: int = 200,
    layer: str = "mutual-ring",
) -> Table:
    """The acts behind each mutual edge inside a cluster (`JOINT_ACTS`), with the nearest answer.

    One row an act of src on dst, with the act of dst on src that is nearest in time; of each edge
    the `at_most` nearest, among the first `looked_at` acts of each side. `object` is dst, of kind
    `account`; `action` is both acts (`follow`, or `reply/mention` when they differ). The edge's
    `src_count` and `dst_count` say how many there are.
    """
    return interactions.engine.sql(
        _JOINT,
        JOINT_ACTS,
        {"layer": layer, "at_most": at_most, "looked_at": looked_at},
        edges=edges,
        members=clustering.members,
        contacts=read_contacts(interactions, actions),
    )
