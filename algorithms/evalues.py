"""Evidence that may be looked at every day: e-values of counts, which multiply.

An e-value is a bet against chance whose expectation is at most 1 where chance explains the count.
Bets of different days multiply, and whoever stops looking when the product is large has still been
wrong no oftener than 1 in so much. The cluster has to be decided before the day begins: its members
may not be chosen by the acts that are counted.

The e-value is made from the p-value of the day (`algorithms.tail`), so it knows that people vary
more than independent coins do. A bet on a multiple of a Poisson mean does not: against counts that
vary more its expectation has no bound.

Source: Vovk and Wang, E-values: calibration, combination and applications (2021).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def log10_evalue(log10_p: Floats) -> Floats:
    """log10 of the e-value of each p-value: (1 - p + p ln p) / (p (ln p)^2), the mean of bets.

    A bet `k p^(k - 1)` is fair for each `k` in (0, 1]; this is the mean of them all. A p-value of 1
    gives 1/2.

    Args:
        log10_p: logarithms of p-values that are no smaller than they should be, at most 0.

    Raises:
        ValueError: a logarithm is above 0.
    """
    if (log10_p > 0).any():
        message = f"a p-value is at most 1, and its log10 at most 0, not {log10_p.max():g}"
        raise ValueError(message)
    log = np.asarray(log10_p, dtype=np.float64) * math.log(10)
    p = np.exp(log)
    # Near 1 numerator and denominator both vanish: three terms of the series of
    # (exp(-x) - 1 + x) / x^2, where the fourth is below 10^-11.
    near = log > -1e-3
    safe = np.where(near, -1.0, log)
    whole = np.log1p(np.where(near, -0.5, p * (safe - 1.0))) - safe - 2.0 * np.log(-safe)
    found: Floats = np.where(near, np.log(0.5 - log / 6.0 + log**2 / 24.0), whole)
    return found / math.log(10)
