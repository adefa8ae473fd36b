"""The interactions behind the edges inside clusters: which posts joined two accounts, and when."""

from __future__ import annotations

from builders.bounded_acts import JointActs, bounded_acts
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
# Each act stands once in `acts`, and with it each pair of acts of one kind. Of two kinds a pair may
# be told both ways round: who likes and comments at once meets whoever does the same twice.
_JOINED = """
        select {distinct} e.src, e.dst, e.layer, e.cluster, {action} as action,
               a.object_kind, a.object, a.content as src_content, b.content as dst_content,
               a.acted_at as src_at, b.acted_at as dst_at
        from {{inside}} e
        join acts a on e.src = a.account
        join reaching b
          on e.dst = b.account
         and a.object = b.object and a.object_kind = b.object_kind
         and {actions}
         and a.bin = b.reached
        where $any_time or abs(a.acted_at - b.acted_at) <= $within_ms
"""
_ALIKE = _JOINED.format(distinct="", action="a.action", actions="a.action = b.action")
_MIXED = _JOINED.format(
    distinct="distinct",
    action="least(a.action, b.action) || ' / ' || greatest(a.action, b.action)",
    actions="a.action <> b.action",
)
_ACTING = f"""
    with acting as (
        select src as account from {{inside}} union select dst from {{inside}}
    ), acts as (
        select distinct account, action, object_kind, object, acted_at, content,
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
    )
"""
_NEAREST = """abs(src_at - dst_at), least(src_at, dst_at), src_at, object_kind, object, action,
    src_content nulls first, dst_content nulls first"""


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
        **window_values(within_seconds or 0),
    }
    every = engine.sql(
        _ACTING + (f"{_ALIKE} union all {_MIXED}" if whatever_action else _ALIKE),
        JOINT_ACTS,
        values,
        interactions=interactions,
        inside=inside,
        actions=listed(engine, actions or ()),
        kinds=listed(engine, object_kinds or ()),
    )
    engine.drop(inside)
    return bounded_acts(every, most=per_edge, order=_NEAREST)
