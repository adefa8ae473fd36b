"""The graph that an analyst draws in an hour: acting together often, rare objects counting more."""

from __future__ import annotations

from builders.coaction import coaction_graph
from builders.windows import BIN, window_values
from graph.model import InteractionGraph
from graph.schemas import EDGES
from graph.table import Table

_WEIGHTS = f"""
    with popular as (
        select action, object_kind, object, count(distinct account) as accounts
        from {{interactions}} where object <> '' group by action, object_kind, object
    ), acting as (
        select src as account from {{edges}} union select dst from {{edges}}
    ), acts as (
        select distinct account, action, object_kind, object, acted_at, {BIN} as bin
        from {{interactions}}
        where object <> '' and account in (select account from acting)
    ), reaching as (
        select *, bin as reached from acts
        union all
        select *, bin - $bin_ms as reached from acts
        union all
        select *, bin + $bin_ms as reached from acts
    ), together as (
        select distinct e.src, e.dst, a.action, a.object_kind, a.object
        from {{edges}} e
        join acts a on a.account = e.src
        join reaching b on b.account = e.dst and b.object = a.object and b.action = a.action
         and b.object_kind = a.object_kind and b.reached = a.bin
        where abs(a.acted_at - b.acted_at) <= $within_ms
    ), weighted as (
        select t.src, t.dst,
               cast(sum(cast(1.0 / ln(1.0 + p.accounts) as decimal(38, 12))) as double) as weight
        from together t
        join popular p
          on p.action = t.action and p.object_kind = t.object_kind and p.object = t.object
        group by t.src, t.dst
    )
    select {EDGES.selecting(weight="popularity_weight")}
    from (
        select e.*, w.weight as popularity_weight
        from {{edges}} e join weighted w on w.src = e.src and w.dst = e.dst
    ) joined
"""


def analyst_graph(
    interactions: Table, *, within_seconds: float, at_least: int = 3
) -> InteractionGraph:
    """Accounts that did the same to the same objects within a window, on `at_least` objects.

    An edge weighs the sum over the shared objects of 1/ln(1 + k), where k is how many accounts did
    the same to the object at any time.

    Args:
        interactions: who did what to which object, and when.
        within_seconds: the most that two acts may be apart.
        at_least: objects that two accounts must share.

    Raises:
        ConfigError: a number is out of range.
    """
    built = coaction_graph(interactions, within_seconds=within_seconds, at_least=at_least)
    edges = interactions.engine.sql(
        _WEIGHTS,
        EDGES,
        window_values(within_seconds),
        interactions=interactions,
        edges=built.graph.edges,
    )
    return InteractionGraph(edges)
