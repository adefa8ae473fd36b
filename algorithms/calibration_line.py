"""How far log-odds may be taken at their word: the line that outcomes draw over them.

Where `log-odds of the outcome = shift + slope x log-odds said`, a slope of 1 and a shift of 0 is
a judge to be taken at their word; a slope below 1 one who is too sure; a shift below 0 one who
sees too many.

Source: Cox 1958, Two further applications of a model for binary regression; Platt 1999 for putting
    the line over what is said.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_ROUNDS = 100
_LONGEST_STEP = 2.0
_SETTLED = 1e-10
_SEPARATED = 50.0
"""A slope beyond which outcomes are taken to be separated without fault: it has no end."""


def calibration_line(log_odds: Floats, rings: Floats, times: Floats) -> Floats:
    """Shift and slope of outcomes over log-odds, shape (draws, 2); NaN where they are undefined.

    They are where all outcomes are one, or log-odds separate them without fault.

    Args:
        log_odds: what was said of each cluster, shape (clusters,).
        rings: the outcome, 1 or 0, or a share in between, shape (clusters,).
        times: how often each draw holds each cluster, shape (draws, clusters).
    """
    line = np.zeros((len(times), 2))
    line[:, 1] = 1.0
    settled = np.zeros(len(times), dtype=bool)
    for _ in range(_ROUNDS):
        step = _newton(log_odds, rings, times[~settled], line[~settled])
        length = np.linalg.norm(step, axis=1, keepdims=True)
        line[~settled] += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(length, _SETTLED))
        still = ~settled
        # A NaN (a singular draw) is settled too: it will not get better.
        settled[still] = ~(length[:, 0] > _SETTLED) | (np.abs(line[still, 1]) > _SEPARATED)
        if settled.all():
            break
    line[(np.abs(line) > _SEPARATED).any(axis=1) | ~settled] = np.nan
    return line


def platt(log_odds: Floats, rings: Floats) -> tuple[float, float]:
    """The shift and slope to put over log-odds so that they mean what they say.

    Outcomes are taken as a little less than sure, so that a few clusters without fault do not
    make a judge without doubt; the slope is never below 0, which would turn the order round.

    Args:
        log_odds: of clusters on which nothing was fitted, shape (clusters,).
        rings: 1 for a ring, shape (clusters,); both kinds are there.
    """
    hits, others = rings.sum(), len(rings) - rings.sum()
    softened = np.where(rings == 1, (hits + 1) / (hits + 2), 1 / (others + 2))
    shift, slope = calibration_line(log_odds, softened, np.ones((1, len(rings))))[0]
    if np.isnan(slope) or slope < 0:
        return float(np.log(softened.mean() / (1 - softened.mean()))), 0.0
    return float(shift), float(slope)


def _newton(log_odds: Floats, rings: Floats, times: Floats, line: Floats) -> Floats:
    """The step of Newton and Raphson from each line."""
    said = 1.0 / (1.0 + np.exp(-np.clip(line[:, :1] + line[:, 1:] * log_odds, -500, 500)))
    away = times * (rings - said)
    weight = times * said * (1.0 - said)
    first, second = away.sum(axis=1), away @ log_odds
    a, b, c = weight.sum(axis=1), weight @ log_odds, weight @ log_odds**2
    determinant = a * c - b * b
    with np.errstate(divide="ignore", invalid="ignore"):
        step: Floats = np.column_stack(
            [(c * first - b * second) / determinant, (a * second - b * first) / determinant]
        )
    step[~np.isfinite(step).all(axis=1)] = np.nan
    return step
