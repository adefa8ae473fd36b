"""The acts that could lie in lockstep: where others come at the time, of who does so again."""

from __future__ import annotations

from typing import NamedTuple

from builders.crowded_places import CELLS, as_bounds, least_crowded
from builders.windows import BIN, window_values
from graph.block_schemas import INCIDENCE
from graph.errors import ConfigError
from graph.schemas import BOUNDS
from graph.table import Table

_WORTH = 0.9
"""A pruning that leaves more than this share is the last before something is left out."""

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
_PRUNED = f"""
    with cells as ({CELLS}),
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
        from {{acts}} a
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
    hardly any more leave. No act of a windowed core of these sizes is lost by that.

    Where more are left, the most crowded stretches are left out whole, as many as hold half of the
    acts, and the rest is pruned again: a group meets by chance in a crowd sooner than elsewhere.
    Of equally crowded ones the latest stay. What is left out is counted, the worst by name. An
    account's first act on an object in a stretch stands for all that it does there.

    Args:
        interactions: `INTERACTIONS`.
        within_seconds: how long a stretch of time is.
        least_accounts: accounts that a place needs.
        least_objects: distinct objects that an account needs.
        most_acts: acts to keep at the most.
        layer: the name that the bounds carry.

    Raises:
        ConfigError: the window is out of its range, or `most_acts` is below 1.
    """
    if most_acts < 1:
        message = f"`most_acts` is 1 or more, not {most_acts}"
        raise ConfigError(message)
    engine = interactions.engine
    bin_ms = window_values(within_seconds)["bin_ms"]
    sizes = {"bin_ms": bin_ms, "least_accounts": least_accounts, "least_objects": least_objects}
    acts = engine.sql(_ALL, INCIDENCE, {"bin_ms": bin_ms}, interactions=interactions)
    held, left_out = acts.count(), []
    while held > most_acts:
        before = held
        acts = _instead(acts, engine.sql(_PRUNED, INCIDENCE, sizes, acts=acts))
        held = acts.count()
        if held > max(most_acts, _WORTH * before):
            parted = least_crowded(acts, room=max(most_acts, held // 2))
            acts = _instead(acts, parted.acts)
            held = acts.count()
            left_out.append(parted.left_out)
    return Crowded(acts, engine.from_arrow(as_bounds(left_out, layer=layer), BOUNDS))


def _instead(acts: Table, found: Table) -> Table:
    """What was found among acts that are needed no more."""
    acts.engine.drop(acts)
    return found
