"""What is usual in this extract: the numbers that evidence is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from algorithms.median import VALUES, median
from graph.model import kernel
from graph.schema import Column, Schema
from graph.table import Table

_NEAREST = Schema(
    "nearest",
    (
        Column("wait", "BIGINT", "ms to the next like act by another account", nullable=True),
        Column("joint", "BIGINT", "1 where a like act of another lies within the window"),
        Column("acts", "BIGINT", "interactions of which this is so"),
    ),
    key=("wait", "joint"),
)
_CREATED = Column("created_at", "BIGINT", "when the account was made, ms")
_DATED = Schema("dated", (Column("account", "VARCHAR", "its id"), _CREATED), key=("account",))
_PLACED = Schema(
    "placed_dates",
    (*_DATED.columns, Column("place", "BIGINT", "its place by creation, from 1")),
    key=("place",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is usual in an extract."""

    accounts: int
    interactions: int
    joint_share: float
    """Share of interactions with another account's like act within the window."""
    delay_seconds: float | None
    """Median delay to the next like act by another account on the same object."""
    half_days: float | None
    """The least span that holds half of all accounts' creation times, days."""


def background(interactions: Table, accounts: Table | None, *, within_seconds: float) -> Background:
    """Measure what is usual, over the whole extract.

    Args:
        interactions: `INTERACTIONS`.
        accounts: `ACCOUNTS`, or None when the extract has none.
        within_seconds: the window in which acts count as joint, both ends included.
    """
    engine = interactions.engine
    nearest = engine.sql(
        """
        with placed as (
            select account, acted_at,
                   lead(account) over next_acts as next_account,
                   (lead(acted_at) over next_acts) - acted_at as wait,
                   lag(account) over next_acts as last_account,
                   acted_at - (lag(acted_at) over next_acts) as waited
            from {interactions}
            window next_acts as (
                partition by action, object_kind, object order by acted_at, account)
        )
        select case when next_account <> account then wait end as wait,
               case when (next_account <> account and wait <= $within_ms)
                      or (last_account <> account and waited <= $within_ms)
                    then 1 else 0 end as joint,
               count(*) as acts
        from placed group by 1, 2
        """,
        _NEAREST,
        {"within_ms": round(within_seconds * 1000)},
        interactions=interactions,
    )
    row = engine.query(
        """
        select coalesce(sum(acts), 0) as interactions,
               coalesce(sum(case when joint = 1 then acts end), 0) as joint,
               (select count(distinct account) from {interactions}) as accounts
        from {nearest}
        """,
        nearest=nearest,
        interactions=interactions,
    ).to_pylist()[0]
    waits = engine.sql(
        "select wait as value, sum(acts) as times from {nearest} where wait is not null"
        " group by wait",
        VALUES,
        nearest=nearest,
    )
    delay = median(waits)
    for done in (nearest, waits):
        engine.drop(done)
    return Background(
        accounts=int(row["accounts"]),
        interactions=int(row["interactions"]),
        joint_share=int(row["joint"]) / max(int(row["interactions"]), 1),
        delay_seconds=None if delay is None else delay / 1000.0,
        half_days=_half_days(accounts) if accounts is not None else None,
    )


def _half_days(accounts: Table) -> float | None:
    engine = accounts.engine
    dated = engine.sql(
        "select account, created_at from {accounts} where created_at is not null",
        _DATED,
        accounts=accounts,
    )
    number = dated.count()
    if not number:
        return None
    placed = kernel(dated, "places")(dated, order=("created_at",), schema=_PLACED)
    row = engine.query(
        """
        select min(b.created_at - a.created_at) / 86400000.0 as half_days
        from {placed} a join {placed} b on b.place = a.place + $half
        """,
        {"half": (number + 1) // 2 - 1},
        placed=placed,
    ).to_pylist()[0]
    for done in (dated, placed):
        engine.drop(done)
    return float(row["half_days"])
