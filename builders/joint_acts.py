"""The interactions behind the edges inside clusters: which posts joined two accounts, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from builders.inside import INSIDE_CLUSTERS
from builders.listed import listed
from builders.windows import BIN, window_values
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.schemas import JOINT_ACTS
from graph.table import Table

_INSIDE = Schema(
    "inside",
    (
        Column("src", "VARCHAR", "the lesser account"),
        Column("dst", "VARCHAR", "the greater account"),
        Column("layer", "VARCHAR", "the edge's layer"),
        Column("cluster", "VARCHAR", "the cluster of both"),
    ),
    key=("src", "dst", "layer"),
)
_PLACED = replace(
    JOINT_ACTS,
    name="placed_joint_acts",
    columns=(*JOINT_ACTS.columns, Column("place", "BIGINT", "its place among the edge's")),
)
_TOGETHER = f"""
    with acting as (
        select src as account from {{inside}} union select dst from {{inside}}
    ), acts as (
        select account, action, object_kind, object, acted_at, content,
               case when $any_time then 0 else {BIN} end as bin
        from {{interactions}}
        where object <> '' and account in (select account from acting)
          and ($any_action or action in (select name from {{actions}}))
          and ($any_kind or object_kind in (select name from {{kinds}}))
    ), reaching as (
        select *, bin as reached from acts
        union all
        select *, bin - $bin_ms as reached from acts where not $any_time
        union all
        select *, bin + $bin_ms as reached from acts where not $any_time
    ), together as (
        select distinct e.src, e.dst, e.layer, e.cluster,
               case when a.action = b.action then a.action
                    else least(a.action, b.action) || ' / ' || greatest(a.action, b.action)
               end as action,
               a.object_kind, a.object,
               a.content as src_content, b.content as dst_content,
               a.acted_at as src_at, b.acted_at as dst_at
        from {{inside}} e
        join acts a on e.src = a.account
        join reaching b
          on e.dst = b.account
         and a.object = b.object and a.object_kind = b.object_kind
         and ($whatever or a.action = b.action)
         and a.bin = b.reached
        where $any_time or abs(a.acted_at - b.acted_at) <= $within_ms
    )
    select *, row_number() over (
        partition by src, dst, layer
        order by abs(src_at - dst_at), least(src_at, dst_at), src_at, object_kind, object, action,
                 src_content nulls first, dst_content nulls first) as place
    from together
"""


class JointActs(NamedTuple):
    """The joint acts (`JOINT_ACTS`), and how many were left out by the bound on an edge's."""

    acts: Table
    left_out: int


def joint_acts(
    interactions: Table,
    edges: Table,
    clustering: Table,
    *,
    within_seconds: float | None,
    per_edge: int = 50,
    actions: tuple[str, ...] | None = None,
    object_kinds: tuple[str, ...] | None = None,
    whatever_action: bool = False,
) -> JointActs:
    """The post pairs behind every edge that lies inside a cluster, nearest in time first.

    Only the interactions of accounts with such an edge are looked at. Equal post pairs are given
    once. Ties in the delay are decided by time, then by object and post.

    Args:
        interactions: `INTERACTIONS`.
        edges: `EDGES` of co-action layers, undirected.
        clustering: `CLUSTERING`; accounts that it lacks are in no cluster.
        within_seconds: the window by which the edges were built; None for no time at all.
        per_edge: the most joint acts that are given for an edge.
        actions: the actions by which the edges were built; all by default.
        object_kinds: likewise the kinds of objects.
        whatever_action: whether two different actions on one object are joint, too; their
            `action` names both, as `comment / like`.

    Raises:
        ConfigError: the window or `per_edge` is out of its range.
    """
    if per_edge < 1:
        message = f"`per_edge` is {per_edge}; give 1 or more joint acts an edge"
        raise ConfigError(message)
    engine = interactions.engine
    inside = engine.sql(INSIDE_CLUSTERS, _INSIDE, edges=edges, members=clustering)
    values: dict[str, object] = {
        "any_time": within_seconds is None,
        "any_action": actions is None,
        "any_kind": object_kinds is None,
        "whatever": whatever_action,
        **window_values(within_seconds or 0),
    }
    every = engine.sql(
        _TOGETHER,
        _PLACED,
        values,
        interactions=interactions,
        inside=inside,
        actions=listed(engine, actions or ()),
        kinds=listed(engine, object_kinds or ()),
    )
    acts = engine.sql(
        f"select {', '.join(JOINT_ACTS.names)} from {{every}} where place <= $per_edge",
        JOINT_ACTS,
        {"per_edge": per_edge},
        every=every,
    )
    left_out = every.count() - acts.count()
    for done in (inside, every):
        engine.drop(done)
    return JointActs(acts, left_out)
