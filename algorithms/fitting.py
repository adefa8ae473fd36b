"""Fitting a scorecard: ridge logistic regression with signs, calibrated out of its own sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import beta

from algorithms.scorecard import CLIP, FEW, TERMS, Bin, Scorecard, Weight

Floats = npt.NDArray[np.float64]
_LEAST_IN_BIN = 15


def fitted(
    values: Floats,
    rings: Floats,
    worlds: Sequence[str],
    *,
    accounts: npt.NDArray[np.integer] | None = None,
    ridge: float = 1.0,
    made_of: str,
) -> Scorecard:
    """A card fitted on clusters whose truth is known.

    Each world is left out in turn and its clusters judged by a card of the others: those
    out-of-fold log-odds make the bins, neighbours pooled until precision does not fall (isotonic).
    Small clusters make bins of their own besides: they have fewer terms, and there are fewer of
    them, so that their intervals are wider.

    Args:
        values: the terms of each cluster, shape (clusters, terms), NaN for unknown.
        rings: 1 for a ring, shape (clusters,).
        worlds: the world of each cluster; clusters of one world are not independent.
        accounts: the members of each cluster; without them small clusters have no bins.
        ridge: the penalty on each squared log-odds.
        made_of: on what, for people.

    Raises:
        ValueError: there are not both rings and others in at least two worlds.
    """
    names = np.asarray(worlds)
    kinds = np.unique(names)
    if len(kinds) < 2 or not 0 < rings.sum() < len(rings):
        message = f"{len(kinds)} worlds with {rings.sum():.0f} rings of {len(rings)} clusters"
        raise ValueError(f"a card needs rings and others from two worlds at least, not {message}")
    bent = _bent(values)
    mean = np.nan_to_num(np.nanmean(bent, axis=0))
    scale = np.nan_to_num(np.nanstd(bent, axis=0)) + 1e-9
    given = scaled(values, mean, scale)
    found = solved(given, rings, ridge)
    outside = out_of_fold(given, rings, names, ridge)
    return Scorecard(
        intercept=float(found[0]),
        weights={
            term.name: Weight(
                mean=float(mean[place]),
                scale=float(scale[place]),
                log_odds=float(found[place + 1]),
            )
            for place, term in enumerate(TERMS)
        },
        bins=calibration_bins(outside, rings),
        few_bins=() if accounts is None else few_bins(outside, rings, accounts),
        made_of=made_of,
    )


def scaled(values: Floats, mean: Floats, scale: Floats) -> Floats:
    """The terms in standard deviations from their means, at most `CLIP`; 0 for what is unknown.

    A value beyond its term's `most` counts as that.
    """
    found: Floats = np.clip(np.nan_to_num((_bent(values) - mean) / scale), -CLIP, CLIP)
    return found


def _bent(values: Floats) -> Floats:
    """The terms, shape (clusters, terms), each at most where it stops saying more."""
    found: Floats = np.minimum(values, [term.most for term in TERMS])
    return found


def total_log_odds(given: Floats, weights: Floats) -> Floats:
    """The log-odds of clusters whose terms are scaled; the intercept stands before the weights."""
    found: Floats = _with_one(given) @ weights
    return found


def out_of_fold(
    given: Floats,
    rings: Floats,
    folds: npt.NDArray[Any],
    ridge: float,
    *,
    centre: Floats | None = None,
    exact: bool = False,
) -> Floats:
    """The log-odds of each cluster by a fit on the clusters of all other folds.

    Args:
        given: the scaled terms, shape (clusters, terms).
        rings: 1 for a ring, shape (clusters,).
        folds: what is left out together, shape (clusters,).
        ridge: as in `solved`.
        centre: as in `solved`.
        exact: as in `solved`.
    """
    outside = np.empty(len(rings))
    for fold in np.unique(folds):
        here = folds == fold
        found = solved(given[~here], rings[~here], ridge, centre=centre, exact=exact)
        outside[here] = total_log_odds(given[here], found)
    return outside


def solved(
    given: Floats,
    rings: Floats,
    ridge: float,
    *,
    centre: Floats | None = None,
    exact: bool = False,
) -> Floats:
    """The intercept and the log-odds of each term, shape (1 + terms,), every sign kept.

    The loss is that of logistic regression with `ridge / 2` for each squared distance of a term's
    log-odds from its `centre`; the intercept is free.

    Args:
        given: the scaled terms, shape (clusters, terms).
        rings: 1 for a ring, or a share in [0, 1], shape (clusters,).
        ridge: the penalty.
        centre: log-odds of the terms without an intercept, shape (terms,); noughts by default.
        exact: go on until nothing changes, so that the digits that are kept are sure.
    """
    ones = _with_one(given)
    origin = np.zeros(given.shape[1]) if centre is None else centre

    def loss(weights: Floats) -> tuple[float, Floats]:
        total = ones @ weights
        # log(1 + exp) without overflow.
        value = np.logaddexp(0.0, total).sum() - rings @ total
        slope = ones.T @ (1.0 / (1.0 + np.exp(-total)) - rings)
        away = weights[1:] - origin
        value += ridge / 2 * (away**2).sum()
        slope[1:] += ridge * away
        return float(value), slope

    free = (None, None)
    bounds = {1: (0.0, None), -1: (None, 0.0), 0: free}
    found = minimize(
        loss,
        np.concatenate([[0.0], origin]),
        jac=True,
        method="L-BFGS-B",
        bounds=[free, *(bounds[term.sign] for term in TERMS)],
        options={"ftol": 1e-15, "gtol": 1e-10} if exact else {},
    )
    weights: Floats = found.x
    return weights


def _with_one(scaled: Floats) -> Floats:
    return np.hstack([np.ones((len(scaled), 1)), scaled])


def few_bins(log_odds: Floats, rings: Floats, accounts: npt.NDArray[np.integer]) -> tuple[Bin, ...]:
    """The calibration bins of clusters of `FEW` members or fewer alone; none without any.

    Args:
        log_odds: what was said of each cluster outside its fold, shape (clusters,).
        rings: 1 for a ring, shape (clusters,).
        accounts: the members of each cluster, shape (clusters,).
    """
    few = accounts <= FEW
    return calibration_bins(log_odds[few], rings[few]) if few.any() else ()


def calibration_bins(log_odds: Floats, rings: Floats) -> tuple[Bin, ...]:
    """Equal-count bins, pooled until precision rises, each with Jeffreys' interval at 95 %."""
    order = np.argsort(log_odds, kind="stable")
    pools: list[tuple[float, float, int]] = []
    for place in np.array_split(order, max(len(order) // _LEAST_IN_BIN, 1)):
        pools.append((float(log_odds[place].max()), float(rings[place].sum()), len(place)))
        while len(pools) > 1 and pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0], before[1] + last[1], before[2] + last[2]))
    bins = []
    for number, (up_to, hits, clusters) in enumerate(pools):
        bins.append(
            Bin(
                up_to=math.inf if number == len(pools) - 1 else up_to,
                precision=round(hits / clusters, 6),
                low=round(float(beta.ppf(0.025, hits + 0.5, clusters - hits + 0.5)), 6),
                high=round(float(beta.ppf(0.975, hits + 0.5, clusters - hits + 0.5)), 6),
                clusters=clusters,
            )
        )
    return tuple(bins)
