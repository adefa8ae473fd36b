"""What shared interest alone would give each pair: strata of object groups and hours of the day.

Two accounts that care for one topic meet on its objects though neither knows of the other. Given
how often each acts on a group of objects at an hour of the day (over all days), a pair is expected
to match as in `graph.engines.kernels.chance`, with strata (group, hour of the day) in place of
hours of the window. Matches across the turn of an hour are kept; those of thin strata go to one
stratum of all thin ones, since a ring in a thin stratum would make its own expectation.

Only groups and stretches of time in which somebody acts are held, so memory grows with the
interactions, however many topics there are and however long the extract is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.chance import (
    Expectation,
    Matches,
    expected_of_pairs,
    profiles,
    rates,
    tallied,
)
from graph.engines.kernels.strata import HOUR_MS, NONE, Strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY_MS = 24 * HOUR_MS


def interest(
    account: Ints,
    object_: Ints,
    acted_at: Ints,
    group: Ints,
    *,
    accounts: int,
    within_ms: int,
    least: int,
) -> Expectation:
    """The null model of co-action within `within_ms` (-1: at any time), without a hedge.

    Args:
        account: dense account of each interaction, in [0, accounts).
        object_: dense object of each interaction.
        acted_at: when, milliseconds.
        group: the group of each interaction's object, from 0.
        accounts: how many accounts there are.
        within_ms: the window, inclusive.
        least: interactions that a stratum needs.
    """
    width = max(HOUR_MS, within_ms) if within_ms >= 0 else None
    stretch = np.zeros_like(acted_at) if width is None else acted_at // width
    # Hours of the day come again each day; stretches that do not divide a day do not.
    folds = DAY_MS // width if width is not None and DAY_MS % width == 0 else 1
    stretches, place = np.unique(stretch, return_inverse=True)
    codes, of = np.unique(group * np.int64(max(len(stretches), 1)) + place, return_inverse=True)
    fine = _Fine(*np.divmod(codes, max(len(stretches), 1)), stretches)
    same, across = tallied(
        account, object_, acted_at, within_ms=within_ms, strata=Strata(of, fine.after)
    )
    if folds == 1:
        same, across = same + 2 * across, np.zeros_like(across)
    rows = np.bincount(of, minlength=len(codes))
    stratum, after = _merged(fine.folded(folds), rows, folds, least)
    number = len(after)
    found = Matches(
        same=np.bincount(stratum, weights=same, minlength=number).astype(np.float64),
        across=np.bincount(stratum, weights=across, minlength=number).astype(np.float64),
        whole=0.0,
    )
    size = np.bincount(stratum, weights=rows, minlength=number).astype(np.float64)
    return profiles(account, stratum[of], accounts=accounts, rates=rates(found, size, after))


def with_interest(
    model: Expectation, interests: Expectation | None, src: Ints, dst: Ints
) -> Floats:
    """What the hour or the interest expects of each pair, whichever is more, and the hedge."""
    by_hour = expected_of_pairs(model, src, dst)
    if interests is None:
        return by_hour
    hedge = model.rates.hedge * model.total[src] * model.total[dst]
    found: Floats = np.maximum(by_hour, expected_of_pairs(interests, src, dst) + hedge)
    return found


class _Fine(NamedTuple):
    """The groups and stretches of time in which somebody acts, in their order.

    `group[k]` and `place[k]`: of stratum k its group, and its stretch as a place in `stretches`,
    all stretches in which anybody acts.
    """

    group: Ints
    place: Ints
    stretches: Ints

    @property
    def after(self) -> Ints:
        """The stratum of the group's next stretch, which has the next number, or -1."""
        stretch = self.stretches[self.place]
        follows = (np.diff(self.group) == 0) & (np.diff(stretch) == 1)
        number = np.arange(1, len(self.group) + 1, dtype=np.int64)
        return np.where(np.append(follows, False)[: len(number)], number, NONE)

    def folded(self, folds: int) -> Ints:
        """Each stratum's group and hour of the day as one number."""
        found: Ints = self.group * folds + self.stretches[self.place] % folds
        return found


def _merged(folded: Ints, rows: Ints, folds: int, least: int) -> tuple[Ints, Ints]:
    """The stratum of each hour of each group, thin ones as one, and the stratum after each.

    Args:
        folded: the groups' hours of the day, as numbers in which the hours of a group follow.
        rows: how many interactions each entry of `folded` has.
        folds: hours of a day.
        least: interactions that a stratum needs.
    """
    distinct, at = np.unique(folded, return_inverse=True)
    full = np.bincount(at, weights=rows, minlength=len(distinct)) >= least
    kept = distinct[full]
    number = np.where(full, np.cumsum(full) - 1, len(kept)).astype(np.int64)
    hour = kept % folds
    follower = kept - hour + (hour + 1) % folds
    place = np.searchsorted(kept, follower)
    there = np.isin(follower, kept) & (folds > 1)
    return number[at], np.append(np.where(there, place, NONE), NONE).astype(np.int64)
