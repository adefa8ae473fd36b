"""When people are up: hours of the day, days of the week, sittings, and sleep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.hours import DAY, HOUR, SATURDAY, in_sittings, weekdays
from builders.simulation.population import Floats, Longs

_BINS = 96
"""Quarters of an hour in a day."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The span's calendar. Times are seconds from its first midnight (UTC).

    `first_day`: days since 1970 of its first day. `busy`: how busy each day is.
    `ends`: by quarter of an hour, the share of a day's acts before its end, in local time.
    """

    days: int
    first_day: int
    busy: Floats
    ends: Floats

    @property
    def span(self) -> float:
        """How long it is, s."""
        return self.days * DAY

    def weekday(self, at: Floats) -> Longs:
        """0 is a Monday; by UTC."""
        return np.asarray((at // DAY + self.first_day + 3) % 7, dtype=np.int64)

    def moments(self, rng: np.random.Generator, offset: Floats) -> Floats:
        """A moment for each `offset` (s ahead of UTC, an owl's less): busy days and hours oftener.

        Moments of local days that begin before the span or end after it are wrapped into it.
        """
        count = len(offset)
        day = np.searchsorted(np.cumsum(self.busy / self.busy.sum()), rng.random(count))
        quarter = np.searchsorted(self.ends, rng.random(count))
        local = np.minimum(day, self.days - 1) * DAY + (quarter + rng.random(count)) * DAY / _BINS
        return np.asarray((local - offset) % self.span)

    def up(self, rng: np.random.Generator, at: Floats, offset: Floats) -> Floats:
        """The same moments, those in the night put off until the morning; one in nine is up."""
        hour = (at + offset) % DAY / HOUR
        asleep = ((hour >= 0.5) & (hour < 6.8)) & (rng.random(len(at)) < 0.89)
        morning = at + (6.8 - hour) * HOUR + rng.gamma(1.5, 2_400.0, len(at))
        return np.where(asleep, morning, at)

    def at_work(self, rng: np.random.Generator, count: int, offset: float) -> Floats:
        """Moments in office hours of working days, local time, in order."""
        days = np.arange(self.days)
        working = days[self.weekday(np.asarray(days * DAY, dtype=np.float64)) < SATURDAY]
        hour = np.clip(rng.normal(12.8, 2.4, count), 8.5, 18.0)
        at = rng.choice(working, count) * DAY + hour * HOUR - offset
        return np.sort(np.clip(at, 0.0, self.span - 2 * HOUR))


def drawn_rhythm(rng: np.random.Generator, spec: FortnightSpec) -> Rhythm:
    """The span begins on any day of a year; hours have a morning, a noon and an evening peak.

    How high each is, and how deep the night (some twentieths of the evening), are guesses.
    """
    first_day = 20_089 + int(rng.integers(0, 365))
    weekend = float(rng.uniform(0.85, 1.25))
    busy = np.where(weekdays(first_day, spec.days) >= SATURDAY, weekend, 1.0)
    busy *= rng.lognormal(0.0, 0.06, spec.days)
    hour = np.arange(_BINS) * 24 / _BINS
    peaks = ((8.3, 1.3, 0.5), (12.6, 1.6, 0.7), (20.4, 2.3, 1.0), (16.0, 3.0, 0.4))
    level = np.full(_BINS, 0.05)
    for middle, width, height in peaks:
        away = np.minimum(np.abs(hour - middle), 24 - np.abs(hour - middle))
        level += height * rng.uniform(0.8, 1.2) * np.exp(-0.5 * (away / width) ** 2)
    return Rhythm(spec.days, first_day, busy, np.cumsum(level / level.sum()))


def sittings(
    rng: np.random.Generator, rhythm: Rhythm, who: npt.NDArray[np.integer], offset: Floats
) -> Floats:
    """When the acts in `who` (sorted) are done, each account's in sittings of some acts.

    A sitting has four acts on average, with log-normal gaps of half a minute at the median: acts
    come in bursts with long silences between (Barabasi, Nature 2005).
    """
    count = len(who)
    fresh = rng.random(count) < 0.25
    fresh[0] = True
    fresh[1:] |= who[1:] != who[:-1]
    begin = rhythm.moments(rng, offset[np.flatnonzero(fresh)])
    return in_sittings(fresh, begin, rng.lognormal(np.log(30.0), 1.1, count))
