"""What shared interest alone would give each pair: strata of object groups and hours of the day.

Two accounts that care for one topic meet on its objects though neither knows of the other. Given
how often each acts on a group of objects at an hour of the day (over all days), a pair is expected
to match as in `graph.engines.kernels.chance`, with strata (group, hour of the day) in place of
hours of the window. Matches across the turn of an hour are kept; those of thin strata go to one
stratum of all thin ones, since a ring in a thin stratum would make its own expectation.
"""

from __future__ import annotations

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
    groups = int(group.max()) + 1 if len(group) else 1
    fine = _fine(stretches, place.astype(np.int64), group, groups)
    same, across = tallied(account, object_, acted_at, within_ms=within_ms, strata=fine)
    folded = np.repeat(np.arange(groups), len(stretches)) * folds + np.tile(
        stretches % folds, groups
    )
    if folds == 1:
        same, across = same + 2 * across, np.zeros_like(across)
    of, after = _merged(folded[fine.of], groups, folds, least)
    number = len(after)
    # Strata without rows have no matches either: any stratum will do for them.
    where = np.zeros(groups * folds, dtype=np.int64)
    where[folded[fine.of]] = of
    found = Matches(
        same=np.bincount(where[folded], weights=same, minlength=number).astype(np.float64),
        across=np.bincount(where[folded], weights=across, minlength=number).astype(np.float64),
        whole=0.0,
    )
    size = np.bincount(of, minlength=number).astype(np.float64)
    return profiles(account, of, accounts=accounts, rates=rates(found, size, after))


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


def _fine(stretches: Ints, place: Ints, group: Ints, groups: int) -> Strata:
    """Each stretch of time of each group; one follows another where times do."""
    number = np.arange(groups * len(stretches), dtype=np.int64)
    follows = np.tile(np.append(np.diff(stretches) == 1, False), groups)
    return Strata(group * np.int64(len(stretches)) + place, np.where(follows, number + 1, NONE))


def _merged(folded: Ints, groups: int, folds: int, least: int) -> tuple[Ints, Ints]:
    """The stratum of each row, thin ones as one, and the stratum after each."""
    counts = np.bincount(folded, minlength=groups * folds)
    full = counts >= least
    number = np.cumsum(full) - 1
    rest = int(full.sum())
    of = np.where(full[folded], number[folded], rest).astype(np.int64)
    kept = np.flatnonzero(full)
    group, hour = np.divmod(kept, folds)
    follower = group * folds + (hour + 1) % folds
    after = np.where(full[follower] & (folds > 1), number[follower], NONE)
    return of, np.append(after, NONE).astype(np.int64)
