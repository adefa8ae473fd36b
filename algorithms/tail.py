"""How surprising a count is, and which counts survive when very many were looked at."""

from __future__ import annotations

import math
from collections.abc import Callable

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
    ordered = np.sort(log10_p)

    def up_to(most: float) -> tuple[int, float]:
        number = int(np.searchsorted(ordered, most, side="right"))
        return number, float(ordered[number - 1]) if number else -math.inf

    return step_up_cut(len(ordered), up_to, tests=tests, rate=rate)


def step_up_cut(
    found: int, up_to: Callable[[float], tuple[int, float]], *, tests: float, rate: float
) -> float:
    """`benjamini_hochberg_cut` of p-values that are only counted, wherever they are held.

    Step-up asks for the greatest k such that k p-values are at most `rate * k / tests`. Begin with
    all and count those at most the bound for so many, until the number stays: it never falls below
    that k, since more p-values allow a higher bound.

    Args:
        found: how many p-values there are.
        up_to: how many have a log10 of at most so much, and the greatest of them.
        tests: all tests, enumerated or not.
        rate: the share of false calls to accept.

    Raises:
        ValueError: as for `benjamini_hochberg_cut`.
    """
    if not 0 < rate < 1:
        message = f"rate is a share of false calls in (0, 1), not {rate}"
        raise ValueError(message)
    if tests < found:
        message = f"{found} p-values cannot come from {tests:.0f} tests"
        raise ValueError(message)
    called, cut = found, -math.inf
    while called:
        number, cut = up_to(float(np.log10(rate * called / max(tests, 1.0))))
        if number == called:
            return cut
        called = number
    return -math.inf
