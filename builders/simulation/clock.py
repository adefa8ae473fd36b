"""When people act: a daily cycle in four time zones, and a week with busier week-ends."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builders.simulation.population import ZONE_OFFSETS, Floats, Longs
from builders.simulation.spec import DAY_MS, HOUR_MS, SimulationSpec

_DAY_FACTORS = np.array([1.0, 0.97, 0.98, 1.0, 1.05, 1.15, 1.12])
_NIGHT = (0.55, 0.35, 0.2, 0.12, 0.09, 0.12)
_MORNING = (0.22, 0.4, 0.55, 0.62, 0.66, 0.7)
_AFTERNOON = (0.78, 0.76, 0.7, 0.7, 0.74, 0.8)
_EVENING = (0.88, 0.96, 1.0, 0.98, 0.88, 0.72)
_LOCAL_HOURS = np.array([*_NIGHT, *_MORNING, *_AFTERNOON, *_EVENING])


def local_hours() -> Floats:
    """Activity in each local hour, summing to 1: deep at 4 in the morning, highest at 20."""
    return np.asarray(_LOCAL_HOURS / _LOCAL_HOURS.sum())


def zone_hours() -> Floats:
    """Activity by zone (rows) and UTC hour (columns); each row sums to 1."""
    local = local_hours()
    return np.stack([local[(np.arange(24) + offset) % 24] for offset in ZONE_OFFSETS])


def day_factors(spec: SimulationSpec) -> Floats:
    """How busy each day of the span is; 1 is a Monday."""
    first = (spec.start_ms // DAY_MS + 3) % 7
    return _DAY_FACTORS[(first + np.arange(spec.days)) % 7]


def waking_times(
    rng: np.random.Generator, count: int, zone: int | npt.NDArray[np.integer], span_ms: int
) -> Longs:
    """Moments (ms from the start) over the span that follow the daily cycle of a zone.

    `zone` is one for all, or one for each moment.
    """
    day = rng.integers(0, span_ms // DAY_MS, count)
    ends = np.cumsum(zone_hours(), axis=1)[np.broadcast_to(zone, count)]
    hour = np.minimum((rng.random(count)[:, None] > ends).sum(axis=1), 23)
    at = day * DAY_MS + hour * HOUR_MS + rng.integers(0, HOUR_MS, count)
    return np.asarray(at, dtype=np.int64)
