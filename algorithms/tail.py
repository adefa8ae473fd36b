"""How surprising a count is, and which counts survive when very many were looked at."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammainc, gammaln

Floats = npt.NDArray[np.float64]

_UNDERFLOW = 1e-280


def log10_upper_tail(count: Floats, expected: Floats, *, dispersion: float) -> Floats:
    """log10 of P(X >= count) for a negative binomial with mean `expected`.

    The variance is `expected + dispersion * expected**2`; a dispersion of 0 is the Poisson
    distribution, whose tail is never below that of a sum of unequal Bernoulli trials with the same
    mean once `count >= expected + 1` (Hoeffding 1956). A count of 0 has log10 p = 0. An expected
    value of 0 with a positive count is read as the least positive expectation, 1e-300.

    Args:
        count: observed counts, shape (n,), not negative.
        expected: means under the null model, shape (n,).
        dispersion: relative variance beyond Poisson, at least 0.

    Raises:
        ValueError: `dispersion` is negative.
    """
    if dispersion < 0:
        message = f"dispersion is a relative variance, at least 0, not {dispersion}"
        raise ValueError(message)
    mean = np.maximum(np.asarray(expected, dtype=np.float64), 1e-300)
    seen = np.asarray(count, dtype=np.float64)
    at_least_one = np.maximum(seen, 1.0)
    if dispersion == 0:
        tail = gammainc(at_least_one, mean)
    else:
        odds = dispersion * mean
        tail = betainc(at_least_one, 1.0 / dispersion, odds / (1.0 + odds))
    with np.errstate(divide="ignore"):
        logs = np.log10(tail)
    small = tail < _UNDERFLOW
    logs[small] = _leading_terms(at_least_one[small], mean[small], dispersion)
    return np.where(seen <= 0, 0.0, np.minimum(logs, 0.0))


def log10_choices(all_: npt.ArrayLike, chosen: npt.ArrayLike) -> Floats:
    """log10 of the number of ways to choose `chosen` of `all_`."""
    n = np.asarray(all_, dtype=np.float64)
    s = np.asarray(chosen, dtype=np.float64)
    ways: Floats = (gammaln(n + 1) - gammaln(s + 1) - gammaln(n - s + 1)) / math.log(10)
    return ways


def _leading_terms(count: Floats, mean: Floats, dispersion: float) -> Floats:
    """log10 of the tail where it underflows: the first term times its geometric bound."""
    if dispersion == 0:
        first = count * np.log(mean) - mean - gammaln(count + 1)
        ratio = mean / (count + 1)
    else:
        size = 1.0 / dispersion
        share = dispersion * mean / (1.0 + dispersion * mean)
        first = (
            gammaln(count + size)
            - gammaln(size)
            - gammaln(count + 1)
            + count * np.log(share)
            - size * np.log1p(dispersion * mean)
        )
        ratio = share * (count + size) / (count + 1)
    bounded: Floats = (first - np.log1p(-np.minimum(ratio, 0.999))) / math.log(10)
    return bounded


def benjamini_hochberg_cut(log10_p: Floats, *, tests: float, rate: float) -> float:
    """The greatest log10 p that is called at false-discovery rate `rate` among `tests` tests.

    Tests that were not enumerated count with p = 1: `tests` is the number of all eligible pairs,
    not of the pairs that a join proposed, since the join chose them by looking. Minus infinity
    when nothing is called.

    Raises:
        ValueError: `rate` is not in (0, 1), or there are fewer tests than p-values.

    Source: Benjamini and Hochberg, Controlling the False Discovery Rate (1995).
    """
    if not 0 < rate < 1:
        message = f"rate is a share of false calls in (0, 1), not {rate}"
        raise ValueError(message)
    if tests < len(log10_p):
        message = f"{len(log10_p)} p-values cannot come from {tests:.0f} tests"
        raise ValueError(message)
    ordered = np.sort(log10_p)
    allowed = np.log10(rate * np.arange(1, len(ordered) + 1) / max(tests, 1.0))
    called = np.flatnonzero(ordered <= allowed)
    return float(ordered[called[-1]]) if len(called) else -math.inf
