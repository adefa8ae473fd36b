"""When people act: hours of their zone and of their own, days of the week, days of a sale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.population import Bools, Floats, Longs

MINUTE = 60.0
HOUR = 3_600.0
DAY = 86_400.0

_CHRONOTYPE = 1.5
"""Spread of the middle of sleep over people, hours (Roenneberg and others 2007, round)."""

_FIRST_DAYS = (19_723, 20_400)
"""First days are in 2024 and 2025, in days since 1970."""


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
        return np.asarray((weekday < 5) & (hour >= 9.0) & (hour < 17.0))

    def inside(self, at: Floats) -> Floats:
        """What would fall out of the span falls on another day of it, at the same hour."""
        return np.where((at < 0) | (at >= self.span), at % self.span, at)


def drawn_hours(rng: np.random.Generator, spec: MarketplaceSpec) -> Hours:
    """A world's rhythm: two to five zones, week-ends busier or calmer, up to three days of sale."""
    zones = int(rng.integers(2, 6))
    first_day = int(rng.integers(*_FIRST_DAYS))
    hour = np.arange(24.0)
    day = np.full(24, rng.uniform(0.03, 0.2))
    for height, middle, width in (
        (rng.uniform(0.2, 0.7), rng.uniform(8, 11), rng.uniform(1.5, 3.0)),
        (rng.uniform(0.2, 0.8), rng.uniform(12, 15), rng.uniform(1.5, 3.0)),
        (1.0, rng.uniform(19, 21.5), rng.uniform(1.8, 3.5)),
    ):
        day += height * np.exp(-0.5 * (((hour - middle + 12) % 24 - 12) / width) ** 2)
    weekday = (first_day + 3 + np.arange(spec.days)) % 7
    busy = np.exp(rng.normal(0.0, 0.06, spec.days))
    busy *= np.where(weekday >= 5, rng.uniform(0.75, 1.4), 1.0)
    sales = rng.choice(spec.days, int(rng.integers(0, 4)), replace=False)
    busy[sales] *= rng.uniform(1.2, 1.9)
    return Hours(
        first_day=first_day,
        span=spec.days * DAY,
        offset=rng.choice(np.arange(-8.0, 10.0), zones, replace=False),
        share=rng.dirichlet(np.full(zones, 2.0)),
        until=np.concatenate([[0.0], np.cumsum(day) / day.sum()]),
        days=np.concatenate([[0.0], np.cumsum(busy) / busy.sum()]),
    )
