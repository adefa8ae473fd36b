"""Is an arrival curve that of an audience or that of a schedule?

An audience meets a post when its members happen to look: most soon, some hours later, a few days
later, whatever the scale. A schedule fills a stretch of time: evenly, around a moment, or at a
steady rate. The two differ in how much shorter the stretch is that holds half of the arrivals than
the one that holds nine tenths, and that does not depend on the clock's scale or on where the
stretch lies. Few arrivals look more compact than many, so each number has its own table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from algorithms.explain.shape_table import SHAPES

Floats = npt.NDArray[np.float64]

PERCENTS: Final = (25, 50, 75, 90)
"""Of the arrivals, what share each shortest interval holds."""
MEMBERS: Final = (*range(8, 25), 30, 40, 60, 90, 150, 300, 600)
"""The numbers of arrivals that the table is made for; between them it is drawn through."""
SCHEDULES: Final = ("uniform", "normal", "exponential")
AUDIENCES: Final = tuple(name for name in SHAPES if name.startswith("log-normal"))

_MISFIT = 1.25
"""Spreads are taken this much wider: no real curve is drawn from one family alone."""
_LEAST, _MOST = -3.0, 1.5
"""What one object may say, in natural log-odds; a schedule speaks louder than an audience."""
_TORN = -1.0
"""What an object says whose arrivals come in waves."""


@dataclass(frozen=True, slots=True)
class Stretches:
    """Where the arrivals on one object are dense, in the unit of their times."""

    shortest: Floats
    """The shortest intervals that hold 25, 50, 75 and 90 % of them, shape (4,)."""
    rest: float
    """The shortest interval that holds half of the arrivals outside the shortest half.

    Where arrivals thin out from one peak it lies beside the peak, and is about as long as the step
    from the 50 % interval to the 75 % one; in waves it is another wave, and far shorter.
    """
    begins: float
    """From the first arrival to where the shortest half begins: little, where they thin out."""


def stretches(ordered: Floats) -> Stretches:
    """Where arrivals are dense.

    Args:
        ordered: at least 8 arrival times in order.
    """
    found = [_shortest(ordered, -(-len(ordered) * percent // 100)) for percent in PERCENTS]
    begin, half = found[1][1], -(-len(ordered) // 2)
    outside = np.delete(ordered, slice(begin, begin + half))
    rest, _ = _shortest(outside, -(-len(outside) // 2))
    return Stretches(
        shortest=np.array([length for length, _ in found]),
        rest=rest,
        begins=float(ordered[begin] - ordered[0]),
    )


def _shortest(ordered: Floats, held: int) -> tuple[float, int]:
    lengths = ordered[held - 1 :] - ordered[: len(ordered) - held + 1]
    place = int(lengths.argmin())
    return float(lengths[place]), place


def log_ratios(shortest: Floats) -> Floats:
    """The log of each interval over the next larger one, shape (n, 3).

    An interval that holds equal times may be nought; it is read as a millionth of the largest.
    """
    least = np.maximum(shortest[:, -1:], 1e-300) * 1e-6
    logs = np.log(np.maximum(shortest, least))
    ratios: Floats = logs[:, :-1] - logs[:, 1:]
    return ratios


def audience_log_odds(members: Floats, shortest: Floats, rest: Floats) -> Floats:
    """Natural log-odds for a broad audience against a schedule, in [-3, 1.5], shape (n, 4).

    The best schedule (uniform, normal, exponential) is held against the best broad audience
    (log-normal, sigma 1.2 to 3.0): by all three ratios in the first column, by each alone in the
    others. An audience looks like one at every scale; a burst with stragglers only at the widest.
    A log-normal much narrower than 1.2 has the curve of a steady drip and is not told from one.

    Args:
        members: arrivals on each object, at least 8, shape (n,).
        shortest: the shortest intervals that hold 25, 50, 75 and 90 % of them, shape (n, 4).
        rest: the shortest that holds half of those outside the shortest half, shape (n,).
    """
    ratios = log_ratios(shortest)
    schedules = np.stack([_log_densities(name, members, ratios) for name in SCHEDULES])
    audiences = np.stack([_log_densities(name, members, ratios) for name in AUDIENCES])
    whole = audiences.sum(axis=2).max(axis=0) - schedules.sum(axis=2).max(axis=0)
    whole = np.where(in_waves(members, shortest, rest), np.minimum(whole, _TORN), whole)
    alone = audiences.max(axis=0) - schedules.max(axis=0)
    odds: Floats = np.clip(np.concatenate([whole[:, None], alone], axis=1), _LEAST, _MOST)
    return odds


def in_waves(members: Floats, shortest: Floats, rest: Floats) -> npt.NDArray[np.bool_]:
    """Whether the next quarter lies in a wave of its own, beyond what few arrivals do by chance.

    Of decaying curves 1 in 50 is below this bound at 10 arrivals, 1 in 1,000 at 40.
    """
    step = np.maximum(shortest[:, 2] - shortest[:, 1], shortest[:, 3] * 1e-6)
    return np.log(np.maximum(rest, 1e-300) / step) < -1.5 - 3.0 / np.sqrt(members)


def _log_densities(family: str, members: Floats, ratios: Floats) -> Floats:
    """The log-density of each ratio under a family, shape (n, 3), up to a constant."""
    table = np.array(SHAPES[family])
    place = np.log(np.clip(members, MEMBERS[0], MEMBERS[-1]))
    known = [math.log(number) for number in MEMBERS]
    drawn = np.stack([np.interp(place, known, column) for column in table.T], axis=1)
    mean, spread = drawn[:, :3], drawn[:, 3:] * _MISFIT
    density: Floats = -0.5 * ((ratios - mean) / spread) ** 2 - np.log(spread)
    return density
