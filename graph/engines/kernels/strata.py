"""Strata: groups of interactions inside which chance is even-handed.

Each interaction has one stratum. A stratum may have a next one: interactions at its end may match
interactions at the beginning of the next, which a null model must not forget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

HOUR_MS = 3_600_000
NONE = -1


@dataclass(frozen=True, slots=True)
class Strata:
    """The stratum of each interaction, in [0, len(next)), and the stratum after each, or -1."""

    of: Ints
    next: Ints

    @property
    def count(self) -> int:
        """How many strata."""
        return len(self.next)


def one_stratum(rows: int) -> Strata:
    """All interactions together: time explains nothing."""
    return Strata(np.zeros(rows, dtype=np.int64), np.array([NONE], dtype=np.int64))


def time_strata(acted_at: Ints, *, width_ms: int, least: int, times: Ints | None = None) -> Strata:
    """Stretches of time of `width_ms`; thin ones join the rest of their day or of the extract.

    A stretch with fewer than `least` interactions gives no rate, since a ring in it would make its
    own expectation. Its interactions go to the rest of their day; thin rests go to one rest of all.

    Args:
        acted_at: ms since 1970 UTC.
        width_ms: an hour, or the window if that is longer: a match reaches one stretch on at most.
        least: interactions that a stratum needs.
        times: how many interactions each of `acted_at` stands for, if not one; all of them lie in
            one stretch and on one day.
    """
    if len(acted_at) == 0:
        return one_stratum(0)
    stretches, place, counts = _counted(acted_at // width_ms, times)
    thin = counts < least
    full = np.cumsum(~thin) - 1
    follows = np.append((np.diff(stretches) == 1) & ~thin[:-1] & ~thin[1:], False)
    successor = np.where(follows, full + 1, NONE)[~thin]
    of = full[place]
    rest = thin[place]
    number = int((~thin).sum())
    if rest.any():
        many = None if times is None else times[rest]
        of[rest], number = _rests(acted_at[rest], number, least, many)
    after = np.full(number, NONE, dtype=np.int64)
    after[: len(successor)] = successor
    return Strata(of.astype(np.int64), after)


def _rests(acted_at: Ints, number: int, least: int, times: Ints | None) -> tuple[Ints, int]:
    """Strata from `number` on for interactions of thin stretches, and how many there are then."""
    _, place, counts = _counted(acted_at // (24 * HOUR_MS), times)
    thin = counts < least
    days = number + np.cumsum(~thin) - 1
    last = number + int((~thin).sum())
    found = np.where(thin[place], last, days[place])
    return found.astype(np.int64), last + int(thin.any())


def _counted(numbers: Ints, times: Ints | None) -> tuple[Ints, Ints, Ints]:
    """The distinct numbers, the place of each among them, and how often they come."""
    distinct, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    if times is not None:
        counts = np.zeros(len(distinct), np.int64)
        np.add.at(counts, place, times)
    return distinct, place, counts
