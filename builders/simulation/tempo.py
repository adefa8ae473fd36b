"""How the acts of one order arrive: in six shapes.

The platform's own rings act evenly over a stretch, which a measure of evenness finds too easily.
Operators hand work to a scheduler, a queue or to people, and each leaves another shape.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from builders.simulation.population import Floats, Longs

Rng = np.random.Generator

_TENTH = 1.2816  # of a standard normal, a tenth lies above this


def arrivals(rng: Rng, tempo: str, count: int, *, width_ms: float) -> Longs:
    """When each of `count` acts comes, ms after the order, in no order.

    About nine acts in ten come within `width_ms`, whatever the tempo; none comes before 0.

    Raises:
        KeyError: there is no such tempo; `TEMPI` lists them.
    """
    share = _SHAPES[tempo](rng, count)
    return np.asarray(np.maximum(share, 0.0) * width_ms, dtype=np.int64)


def arrivals_by_target(
    rng: Rng, tempo: str, what: Longs, targets: int, *, width_ms: Floats | float
) -> Longs:
    """The arrivals of many orders at once: `what` numbers the target of each act.

    `width_ms` is one for all targets, or one for each.
    """
    width = np.broadcast_to(np.asarray(width_ms, dtype=np.float64), targets)
    counts = np.bincount(what, minlength=targets)
    at = np.empty(len(what), dtype=np.int64)
    rows = np.argsort(what, kind="stable")
    for target, mine in enumerate(np.split(rows, np.cumsum(counts)[:-1])):
        at[mine] = arrivals(rng, tempo, len(mine), width_ms=float(width[target]))
    return at


def _log_normal(rng: Rng, count: int) -> Floats:
    """People who are asked: most soon, some much later."""
    sigma = rng.uniform(0.6, 1.2)
    return np.exp(sigma * (rng.normal(size=count) - _TENTH))


def _exponential(rng: Rng, count: int) -> Floats:
    """Workers who look at a list of orders now and then."""
    return rng.exponential(1.0 / np.log(10.0), count)


def _normal(rng: Rng, count: int) -> Floats:
    """A scheduler that aims at one moment and adds noise."""
    return 0.5 + rng.normal(size=count) / (2.0 * 1.6449)


def _queue(rng: Rng, count: int) -> Floats:
    """A queue that lets one act through at a time, at a limited rate, with pauses."""
    gaps = rng.uniform(0.7, 1.3, count) + 5.0 * (rng.random(count) < 0.03)
    ends = np.cumsum(gaps)
    return rng.permutation(ends / (0.9 * ends[-1])) if count else gaps


def _staircase(rng: Rng, count: int) -> Floats:
    """Batches, such as a script that wakes every so many minutes and does all that waits."""
    steps = int(rng.integers(3, 9))
    batch = rng.integers(0, steps, count)
    return batch / steps + rng.exponential(0.02, count)


def _deadline(rng: Rng, count: int) -> Floats:
    """Work that piles up before the moment at which the customer pays."""
    return 1.0 - np.minimum(rng.exponential(0.3, count), 1.0)


_SHAPES: dict[str, Callable[[Rng, int], Floats]] = {
    "log-normal": _log_normal,
    "exponential": _exponential,
    "normal": _normal,
    "queue": _queue,
    "staircase": _staircase,
    "deadline": _deadline,
}

TEMPI: tuple[str, ...] = tuple(_SHAPES)


def drawn_tempo(rng: Rng) -> str:
    """One of the tempi by chance."""
    return TEMPI[int(rng.integers(0, len(TEMPI)))]
