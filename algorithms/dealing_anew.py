"""Who did which act, drawn anew inside each hour: a world in which meetings are chance's."""

from __future__ import annotations

from graph.schemas import INTERACTIONS
from graph.table import Table

_OF_ACCOUNT = ("account", "platform")


def drawn_anew(interactions: Table, *, seed: int) -> Table:
    """The interactions with their accounts dealt anew inside each hour (UTC).

    Each account keeps its number of interactions in each hour, and what it carries with it: its
    platform and attributes (its device is its own whatever it does). Each act, with its time,
    object and text, is somebody's, drawn from those who acted in the hour. The same seed deals
    alike at any order of the rows and on each engine.

    Args:
        interactions: `INTERACTIONS`, with attributes or without.
        seed: of the draw.
    """
    names = interactions.schema.names
    with_account = [n for n in names if n in _OF_ACCOUNT or n not in INTERACTIONS.names]
    with_act = [n for n in names if n not in with_account]
    key = " || '|' || ".join(_text(n) for n in ("account", *with_act))
    # Every column takes part, so that rows that differ have places that do not depend on luck.
    acts_order = ", ".join(_text(n) for n in (*with_act, *with_account))
    people_order = ", ".join(_text(n) for n in (*with_account, *with_act))
    hour = "cast(floor(acted_at / 3600000.0) as bigint)"
    acts = ", ".join(f'a."{name}"' for name in with_act)
    people = ", ".join(f'p."{name}"' for name in with_account)
    return interactions.engine.sql(
        f"""
        with acts as (
            select *, {hour} as dealt_hour,
                   row_number() over (partition by {hour} order by {acts_order}) as dealt_place
            from {{interactions}}
        ),
        people as (
            select *, {hour} as dealt_hour,
                   row_number() over (
                       partition by {hour} order by md5($seed || '|' || {key}), {people_order}
                   ) as dealt_place
            from {{interactions}}
        ),
        dealt as (
            select {acts}, {people}
            from acts a join people p
              on p.dealt_hour = a.dealt_hour and p.dealt_place = a.dealt_place
        )
        select {interactions.schema.selecting()} from dealt
        """,
        interactions.schema,
        {"seed": str(seed)},
        interactions=interactions,
    )


def _text(name: str) -> str:
    """A column as text that is never null."""
    return f"""coalesce(cast("{name}" as varchar), '')"""
