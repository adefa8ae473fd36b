"""Hours of people's days and days of their week: the clock of worlds that count in seconds.

Times are s from the first midnight of the span, UTC, in floating point.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.spec import DAY_MS

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0

SATURDAY = 5
"""As `weekdays` counts; what is less is a working day."""

_CHRONOTYPE = 1.5
"""Spread of the middle of sleep over people, hours (Roenneberg and others 2007, round)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The rhythm of a world.

    `offset`: of each zone, hours before UTC; `share`: of people by zone. `until`: the share of a
    day's acts before each full hour, local. `days`: the share of all acts before each day.
    """

    first_day: int
    span: float
    offset: Floats
    share: Floats
    until: Floats
    days: Floats

    def shifted(self, rng: np.random.Generator, zone: Longs) -> Floats:
        """What each account's local hours are moved by, its zone and its habit together, hours."""
        return np.asarray(rng.normal(0.0, _CHRONOTYPE, len(zone)) - self.offset[zone])

    def moments(self, rng: np.random.Generator, shift: Floats, since: Floats) -> Floats:
        """One moment for each entry, by the week and the day, in s; none before `since`."""
        whole = np.clip(since / DAY, 0.0, len(self.days) - 1.001).astype(np.int64)
        low = self.days[whole]
        day = np.searchsorted(self.days, low + rng.random(len(shift)) * (1.0 - low), side="right")
        hour = np.interp(rng.random(len(shift)), self.until, np.arange(25.0)) + shift
        at = (np.minimum(day, len(self.days) - 1) - 1) * DAY + (hour % 24.0) * HOUR
        late = np.clip(since, 0.0, None)
        early = at < late
        # On the day that they join, people look around.
        at[early] = late[early] + rng.exponential(HOUR, int(early.sum()))
        return self.inside(at)

    def awake(self, rng: np.random.Generator, shift: Floats, at: Floats) -> Floats:
        """Those who sleep at `at` come in the morning instead."""
        local = (at / HOUR - shift) % 24.0
        asleep = (local > 0.5) & (local < 6.8)
        late = (6.8 - local) * HOUR + rng.exponential(40 * MINUTE, len(at))
        return np.where(asleep, at + late, at)

    def at_work(self, zone: Longs, at: Floats) -> Bools:
        """Whether it is a working hour: nine to five in its zone, Monday to Friday."""
        local = at / HOUR + self.offset[zone]
        weekday = (self.first_day + 3 + local // 24).astype(np.int64) % 7
        hour = local % 24.0
        return np.asarray((weekday < SATURDAY) & (hour >= 9.0) & (hour < 17.0))

    def inside(self, at: Floats) -> Floats:
        """What would fall out of the span falls on another day of it, at the same hour."""
        return np.where((at < 0) | (at >= self.span), at % self.span, at)


def day_of_humps(level: float, humps: Iterable[tuple[float, float, float]]) -> Floats:
    """How busy each of 24 hours is: humps above a level.

    Args:
        level: what is done at any hour.
        humps: the height of each, its middle and its width, h.
    """
    hour = np.arange(24.0)
    day = np.full(24, level)
    for height, middle, width in humps:
        day += height * np.exp(-0.5 * (((hour - middle + 12) % 24 - 12) / width) ** 2)
    return day


def shares_before(weights: Floats) -> Floats:
    """What share of all there is before each entry, and, at last, before the end."""
    return np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])


def weekdays(first_day: int, days: int) -> Longs:
    """The weekday of each day, Monday is 0; 1 January 1970 was a Thursday."""
    return np.asarray((first_day + 3 + np.arange(days)) % 7)


def in_sittings(opens: Bools, begins: Floats, gaps: Floats) -> Floats:
    """Moments of acts that follow one another in sittings.

    Args:
        opens: whether each act is the first of a sitting; the very first one is.
        begins: when each sitting begins.
        gaps: how long after the act before it each is done, s; of no matter where one opens.
    """
    sitting = np.cumsum(opens) - 1
    run = np.cumsum(np.where(opens, 0.0, gaps))
    return np.asarray(begins[sitting] + run - run[np.flatnonzero(opens)][sitting])


def since_1970(at: Floats, first_day: int) -> Longs:
    """Moments as a table has them, ms; `first_day` is in days since 1970."""
    return (at * 1_000).astype(np.int64) + first_day * DAY_MS
