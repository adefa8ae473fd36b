"""How finely an extract's times tell acts apart, and which windows that leaves.

Times that are dates put a whole day on one instant: a window of a minute would call everybody
together who came on one day, and say that it was within a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.table import Table

DAY_MS, HOUR_MS, QUARTER_MS, MINUTE_MS = 86_400_000, 3_600_000, 900_000, 60_000
NEARLY_ALL = 0.95
LEAST_ACTS = 500
"""Fewer acts may lie on whole minutes by the way in which they were written down."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The step of an extract's times.

    `step_ms` is the greatest of a day, an hour, a quarter of an hour and a minute that nearly all
    times keep to; 1 where they keep to none; None where more than half of the acts carry one and
    the same time, which tells nothing apart.
    """

    step_ms: int | None

    def windows(self, within_seconds: Sequence[float]) -> tuple[float, ...]:
        """The windows that mean something: those of a step and more, or else one of one step.

        The narrowest is first, in whatever order they were given.
        """
        if self.step_ms is None:
            return ()
        kept = tuple(sorted(each for each in within_seconds if each * 1000 >= self.step_ms))
        return kept or (self.step_ms / 1000,)

    def left_out(self, within_seconds: Sequence[float]) -> tuple[float, ...]:
        """The windows that lie below a step."""
        kept = self.windows(within_seconds)
        return tuple(each for each in within_seconds if each not in kept)


def clock_of(interactions: Table) -> Clock:
    """The step of the times of an extract (`INTERACTIONS`).

    A date in local time counts as one, in summer and in winter. An extract of fewer than 500 acts
    is held to be exact.
    """
    row = interactions.engine.query(
        """
        select count(*) as acts,
               coalesce(sum(case when acted_at % 900000 = 0 then 1 else 0 end), 0) as quarters,
               coalesce(sum(case when acted_at % 60000 = 0 then 1 else 0 end), 0) as minutes
        from {interactions}
        """,
        interactions=interactions,
    ).to_pylist()[0]
    acts, most = int(row["acts"]), NEARLY_ALL * int(row["acts"])
    if acts < LEAST_ACTS:
        return Clock(1)
    if mostly_at_one_time(interactions):
        return Clock(None)
    if row["quarters"] >= most:
        return Clock(_step(_places_in_a_day(interactions), most))
    return Clock(MINUTE_MS if row["minutes"] >= most else 1)


def mostly_at_one_time(interactions: Table) -> bool:
    """Whether more than half of an extract's acts carry one and the same time, however few."""
    return _most_at_one_time(interactions) > interactions.count() / 2


def _step(places: dict[int, int], most: float) -> int:
    """The step of times on quarters of an hour, from how many lie on which of a day's 96."""
    # Midnight of a place with summer time has two places in the day of UTC, an hour apart.
    for place, acts in places.items():
        summer = places.get((place + 4) % 96, 0)
        if acts + summer >= most:
            return DAY_MS
    hours: dict[int, int] = {}
    for place, acts in places.items():
        hours[place % 4] = hours.get(place % 4, 0) + acts
    return HOUR_MS if max(hours.values()) >= most else QUARTER_MS


def _places_in_a_day(interactions: Table) -> dict[int, int]:
    rows = interactions.engine.query(
        """
        select cast(floor(((acted_at % 86400000) + 86400000) % 86400000 / 900000.0) as bigint)
                   as place,
               count(*) as acts
        from {interactions} where acted_at % 900000 = 0
        group by 1
        """,
        interactions=interactions,
    )
    return {int(row["place"]): int(row["acts"]) for row in rows.to_pylist()}


def _most_at_one_time(interactions: Table) -> int:
    """Acts at the commonest time; exact where they are more than half of all."""
    # The commonest time lies in the busiest hour if it holds half of the acts, and to count by
    # hours takes no memory to speak of.
    row = interactions.engine.query(
        """
        select coalesce(max(acts), 0) as acts from (
            select acted_at, count(*) as acts from {interactions}
            where floor(acted_at / 3600000.0) in (
                select hour from (
                    select floor(acted_at / 3600000.0) as hour, count(*) as acts
                    from {interactions} group by 1 order by acts desc, hour limit 1
                ) busiest
            )
            group by acted_at
        ) times
        """,
        interactions=interactions,
    ).to_pylist()[0]
    return int(row["acts"])
