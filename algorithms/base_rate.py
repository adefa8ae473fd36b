"""A card for a place where rings are rarer, or more common, than where it was fitted.

Of the clusters that planted worlds give, far more are rings than of those that a platform gives,
and a card takes that share for granted. If rings look alike in both places, and others too, then
only the share differs, which adds one constant to the log-odds of every cluster: to the intercept,
and to the bins' bounds, estimates and intervals. An interval of 95 % stays one, since the odds rise
or fall together.

Source: Elkan 2001, The foundations of cost-sensitive learning (theorem 2); Saerens, Latinne and
Decaestecker 2002, Adjusting the outputs of a classifier to new a priori probabilities.
"""

from __future__ import annotations

import math
from dataclasses import replace

from algorithms.scorecard import Bin, Scorecard


def at_base_rate(card: Scorecard, *, fitted_on: float, expected: float) -> Scorecard:
    """The card where a share `expected` of clusters are rings and not a share `fitted_on`.

    Args:
        card: a fitted card.
        fitted_on: the share of rings among the clusters that it was fitted on.
        expected: the share among those that pass every gate but for their expected precision.

    Raises:
        ValueError: a share is not between 0 and 1.
    """
    for name, share in (("fitted_on", fitted_on), ("expected", expected)):
        if not 0 < share < 1:
            message = f"`{name}` is a share of rings between 0 and 1, not {share:g}"
            raise ValueError(message)
    shift = _log_odds(expected) - _log_odds(fitted_on)
    return replace(
        card,
        intercept=card.intercept + shift,
        bins=tuple(_moved(each, shift) for each in card.bins),
        few_bins=tuple(_moved(each, shift) for each in card.few_bins),
        made_of=f"{card.made_of}; for a place where {100 * expected:g} % of clusters are rings,"
        f" not {100 * fitted_on:.0f} %",
    )


def _moved(given: Bin, shift: float) -> Bin:
    return replace(
        given,
        up_to=given.up_to + shift,
        precision=_shifted(given.precision, shift),
        low=_shifted(given.low, shift),
        high=_shifted(given.high, shift),
    )


def _shifted(share: float, shift: float) -> float:
    # What was never seen stays so.
    if share in (0.0, 1.0):
        return share
    return round(1.0 / (1.0 + math.exp(-(_log_odds(share) + shift))), 6)


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))
