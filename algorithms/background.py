"""What is usual in this extract: the numbers that evidence is compared with."""

from __future__ import annotations

from dataclasses import dataclass

from graph.table import Table


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
    row = interactions.engine.query(
        """
        with nearest as (
            select account,
                   lead(account) over next_acts as next_account,
                   lead(acted_at) over next_acts - acted_at as wait,
                   lag(account) over next_acts as last_account,
                   acted_at - lag(acted_at) over next_acts as waited
            from {interactions}
            window next_acts as (
                partition by action, object_kind, object order by acted_at, account)
        )
        select count(*) as interactions,
               count(distinct account) as accounts,
               sum(case when (next_account <> account and wait <= $within_ms)
                          or (last_account <> account and waited <= $within_ms)
                        then 1 else 0 end) as joint,
               median(case when next_account <> account then wait end) / 1000.0 as delay
        from nearest
        """,
        {"within_ms": round(within_seconds * 1000)},
        interactions=interactions,
    ).to_pylist()[0]
    return Background(
        accounts=row["accounts"],
        interactions=row["interactions"],
        joint_share=int(row["joint"] or 0) / max(row["interactions"], 1),
        delay_seconds=None if row["delay"] is None else float(row["delay"]),
        half_days=_half_days(accounts) if accounts is not None else None,
    )


def _half_days(accounts: Table) -> float | None:
    row = accounts.engine.query(
        """
        with dated as (
            select created_at, row_number() over (order by created_at) as place,
                   count(*) over () as dated
            from {accounts} where created_at is not null
        )
        select min(b.created_at - a.created_at) / 86400000.0 as half_days
        from dated a join dated b on b.place = a.place + cast(floor((a.dated + 1) / 2.0) as bigint) - 1
        """,
        accounts=accounts,
    ).to_pylist()[0]
    return None if row["half_days"] is None else float(row["half_days"])
