"""A scorecard taught by decisions: the shipped card, moved as far as the decisions bear out.

The ridge pulls each term towards what the shipped card says of it, in that card's units, and not
towards nought: with few decisions the card stays what it was and learns the reviewers' base rate;
with many it is theirs. Each term keeps its sign.

Source: le Cessie and van Houwelingen 1992 for ridge logistic regression; Platt 1999.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from algorithms.calibration_line import platt
from algorithms.fitting import (
    Floats,
    calibration_bins,
    few_bins,
    out_of_fold,
    scaled,
    solved,
    total_log_odds,
)
from algorithms.scorecard import TERMS, Scorecard, Weight

RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""The penalties that are tried; 1000 leaves the shipped weights all but as they are."""

_PLACES = 6
"""Digits of a log-odds that are kept: the same on any number of processors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """A card taught by decisions, and how it came about.

    Attributes:
        card: the card.
        ridge: the penalty that was chosen.
        losses: mean log loss outside the fold, by penalty.
        slope: what its log-odds were multiplied by, by `platt`.
        shift: what was added to them then.
    """

    card: Scorecard
    ridge: float
    losses: Mapping[float, float]
    slope: float
    shift: float


def refitted(
    values: Floats,
    rings: Floats,
    folds: npt.NDArray[np.int64],
    *,
    accounts: npt.NDArray[np.int64],
    centre: Scorecard,
    made_of: str,
    ridges: Sequence[float] = RIDGES,
) -> Refitted:
    """The card that decisions make of `centre`.

    The ridge is the one with the least log loss on folds that were left out, the strongest of
    equals. The log-odds outside the folds then calibrate the card and make its bins, those of small
    clusters apart from those of all.

    Args:
        values: the terms of each cluster, shape (clusters, terms), NaN for unknown.
        rings: 1 for a confirmed cluster, 0 for a dismissed one, shape (clusters,).
        folds: the fold of each cluster; clusters of one campaign are in one fold.
        accounts: the members of each cluster, shape (clusters,).
        centre: the card to start from.
        made_of: on what, for people.
        ridges: the penalties to try.

    Raises:
        ValueError: a fold left out leaves no ring, or nothing else.
    """
    for fold in np.unique(folds):
        rest = rings[folds != fold]
        if not 0 < rest.sum() < len(rest):
            message = f"without fold {fold} there are {rest.sum():.0f} rings of {len(rest)}"
            raise ValueError(f"each fold must leave rings and others, and {message}")
    given = scaled(values, *units(centre))
    origin = np.array([centre.weights[term.name].log_odds for term in TERMS])
    outside = {
        ridge: out_of_fold(given, rings, folds, ridge, centre=origin, exact=True)
        for ridge in ridges
    }
    losses = {ridge: round(_log_loss(found, rings), _PLACES) for ridge, found in outside.items()}
    ridge = min(losses, key=lambda one: (losses[one], -one))
    shift, slope = platt(outside[ridge], rings)
    found = solved(given, rings, ridge, centre=origin, exact=True)
    left_out = np.round(shift + slope * outside[ridge], _PLACES)
    kept = np.round(slope * found, _PLACES) + 0.0
    card = Scorecard(
        intercept=round(shift + float(slope * found[0]), _PLACES),
        weights={
            term.name: Weight(
                mean=centre.weights[term.name].mean,
                scale=centre.weights[term.name].scale,
                log_odds=float(kept[place]),
            )
            for place, term in enumerate(TERMS, start=1)
        },
        bins=calibration_bins(left_out, rings),
        few_bins=few_bins(left_out, rings, accounts),
        made_of=made_of,
    )
    return Refitted(
        card=card,
        ridge=ridge,
        losses=losses,
        slope=round(slope, _PLACES),
        shift=round(shift, _PLACES),
    )


def card_log_odds(values: Floats, card: Scorecard) -> Floats:
    """What a card says of clusters, in log-odds, shape (clusters,).

    Args:
        values: the terms of each cluster, shape (clusters, terms), NaN for unknown.
        card: the card.
    """
    weights = [card.weights[term.name].log_odds for term in TERMS]
    return total_log_odds(scaled(values, *units(card)), np.array([card.intercept, *weights]))


def units(card: Scorecard) -> tuple[Floats, Floats]:
    """The means and the scales of a card's terms, each of shape (terms,)."""
    weights = [card.weights[term.name] for term in TERMS]
    return np.array([w.mean for w in weights]), np.array([w.scale for w in weights])


def _log_loss(log_odds: Floats, rings: Floats) -> float:
    return float((np.logaddexp(0.0, log_odds) - rings * log_odds).mean())
