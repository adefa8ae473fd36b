"""The acts that could lie in lockstep: where others come at the time, of who does so again."""

from __future__ import annotations

from typing import NamedTuple

from builders.windows import BIN, window_values
from graph.block_schemas import INCIDENCE
from graph.schemas import BOUNDS
from graph.table import Table

_ROUNDS = 6
"""Prunings at the most; what is left over then only costs time."""

_ALL = f"""
    select account, action, object_kind, object, bin, min(acted_at) as acted_at
    from (
        select account, action, object_kind, object, {BIN} as bin, acted_at
        from {{interactions}} where object <> ''
    ) binned
    group by account, action, object_kind, object, bin
"""
_UNTIMED = """
    select account, action, object_kind, object, cast(0 as bigint) as bin, min(acted_at) as acted_at
    from {interactions} where object <> ''
    group by account, action, object_kind, object
"""
# A window that reaches from one stretch of time into the next is in both, so a stretch counts the
# accounts of its neighbours too; who is in both is counted twice and only kept for longer.
_PRUNED = """
    with cells as (
        select action, object_kind, object, bin, count(*) as accounts
        from {acts} group by action, object_kind, object, bin
    ),
    reaching as (
        select *, bin as reached from cells
        union all select *, bin - $bin_ms as reached from cells
        union all select *, bin + $bin_ms as reached from cells
    ),
    crowded as (
        select action, object_kind, object, reached as bin
        from reaching group by action, object_kind, object, reached
        having sum(accounts) >= $least_accounts
    ),
    there as (
        select a.*
        from {acts} a
        join crowded c
          on c.action = a.action and c.object_kind = a.object_kind and c.object = a.object
         and c.bin = a.bin
    ),
    busy as (
        select account
        from (select distinct account, action, object_kind, object from there)
        group by account having count(*) >= $least_objects
    )
    select t.* from there t join busy b on b.account = t.account
"""
_CELLS = """
    with cells as (
        select action, object_kind, object, bin, count(*) as accounts
        from {acts} group by action, object_kind, object, bin
    )
"""


class Crowded(NamedTuple):
    """The acts (`INCIDENCE`), and what was left out to keep them few (`BOUNDS`)."""

    acts: Table
    bounds: Table


def incidence(interactions: Table) -> Table:
    """Who acted on what at any time (`INCIDENCE`), each once."""
    return interactions.engine.sql(_UNTIMED, INCIDENCE, interactions=interactions)


def crowded_acts(
    interactions: Table,
    *,
    within_seconds: float,
    least_accounts: int,
    least_objects: int,
    most_acts: int,
    layer: str,
) -> Crowded:
    """At most `most_acts` acts, once an account, object and stretch of time.

    All of them, where they are so few: who else acts is what a block stands out from. Else those
    on objects that `least_accounts` accounts act on in a stretch of time or the two beside it, of
    accounts that do so on `least_objects` objects, again and again until they are few enough or
    all rests (or for `_ROUNDS` rounds). No act of a windowed core of these sizes is lost by that.
    Where more are left, the most crowded stretches are left out whole, and counted. An account's
    first act on an object in a stretch stands for all that it does there.

    Args:
        interactions: `INTERACTIONS`.
        within_seconds: how long a stretch of time is.
        least_accounts: accounts that a place needs.
        least_objects: distinct objects that an account needs.
        most_acts: acts to keep at the most.
        layer: the name that the bounds carry.

    Raises:
        ConfigError: the window is out of its range.
    """
    engine = interactions.engine
    values = window_values(within_seconds)
    bin_ms = values["bin_ms"]
    acts = engine.sql(_ALL, INCIDENCE, {"bin_ms": bin_ms}, interactions=interactions)
    before = acts.count()
    for _ in range(_ROUNDS):
        if before <= most_acts:
            break
        pruned = engine.sql(
            _PRUNED,
            INCIDENCE,
            {"bin_ms": bin_ms, "least_accounts": least_accounts, "least_objects": least_objects},
            acts=acts,
        )
        engine.drop(acts)
        acts, after = pruned, pruned.count()
        if after == before:
            break
        before = after
    most = _most_accounts(acts, most_acts)
    bounds = engine.sql(
        f"""
        {_CELLS}
        select $layer as layer, 'most-acts' as bound,
               object || ' ' || cast(bin as varchar) || ' ' || action || ' ' || object_kind
                   as subject,
               max(accounts) as accounts, max(accounts) as interactions,
               max(accounts * (accounts - 1) / 2) as pairs_not_counted,
               'left out whole: a stretch of time so crowded joins nobody' as says
        from cells where accounts > $most
        group by object || ' ' || cast(bin as varchar) || ' ' || action || ' ' || object_kind
        """,
        BOUNDS,
        {"layer": layer, "most": most},
        acts=acts,
    )
    kept = engine.sql(
        f"""
        {_CELLS}
        select a.*
        from {{acts}} a
        join cells c
          on c.action = a.action and c.object_kind = a.object_kind and c.object = a.object
         and c.bin = a.bin
        where c.accounts <= $most
        """,
        INCIDENCE,
        {"most": most},
        acts=acts,
    )
    engine.drop(acts)
    return Crowded(kept, bounds)


def _most_accounts(acts: Table, most_acts: int) -> int:
    """The most accounts that a place may have for all such places to hold `most_acts` acts."""
    sizes = acts.engine.query(
        f"{_CELLS} select accounts, sum(accounts) as acts from cells group by accounts"
        " order by accounts",
        acts=acts,
    ).to_pylist()
    held, most = 0, 0
    for row in sizes:
        held += int(row["acts"])
        if held > most_acts:
            break
        most = row["accounts"]
    return most
