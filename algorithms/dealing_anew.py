"""Who did which act, drawn anew inside each hour: a world in which meetings are chance's."""

from __future__ import annotations

from graph.model import kernel
from graph.schema import Column, Schema
from graph.table import Table

_OF_ACCOUNT = ("account", "platform")
_ACCOUNT = Column("account", "VARCHAR", "the account's id")
_DRAW = Column("draw", "VARCHAR", "what puts the account at its place in the draw")
_PLACE = Column("place", "BIGINT", "1, 2, 3 ... in an order")
_PEOPLE = Schema("people", (_ACCOUNT,), key=("account",))
_PEOPLE_PLACED = Schema("placed_people", (_ACCOUNT, _PLACE), key=("account",))
_DRAWN = Schema("drawn_people", (_ACCOUNT, _DRAW), key=("account",))
_DRAWN_PLACED = Schema("placed_drawn_people", (_ACCOUNT, _DRAW, _PLACE), key=("account",))


def drawn_anew(interactions: Table, *, seed: int) -> Table:
    """The interactions with their accounts dealt anew inside each hour (UTC).

    Each account keeps its number of interactions in each hour, and its platform. Each act, with
    its time, object, text and attributes, is somebody's, drawn from those who acted in the hour.
    The same seed deals alike at any order of the rows and on each engine.

    Args:
        interactions: `INTERACTIONS`, with attributes or without.
        seed: of the draw.
    """
    names = interactions.schema.names
    with_account = [n for n in names if n in _OF_ACCOUNT]
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


def accounts_anew(accounts: Table, *, seed: int) -> Table:
    """What is known of accounts (`ACCOUNTS`), each account with what is known of another."""
    engine = accounts.engine
    people = engine.sql("select account from {accounts}", _PEOPLE, accounts=accounts)
    drawn = engine.sql(
        "select account, md5($seed || '|' || account) as draw from {accounts}",
        _DRAWN,
        {"seed": str(seed)},
        accounts=accounts,
    )
    # Numbered by the engine's own way: over all accounts a window would be one task on Spark.
    by_name = kernel(people, "places")(people, order=("account",), schema=_PEOPLE_PLACED)
    by_draw = kernel(drawn, "places")(drawn, order=("draw", "account"), schema=_DRAWN_PLACED)
    known = {name: f'k."{name}"' for name in accounts.schema.names if name != "account"}
    dealt = engine.sql(
        f"""
        select {accounts.schema.selecting(account="p.account", **known)}
        from {{people}} p
        join {{drawn}} d on d.place = p.place
        join {{accounts}} k on k.account = d.account
        """,
        accounts.schema,
        people=by_name,
        drawn=by_draw,
        accounts=accounts,
    )
    for done in (people, drawn, by_name, by_draw):
        engine.drop(done)
    return dealt


def _text(name: str) -> str:
    """A column as text that is never null."""
    return f"""coalesce(cast("{name}" as varchar), '')"""
