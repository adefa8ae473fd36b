"""Fitting a scorecard: ridge logistic regression with signs, calibrated out of its own sample."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.stats import beta

from algorithms.scorecard import TERMS, Bin, Scorecard, Weight

Floats = npt.NDArray[np.float64]
_CLIP = 4.0
_LEAST_IN_BIN = 15


def fitted(
    values: Floats,
    rings: Floats,
    worlds: Sequence[str],
    *,
    ridge: float = 1.0,
    made_of: str,
) -> Scorecard:
    """A card fitted on clusters whose truth is known.

    Each world is left out in turn and its clusters judged by a card of the others: those
    out-of-fold log-odds make the bins, neighbours pooled until precision does not fall (isotonic).

    Args:
        values: the terms of each cluster, shape (clusters, terms), NaN for unknown.
        rings: 1 for a ring, shape (clusters,).
        worlds: the world of each cluster; clusters of one world are not independent.
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
    mean = np.nan_to_num(np.nanmean(values, axis=0))
    scale = np.nan_to_num(np.nanstd(values, axis=0)) + 1e-9
    scaled = np.clip(np.nan_to_num((values - mean) / scale), -_CLIP, _CLIP)
    outside = np.empty(len(rings))
    for kind in kinds:
        here = names == kind
        outside[here] = _with_one(scaled[here]) @ _solve(scaled[~here], rings[~here], ridge)
    solved = _solve(scaled, rings, ridge)
    return Scorecard(
        intercept=float(solved[0]),
        weights={
            term.name: Weight(
                mean=float(mean[place]),
                scale=float(scale[place]),
                log_odds=float(solved[place + 1]),
            )
            for place, term in enumerate(TERMS)
        },
        bins=_bins(outside, rings),
        made_of=made_of,
    )


def _solve(scaled: Floats, rings: Floats, ridge: float) -> Floats:
    given = _with_one(scaled)

    def loss(weights: Floats) -> tuple[float, Floats]:
        total = given @ weights
        # log(1 + exp) without overflow.
        value = np.logaddexp(0.0, total).sum() - rings @ total
        slope = given.T @ (1.0 / (1.0 + np.exp(-total)) - rings)
        value += ridge / 2 * (weights[1:] ** 2).sum()
        slope[1:] += ridge * weights[1:]
        return float(value), slope

    free = (None, None)
    bounds = {1: (0.0, None), -1: (None, 0.0), 0: free}
    found = minimize(
        loss,
        np.zeros(given.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=[free, *(bounds[term.sign] for term in TERMS)],
    )
    solved: Floats = found.x
    return solved


def _with_one(scaled: Floats) -> Floats:
    return np.hstack([np.ones((len(scaled), 1)), scaled])


def _bins(log_odds: Floats, rings: Floats) -> tuple[Bin, ...]:
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
