"""Places, which are objects in a stretch of time: the least crowded, and those left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from graph.block_schemas import INCIDENCE
from graph.schema import Column, Schema
from graph.schemas import BOUNDS
from graph.table import Table

PLACES = Schema(
    "places",
    (
        Column("action", "VARCHAR", "what was done"),
        Column("object_kind", "VARCHAR", "what kind of thing the object is"),
        Column("object", "VARCHAR", "what was acted on"),
        Column("bin", "BIGINT", "the start of the stretch of time, ms"),
        Column("accounts", "BIGINT", "who came there then"),
    ),
    key=("action", "object_kind", "object", "bin"),
)
"""Objects in a stretch of time, and how crowded they are."""

CELLS = """
    select action, object_kind, object, bin, count(*) as accounts
    from {acts} group by action, object_kind, object, bin
"""
"""SQL for each place of some acts (`INCIDENCE`), and how many accounts come there."""

_NAMED = 100
"""The places left out that bounds name; the others make one row."""
_NEVER = 2**63 - 1
_STAYS = "(accounts < $most or (accounts = $most and bin >= $since))"
_CUT = f"""
    select a.*
    from {{acts}} a
    join (select * from ({CELLS}) cells where {_STAYS}) c
      on c.action = a.action and c.object_kind = a.object_kind and c.object = a.object
     and c.bin = a.bin
"""


class Parted(NamedTuple):
    """The acts that stay (`INCIDENCE`), and the places left out whole (`PLACES`)."""

    acts: Table
    left_out: Table


def least_crowded(acts: Table, *, room: int) -> Parted:
    """The acts in the least crowded places, `room` at the most.

    Of the most crowded places that are left, the latest stay, stretch by stretch, so that rings
    that acted then stay whole. A stretch that has no room is left out.

    Args:
        acts: `INCIDENCE`.
        room: acts that may stay.
    """
    stay = _border(acts, room)
    left_out = acts.engine.sql(
        f"select * from ({CELLS}) cells where not {_STAYS}", PLACES, stay, acts=acts
    )
    return Parted(acts.engine.sql(_CUT, INCIDENCE, stay, acts=acts), left_out)


def as_bounds(left_out: Sequence[Table], *, layer: str) -> pa.Table:
    """Places that were left out (`PLACES`) as `BOUNDS`: the most crowded by name, the rest as one.

    Args:
        left_out: tables of them, no place in two.
        layer: the name that the bounds carry.
    """
    rows = _named(left_out) if left_out else []
    says = "left out whole: a stretch of time so crowded joins nobody"
    told = [{**row, "layer": layer, "bound": "most-acts", "says": says} for row in rows]
    return pa.Table.from_pylist(told, schema=BOUNDS.arrow)


def _named(left_out: Sequence[Table]) -> list[dict[str, Any]]:
    """The places that bounds name, and what the others come to."""
    parts = {f"part_{number}": places for number, places in enumerate(left_out)}
    every = " union all ".join(f"select * from {{{name}}}" for name in parts)
    named = f"""
        select object || ' ' || cast(bin as varchar) || ' ' || action || ' ' || object_kind
                   as subject,
               max(accounts) as accounts, cast(sum(accounts) as bigint) as interactions,
               cast(sum(accounts * (accounts - 1) / 2) as bigint) as pairs_not_counted
        from ({every}) places
        group by object || ' ' || cast(bin as varchar) || ' ' || action || ' ' || object_kind
    """
    query = left_out[0].engine.query
    worst: list[dict[str, Any]] = query(
        f"select * from ({named}) named order by accounts desc, subject limit {_NAMED + 1}", **parts
    ).to_pylist()
    rows = worst[:_NAMED]
    if len(worst) == len(rows):
        return rows
    whole = query(
        f"""
        select count(*) as places, cast(sum(interactions) as bigint) as interactions,
               cast(sum(pairs_not_counted) as bigint) as pairs_not_counted
        from ({named}) named
        """,
        **parts,
    ).to_pylist()[0]
    rest = {
        name: whole[name] - sum(row[name] for row in rows)
        for name in ("interactions", "pairs_not_counted")
    }
    subject = f"{whole['places'] - _NAMED:,} more, less crowded"
    return [*rows, {"subject": subject, "accounts": worst[_NAMED]["accounts"], **rest}]


def _border(acts: Table, room: int) -> dict[str, object]:
    """The values of `_STAYS`: places of fewer than `$most` accounts, the latest of those of it."""
    crowds = acts.engine.query(
        f"select accounts, sum(accounts) as acts from ({CELLS}) cells"
        " group by accounts order by accounts",
        acts=acts,
    ).to_pylist()
    for row in crowds:
        if int(row["acts"]) > room:
            most = row["accounts"]
            break
        room -= int(row["acts"])
    else:
        return {"most": _NEVER, "since": _NEVER}
    stretches = acts.engine.query(
        f"select bin, sum(accounts) as acts from ({CELLS}) cells where accounts = $most"
        " group by bin order by bin desc",
        {"most": most},
        acts=acts,
    ).to_pylist()
    since = _NEVER
    for row in stretches:
        room -= int(row["acts"])
        if room < 0:
            break
        since = row["bin"]
    return {"most": most, "since": since}
