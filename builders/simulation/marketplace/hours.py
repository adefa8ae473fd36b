"""When a marketplace is busy: its zones, the hours of a day, days of the week, days of a sale."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import DAY, SATURDAY, Hours, day_of_humps, shares_before, weekdays
from builders.simulation.marketplace.spec import MarketplaceSpec

_FIRST_DAYS = (19_723, 20_400)
"""First days are in 2024 and 2025, in days since 1970."""


def drawn_hours(rng: np.random.Generator, spec: MarketplaceSpec) -> Hours:
    """A world's rhythm: two to five zones, week-ends busier or calmer, up to three days of sale."""
    zones = int(rng.integers(2, 6))
    first_day = int(rng.integers(*_FIRST_DAYS))
    day = day_of_humps(
        rng.uniform(0.03, 0.2),
        (
            (rng.uniform(0.2, 0.7), rng.uniform(8, 11), rng.uniform(1.5, 3.0)),
            (rng.uniform(0.2, 0.8), rng.uniform(12, 15), rng.uniform(1.5, 3.0)),
            (1.0, rng.uniform(19, 21.5), rng.uniform(1.8, 3.5)),
        ),
    )
    busy = np.exp(rng.normal(0.0, 0.06, spec.days))
    weekend = weekdays(first_day, spec.days) >= SATURDAY
    busy *= np.where(weekend, rng.uniform(0.75, 1.4), 1.0)
    sales = rng.choice(spec.days, int(rng.integers(0, 4)), replace=False)
    busy[sales] *= rng.uniform(1.2, 1.9)
    return Hours(
        first_day=first_day,
        span=spec.days * DAY,
        offset=rng.choice(np.arange(-8.0, 10.0), zones, replace=False),
        share=rng.dirichlet(np.full(zones, 2.0)),
        until=shares_before(day),
        days=shares_before(busy),
    )
