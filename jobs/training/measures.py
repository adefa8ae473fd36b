"""How good a card is on decisions that it did not learn from, and whether better than another.

The unit that is drawn for intervals is the campaign, as its clusters stand or fall together. Both
cards are judged on the same draws, so that their difference has an interval of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from algorithms.calibration_line import calibration_line
from algorithms.ranking_measures import Tied, average_precision, precision_at
from jobs.evaluation.intervals import DRAWS, Interval, between

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FIRST = (10, 25, 50, 100)
"""How many of the most suspect clusters `precision at` looks at."""

Outcome = Literal["better", "no better", "worse"]


@dataclass(frozen=True)
class Judged:
    """Decided clusters of a test: the outcome and campaign of each, and the draws of campaigns."""

    rings: Floats
    campaigns: Ints
    draws: int = DRAWS
    seed: int = 0

    @property
    def prevalence(self) -> float:
        """The share of rings, which is the average precision of a ranking that knows nothing."""
        return float(self.rings.mean())

    @cached_property
    def times(self) -> Floats:
        """How often each draw holds each cluster, shape (draws, clusters)."""
        numbers, place = np.unique(self.campaigns, return_inverse=True)
        drawing = np.random.default_rng(self.seed)
        share = np.full(len(numbers), 1 / len(numbers))
        drawn = drawing.multinomial(len(numbers), share, size=self.draws)
        found: Floats = drawn[:, place].astype(np.float64)
        return found


@dataclass(frozen=True)
class Card:
    """What a card says of the clusters of a test, in log-odds; every measure is a property."""

    judged: Judged
    log_odds: Floats

    @cached_property
    def measures(self) -> dict[str, Interval]:
        """Each measure with its interval, by name."""
        return {name: between(self._values[name], drawn) for name, drawn in self._drawn.items()}

    def beside(self, other: Card) -> dict[str, Interval]:
        """How much higher average precision and Brier score are than another card's."""
        found = {}
        for name in ("average_precision", "brier"):
            value, its = self._values[name], other._values[name]
            apart = None if value is None or its is None else value - its
            found[name] = between(apart, self._drawn[name] - other._drawn[name])
        return found

    @cached_property
    def _values(self) -> dict[str, float | None]:
        ranking = self._ranking
        once = np.ones((1, len(self.log_odds)))
        shift, slope = calibration_line(self.log_odds, self.judged.rings, once)[0]
        return {
            "average_precision": average_precision(ranking),
            **{f"precision_at_{first}": precision_at(ranking, first) for first in self._first},
            "brier": float(((self._chance - self.judged.rings) ** 2).mean()),
            "calibration_slope": None if np.isnan(slope) else float(slope),
            "calibration_intercept": None if np.isnan(shift) else float(shift),
        }

    @cached_property
    def _drawn(self) -> dict[str, Floats]:
        judged = self.judged
        order = np.argsort(-self.log_odds, kind="stable")
        weight = judged.times[:, order]
        hits = weight * judged.rings[order]
        ends = np.append(np.flatnonzero(np.diff(self.log_odds[order])), len(order) - 1)
        line = calibration_line(self.log_odds, judged.rings, judged.times)
        missed = (self._chance - judged.rings) ** 2
        return {
            "average_precision": _average_precisions(weight, hits, ends),
            **{f"precision_at_{first}": _at(weight, hits, first) for first in self._first},
            "brier": judged.times @ missed / judged.times.sum(axis=1),
            "calibration_slope": line[:, 1],
            "calibration_intercept": line[:, 0],
        }

    @cached_property
    def _first(self) -> tuple[int, ...]:
        return tuple(first for first in FIRST if first <= len(self.log_odds))

    @cached_property
    def _chance(self) -> Floats:
        chance: Floats = 1.0 / (1.0 + np.exp(-self.log_odds))
        return chance

    @cached_property
    def _ranking(self) -> tuple[Tied, ...]:
        """The clusters from the most to the least likely, those of like log-odds tied."""
        found = []
        for value in np.unique(self.log_odds)[::-1]:
            at = self.log_odds == value
            found.append(Tied(int(at.sum()), int(self.judged.rings[at].sum())))
        return tuple(found)


def outcome(difference: Mapping[str, Interval]) -> Outcome:
    """Whether a card is better than the one it is set beside, by their paired difference.

    It is better where one of average precision and Brier score is surely better (its 95 %
    interval is all on one side of nought) and the other is not surely worse. Looking twice, a
    card that is no better is called so with a chance of 5 % at most.
    """
    order, brier = difference["average_precision"], difference["brier"]
    better = _sure(order.low, above=True) or _sure(brier.high, above=False)
    worse = _sure(order.high, above=False) or _sure(brier.low, above=True)
    if worse:
        return "worse"
    return "better" if better else "no better"


def _sure(end: float | None, *, above: bool) -> bool:
    return end is not None and (end > 0 if above else end < 0)


def _average_precisions(weight: Floats, hits: Floats, ends: Ints) -> Floats:
    """Average precision of each draw, as the precision at the end of each tied block.

    Args:
        weight: how often each draw holds each cluster, the most suspect first.
        hits: the same, of rings alone.
        ends: the last place of each tied block.
    """
    before, found = np.cumsum(weight, axis=1)[:, ends], np.cumsum(hits, axis=1)[:, ends]
    precision = np.divide(found, before, out=np.zeros_like(found), where=before > 0)
    gained = np.diff(found, axis=1, prepend=0.0)
    return _ratio((gained * precision).sum(axis=1), found[:, -1])


def _at(weight: Floats, hits: Floats, first: int) -> Floats:
    """The share of rings among the first clusters of each draw."""
    before = np.cumsum(weight, axis=1) - weight
    taken = np.clip(first - before, 0.0, weight)
    share = np.divide(hits, weight, out=np.zeros_like(hits), where=weight > 0)
    return _ratio((taken * share).sum(axis=1), taken.sum(axis=1))


def _ratio(top: Floats, bottom: Floats) -> Floats:
    share: Floats = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return share
