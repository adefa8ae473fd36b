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

from graph.engines.kernels.chance import Expectation, expected_of_pairs, profiles, rates
from graph.engines.kernels.matching import Matches, matches
from graph.engines.kernels.strata import HOUR_MS, NONE, Strata

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAY_MS = 24 * HOUR_MS


class Hours(NamedTuple):
    """The hours of the day that are told apart: how long each is, and how many come each day.

    `width_ms` is None where all time is one.
    """

    width_ms: int | None
    folds: int


def hours_of(within_ms: int) -> Hours:
    """The hours of a window (-1: any time): no match reaches beyond the next one."""
    if within_ms < 0:
        return Hours(None, 1)
    width = max(HOUR_MS, within_ms)
    # Hours of the day come again each day; stretches that do not divide a day do not.
    return Hours(width, DAY_MS // width if DAY_MS % width == 0 else 1)


class Cells(NamedTuple):
    """What is in each hour of the day of each group in which somebody acts.

    `code` is the group times the hours of a day, and the hour; ascending. `rows` are interactions;
    `same` and `across` are those of `graph.engines.kernels.matching.Matches`, whole numbers, and
    `across` leads to the group's next hour.
    """

    code: Ints
    rows: Ints
    same: Floats
    across: Floats


def cells_of(
    account: Ints | None,
    object_: Ints,
    acted_at: Ints,
    group: Ints,
    *,
    within_ms: int,
    times: Ints | None = None,
) -> tuple[Cells, Ints]:
    """The cells, and the place in them of each interaction; the arguments are `interest`'s.

    As to no `account`, and to `times`, see `graph.engines.kernels.matching.matches`. Sums of the
    cells of some objects and of others are those of all of them.
    """
    width, folds = hours_of(within_ms)
    stretch = np.zeros_like(acted_at) if width is None else acted_at // width
    stretches, place = np.unique(stretch, return_inverse=True)
    codes, of = np.unique(group * np.int64(max(len(stretches), 1)) + place, return_inverse=True)
    fine = _Fine(*np.divmod(codes, max(len(stretches), 1)), stretches)
    matched = matches(
        account, object_, acted_at, within_ms=within_ms, strata=Strata(of, fine.after), times=times
    )
    same, across = matched.same, matched.across
    if folds == 1:
        same, across = same + 2 * across, np.zeros_like(across)
    code, at = np.unique(fine.folded(folds), return_inverse=True)
    number = len(code)
    found = Cells(
        code=code,
        rows=np.bincount(at[of], times, minlength=number).astype(np.int64),
        same=np.bincount(at, weights=same, minlength=number).astype(np.float64),
        across=np.bincount(at, weights=across, minlength=number).astype(np.float64),
    )
    return found, at[of]


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
    cells, of = cells_of(account, object_, acted_at, group, within_ms=within_ms)
    stratum, after = _merged(cells, hours_of(within_ms).folds, least)
    number = len(after)
    found = Matches(
        same=np.bincount(stratum, weights=cells.same, minlength=number).astype(np.float64),
        across=np.bincount(stratum, weights=cells.across, minlength=number).astype(np.float64),
        whole=0.0,
    )
    size = np.bincount(stratum, weights=cells.rows, minlength=number).astype(np.float64)
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


def followers(codes: Ints, folds: int) -> Ints:
    """The place of the group's next hour of the day among some ascending `Cells.code`, or -1."""
    if folds == 1:
        return np.full(len(codes), NONE, dtype=np.int64)
    hour = codes % folds
    wanted = codes - hour + (hour + 1) % folds
    found: Ints = np.where(np.isin(wanted, codes), np.searchsorted(codes, wanted), NONE)
    return found.astype(np.int64)


def _merged(cells: Cells, folds: int, least: int) -> tuple[Ints, Ints]:
    """The stratum of each cell, thin ones as one, and the stratum after each.

    Args:
        cells: the hours of each group.
        folds: hours of a day.
        least: interactions that a stratum needs.
    """
    full = cells.rows >= least
    number = np.where(full, np.cumsum(full) - 1, full.sum()).astype(np.int64)
    return number, np.append(followers(cells.code[full], folds), NONE)
