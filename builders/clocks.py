"""How finely an extract's times tell acts apart, and which windows that leaves.

Times that are dates put a whole day on one instant: a window of a minute would call everybody
together who came on one day, and say that it was within a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graph.table import Table

DAY_MS, HOUR_MS, QUARTER_MS, MINUTE_MS = 86_400_000, 3_600_000, 900_000, 60_000
SECOND_MS = 1_000
NEARLY_ALL = 0.95
LEAST_ACTS = 500
"""Fewer acts may lie on whole minutes by the way in which they were written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of some acts lie on what.

    `seconds` and `minutes` are acts on whole ones; `quarters` has those on quarters of an hour, by
    which of a day's 96 (UTC) it is.
    """

    acts: int
    seconds: int
    minutes: int
    quarters: Mapping[int, int]


class Step(NamedTuple):
    """What times keep to: multiples of `ms` and one of `rests`, ms (two where clocks change)."""

    ms: int
    rests: tuple[int, ...]


def step_of(tally: Tally) -> Step:
    """The greatest step that nearly all times keep to: a day, an hour, 15 minutes, 1, a second.

    1 ms where they keep to none. A date in local time counts as one, in summer and in winter.
    """
    most = NEARLY_ALL * tally.acts
    if sum(tally.quarters.values()) >= most:
        return _step_of_quarters(tally.quarters, most)
    if tally.minutes >= most:
        return Step(MINUTE_MS, (0,))
    return Step(SECOND_MS if tally.seconds >= most else 1, (0,))


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

    Whole seconds count as exact, and so does an extract of fewer than 500 acts.
    """
    tally = _tally(interactions)
    if tally.acts < LEAST_ACTS:
        return Clock(1)
    if mostly_at_one_time(interactions):
        return Clock(None)
    step = step_of(tally).ms
    return Clock(step if step >= MINUTE_MS else 1)


def mostly_at_one_time(interactions: Table) -> bool:
    """Whether more than half of an extract's acts carry one and the same time, however few."""
    return _most_at_one_time(interactions) > interactions.count() / 2


def _step_of_quarters(quarters: Mapping[int, int], most: float) -> Step:
    place = max(quarters, key=lambda each: (quarters[each], -each))
    if quarters[place] >= most:
        return Step(DAY_MS, (place * QUARTER_MS,))
    # Midnight of a place with summer time has two places in the day of UTC, an hour apart.
    for first in sorted(quarters):
        second = (first + 4) % 96
        if quarters[first] + quarters.get(second, 0) >= most:
            return Step(DAY_MS, (first * QUARTER_MS, second * QUARTER_MS))
    hours = [0, 0, 0, 0]
    for each, acts in quarters.items():
        hours[each % 4] += acts
    if max(hours) >= most:
        return Step(HOUR_MS, (hours.index(max(hours)) * QUARTER_MS,))
    return Step(QUARTER_MS, (0,))


def _tally(interactions: Table) -> Tally:
    rows = interactions.engine.query(
        """
        select quarter, count(*) as acts,
               sum(case when acted_at % 60000 = 0 then 1 else 0 end) as minutes,
               sum(case when acted_at % 1000 = 0 then 1 else 0 end) as seconds
        from (
            select acted_at,
                   case when acted_at % 900000 = 0 then cast(
                       floor(((acted_at % 86400000) + 86400000) % 86400000 / 900000.0) as bigint)
                   else cast(-1 as bigint) end as quarter
            from {interactions}
        ) placed
        group by quarter
        """,
        interactions=interactions,
    ).to_pylist()
    return Tally(
        acts=sum(int(row["acts"]) for row in rows),
        seconds=sum(int(row["seconds"]) for row in rows),
        minutes=sum(int(row["minutes"]) for row in rows),
        quarters={int(row["quarter"]): int(row["acts"]) for row in rows if row["quarter"] >= 0},
    )


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
