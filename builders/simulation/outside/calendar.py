"""When people act: hours of their day, days of the fortnight, and nights that they sleep through.

Times are seconds from the start, in floating point; zones are hours from UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.hours import DAY, HOUR, SATURDAY, weekdays
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.population import Floats, Longs

BEFORE = 10
"""Days before the start on which posts were made that still go round."""

_FIRST_DAY = 1_700_000_000 // 86_400
_HOURS = (2.0, 1.0, 0.6, 0.4, 0.4, 0.7, 1.5, 3.0, 4.0, 4.2, 4.3, 4.6, 5.5, 5.2, 4.6, 4.5, 4.8, 5.3,
          6.0, 7.0, 8.0, 8.2, 6.5, 4.0)  # fmt: skip
_MORNING = 6.5 * HOUR
_UP_AT_NIGHT = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The first day (since 1970), how many there are, and what share of acts each hour and day has.

    `hour_shares` is over hours of the local day.
    """

    first_day: int
    days: int
    hour_shares: Floats
    day_shares: Floats

    @property
    def span(self) -> float:
        """Seconds from the start to the end."""
        return self.days * DAY

    def moments(self, rng: np.random.Generator, zone: Floats, lark: Floats) -> Floats:
        """One time of day and fortnight for each account, by its zone and its habit of rising."""
        count = len(zone)
        day = rng.choice(self.days, count, p=self.day_shares)
        at = day * DAY + self._time_of_day(rng, count) - (zone - lark) * HOUR
        return np.asarray(np.mod(at, self.span))

    def births(self, rng: np.random.Generator, count: int) -> Floats:
        """Times at which posts are made, those of the days before the start among them."""
        day = rng.integers(-BEFORE, self.days, count)
        return np.asarray(day * DAY + self._time_of_day(rng, count))

    def early(self, rng: np.random.Generator, leave: float) -> float:
        """Any time but in the last `leave` days; in the first half of a short fortnight."""
        return float(rng.random()) * max(self.days - leave, self.days / 2) * DAY

    def _time_of_day(self, rng: np.random.Generator, count: int) -> Floats:
        hour = rng.choice(24, count, p=self.hour_shares)
        return np.asarray(hour * HOUR + rng.random(count) * HOUR)


def drawn_calendar(rng: np.random.Generator, spec: OutsideSpec) -> Calendar:
    """A stretch of days with more or less of a night and of a week-end."""
    first = _FIRST_DAY + int(rng.integers(0, 300))
    hours = np.array(_HOURS) ** rng.uniform(0.6, 1.1)
    weekend = weekdays(first, spec.days) >= SATURDAY
    days = np.where(weekend, rng.uniform(0.8, 1.35), 1.0) * np.exp(rng.normal(0, 0.06, spec.days))
    return Calendar(
        first_day=first,
        days=spec.days,
        hour_shares=hours / hours.sum(),
        day_shares=days / days.sum(),
    )


def awake(rng: np.random.Generator, at: Floats, zone: Floats) -> Floats:
    """Acts that fall into the night of who acts wait for the morning, most of them."""
    local = np.mod(at + zone * HOUR, DAY)
    night = (local < _MORNING) & (rng.random(len(at)) >= _UP_AT_NIGHT)
    morning = at + _MORNING - local + rng.exponential(4_000, len(at))
    return np.asarray(np.where(night, morning, at))


def local_hour(at: Floats, zone: Floats) -> Longs:
    """The hour of the day where somebody lives, 0 to 23."""
    return np.asarray(np.mod(at + zone * HOUR, DAY) // HOUR, dtype=np.int64)
