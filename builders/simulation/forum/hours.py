"""When a forum is awake: its zones, the hours of a day, the days of a week."""

from __future__ import annotations

import numpy as np

from builders.simulation.forum.spec import ForumSpec
from builders.simulation.hours import DAY, SATURDAY, Hours, day_of_humps, shares_before, weekdays

_ZONES = (
    (-8.0, 0.14),
    (-5.0, 0.36),
    (0.0, 0.13),
    (1.0, 0.15),
    (5.5, 0.09),
    (8.0, 0.07),
    (10.0, 0.06),
)
"""Hours from UTC, and about which share of people: half of the largest forum's visits are from
North America (traffic estimates of 2023 and 2024, round); the rest is a guess."""

_FIRST_DAYS = (19_723, 20_400)
"""First days are in 2024 and 2025, in days since 1970."""


def drawn_hours(rng: np.random.Generator, spec: ForumSpec) -> Hours:
    """A world's rhythm: four to seven zones; a hump at work, one after lunch, one at night.

    That people post from work is well known (weekdays are a little busier on link aggregators);
    heights and widths are guesses.
    """
    zones = np.sort(rng.choice(len(_ZONES), int(rng.integers(4, len(_ZONES) + 1)), replace=False))
    offset, share = np.array(_ZONES)[zones].T
    first_day = int(rng.integers(*_FIRST_DAYS))
    day = day_of_humps(
        rng.uniform(0.04, 0.12),
        (
            (rng.uniform(0.3, 0.6), rng.uniform(8.5, 10.5), 2.0),
            (rng.uniform(0.3, 0.6), rng.uniform(12.5, 14.5), 2.0),
            (1.0, rng.uniform(20, 22), rng.uniform(2.2, 3.2)),
        ),
    )
    busy = np.exp(rng.normal(0.0, 0.05, spec.days))
    weekend = weekdays(first_day, spec.days) >= SATURDAY
    busy *= np.where(weekend, rng.uniform(0.78, 1.08), 1.0)
    return Hours(
        first_day=first_day,
        span=spec.days * DAY,
        offset=offset,
        share=rng.dirichlet(60.0 * share / share.sum()),
        until=shares_before(day),
        days=shares_before(busy),
    )
