"""Evidence that may be looked at every day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from algorithms.evalues import log10_evalue
from algorithms.tail import log10_upper_tail


def of_counts(counts, mean, dispersion):
    """log10 of the e-values of counts."""
    return log10_evalue(
        log10_upper_tail(counts * 1.0, np.full(len(counts), mean), dispersion=dispersion)
    )


@example(p=0.9995)
@example(p=0.9985)
@given(p=st.floats(1e-12, 1.0))
def test_it_is_the_mean_of_fair_bets(p):
    mean = integrate.quad(lambda k: k * p ** (k - 1), 0, 1)[0]
    assert 10 ** log10_evalue(np.log10([p]))[0] == pytest.approx(mean, rel=1e-8)


def test_a_bet_on_a_fair_p_value_wins_nothing_on_average():
    steps = -np.linspace(0, 60, 600_001)
    won = 10 ** (log10_evalue(steps) + steps) * np.log(10)
    # In 10^-60 a sixtieth of 1 / ln 10 is still to be won: the bet has a heavy tail.
    assert integrate.trapezoid(won, -steps) == pytest.approx(1 - 1 / (60 * np.log(10)), rel=1e-3)


@given(mean=st.floats(0.001, 30), dispersion=st.sampled_from([0.0, 0.25, 1.0]))
def test_counts_that_vary_more_than_poissons_win_nothing_either(mean, dispersion):
    counts = np.arange(150)
    odds = (
        stats.nbinom.pmf(counts, 1 / dispersion, 1 / (1 + dispersion * mean))
        if dispersion
        else stats.poisson.pmf(counts, mean)
    )
    with np.errstate(divide="ignore"):
        won = np.log10(odds) + of_counts(counts, mean, dispersion)
    assert (10**won).sum() <= 1


def test_who_looks_every_day_and_stops_when_it_is_large_is_seldom_wrong():
    rng = np.random.default_rng(1)
    days, clusters, mean, dispersion = 60, 3000, 0.5, 0.25

    def products(rate):
        varied = rate * rng.gamma(1 / dispersion, dispersion, (days, clusters))
        counts = rng.poisson(varied)
        logs = of_counts(counts.ravel(), mean, dispersion).reshape(counts.shape)
        return logs.cumsum(axis=0)

    assert (products(mean).max(axis=0) >= np.log10(20)).mean() <= 0.05
    assert (products(10 * mean)[-1] >= np.log10(20)).mean() > 0.99


def test_a_p_value_below_the_smallest_double_has_an_e_value():
    assert log10_evalue(np.array([-1000.0]))[0] == pytest.approx(
        1000 - 2 * np.log10(1000 * np.log(10))
    )


def test_a_p_value_above_one_is_refused():
    with pytest.raises(ValueError, match="at most 0, not 1"):
        log10_evalue(np.ones(1))
