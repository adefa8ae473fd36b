"""A card that is taught starts from the shipped one and goes where the decisions lead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from algorithms.calibration_line import calibration_line, platt
from algorithms.refitting import RIDGES, card_log_odds, refitted
from algorithms.scorecard import FEW, TERMS, expected_precision
from algorithms.scorecard_text import default_card
from tests.decided_runs import other_mind
from tests.test_scorecard import CROWD, RING

NAMES = [term.name for term in TERMS]


def decided(card, clusters, *, seed=1):
    """Terms drawn around the shipped card's means, and outcomes drawn by a card."""
    drawing = np.random.default_rng(seed)
    shipped = [default_card().weights[name] for name in NAMES]
    values = np.array([w.mean for w in shipped]) + np.array(
        [w.scale for w in shipped]
    ) * drawing.normal(size=(clusters, len(TERMS)))
    rings = (drawing.random(clusters) < expit(card_log_odds(values, card))).astype(float)
    return values, rings, drawing.integers(5, size=clusters)


def large(clusters):
    """Members of clusters none of which is small."""
    return np.full(clusters, FEW + 1)


def taught(card, clusters, **settings):
    told = {
        "accounts": large(clusters),
        "centre": default_card(),
        "made_of": "a test",
        **settings,
    }
    return refitted(*decided(card, clusters), **told)


def apart(one, other):
    """The mean distance of two cards' log-odds."""
    return np.mean([abs(one.weights[n].log_odds - other.weights[n].log_odds) for n in NAMES])


MIND = other_mind(intercept=-1.0, days=5.0, strength=2.0, text=2.5, leak=-0.3)


def test_many_decisions_bring_back_the_log_odds_they_were_drawn_from():
    found = taught(MIND, 60_000)

    for name in NAMES:
        there = MIND.weights[name].log_odds
        assert found.card.weights[name].log_odds == pytest.approx(there, abs=0.15), name
    assert found.card.intercept == pytest.approx(-1.0, abs=0.15)
    assert found.slope == pytest.approx(1.0, abs=0.05)


def test_few_decisions_that_agree_with_the_shipped_card_leave_it_as_it_is():
    draws = [decided(default_card(), 300, seed=seed) for seed in range(1, 10)]
    told = {"accounts": large(300), "centre": default_card(), "made_of": "a test"}
    found = [refitted(*draw, **told) for draw in draws]

    assert np.median([each.ridge for each in found]) >= 100
    # Up to one factor for all terms, which is how sure the card is.
    shipped = np.array([default_card().weights[n].log_odds for n in NAMES])
    for each in found:
        now = np.array([each.card.weights[n].log_odds for n in NAMES])
        assert np.corrcoef(shipped, now)[0, 1] > 0.99


def test_the_more_is_decided_the_further_a_card_goes_from_the_shipped_one():
    gone = [apart(taught(MIND, clusters).card, MIND) for clusters in (150, 600, 10_000)]

    assert gone == sorted(gone, reverse=True)
    assert gone[-1] < 0.3 * apart(default_card(), MIND)


def test_a_term_never_speaks_against_its_sign_whatever_is_decided():
    upside_down = other_mind(
        **{term.name: -1.5 * term.sign for term in TERMS if term.sign}, intercept=0.0
    )

    found = taught(upside_down, 2000)

    for term in TERMS:
        assert found.card.weights[term.name].log_odds * term.sign >= 0


def test_decisions_that_contradict_the_card_leave_one_that_says_the_base_rate():
    """All of its terms would have to turn round: what is left knows nothing, and says so."""
    values, rings, folds = decided(default_card(), 1500)

    told = {"accounts": large(1500), "centre": default_card(), "made_of": "the world reversed"}
    found = refitted(values, 1 - rings, folds, **told)

    said = expit(card_log_odds(values, found.card))
    assert said.mean() == pytest.approx(1 - rings.mean(), abs=0.05)


def test_a_strong_ridge_gives_the_shipped_weights_times_one_factor():
    found = taught(MIND, 300, ridges=(1e9,))

    for name in NAMES:
        there = default_card().weights[name].log_odds * found.slope
        assert found.card.weights[name].log_odds == pytest.approx(there, abs=1e-4)


def test_the_ridge_is_the_one_with_the_least_loss_outside_its_fold():
    found = taught(MIND, 400)

    assert set(found.losses) == set(RIDGES)
    assert found.losses[found.ridge] == min(found.losses.values())


def test_the_bins_are_of_clusters_left_out_and_hold_all_of_them():
    found = taught(MIND, 400)

    assert sum(each.clusters for each in found.card.bins) == 400
    precisions = [each.precision for each in found.card.bins]
    assert precisions == sorted(precisions)
    assert found.card.few_bins == ()


def test_small_clusters_that_were_decided_on_make_bins_of_their_own_as_the_shipped_ones_do():
    """They are known by their size alone: the same decisions of large ones make no such bins."""
    accounts = np.where(np.arange(400) % 5 == 0, FEW, FEW + 1)

    found = taught(MIND, 400, accounts=accounts)

    assert sum(each.clusters for each in found.card.few_bins) == 80
    assert replace(found.card, few_bins=()) == taught(MIND, 400).card
    for facts in (RING, CROWD):
        small, as_of_all = (
            expected_precision({**facts, "accounts": FEW}, card)
            for card in (found.card, replace(found.card, few_bins=()))
        )
        assert small.like in {each.clusters for each in found.card.few_bins}
        assert small.precision == as_of_all.precision
        assert small.high - small.low > as_of_all.high - as_of_all.low


def test_the_order_of_decisions_changes_nothing_that_is_kept():
    values, rings, folds = decided(MIND, 300)
    order = np.random.default_rng(9).permutation(300)

    accounts = 5 + np.arange(300) % 10
    told = {"centre": default_card(), "made_of": ""}
    one = refitted(values, rings, folds, accounts=accounts, **told)
    other = refitted(values[order], rings[order], folds[order], accounts=accounts[order], **told)

    for name in NAMES:
        assert other.card.weights[name].log_odds == pytest.approx(
            one.card.weights[name].log_odds, abs=1e-5
        )
    # The last digit of what is rounded may differ.
    for there, here in zip(
        other.card.bins + other.card.few_bins, one.card.bins + one.card.few_bins, strict=True
    ):
        assert there == replace(here, up_to=there.up_to)
        assert there.up_to == pytest.approx(here.up_to, abs=2e-6)


def test_a_fold_that_holds_all_rings_is_refused():
    values, rings, _ = decided(MIND, 100)

    told = {"accounts": large(100), "centre": default_card(), "made_of": "a test"}
    with pytest.raises(ValueError, match=r"without fold 0 there are (\d+) rings of \1"):
        refitted(values, rings, rings.astype(int), **told)


def test_the_log_odds_of_many_are_those_that_are_said_of_each():
    rows = [RING, CROWD, {**RING, "early": None, "attendance": None, "accounts": 5000}]
    values = np.array(
        [[np.nan if v is None else v for v in (t.value(facts) for t in TERMS)] for facts in rows],
        dtype=float,
    )

    said = expit(card_log_odds(values, MIND))

    for facts, chance in zip(rows, said, strict=True):
        assert expected_precision(facts, MIND).precision == pytest.approx(chance, abs=1e-6)


def test_the_calibration_line_is_the_one_that_makes_outcomes_likeliest():
    drawing = np.random.default_rng(4)
    log_odds = drawing.normal(size=60) * 2
    rings = (drawing.random(60) < expit(0.5 * log_odds - 0.7)).astype(float)
    times = np.vstack([np.ones(60), drawing.integers(0, 4, size=60)]).astype(float)

    lines = calibration_line(log_odds, rings, times)

    for line, weight in zip(lines, times, strict=True):

        def loss(given, weight=weight):
            total = given[0] + given[1] * log_odds
            return (weight * (np.logaddexp(0, total) - rings * total)).sum()

        best = minimize(loss, np.zeros(2), tol=1e-12).x
        assert line == pytest.approx(best, abs=1e-4)


def test_a_line_has_no_end_where_outcomes_are_separated_or_all_alike():
    log_odds = np.linspace(-3, 3, 20)

    separated = calibration_line(log_odds, (log_odds > 0).astype(float), np.ones((1, 20)))
    alike = calibration_line(log_odds, np.ones(20), np.ones((1, 20)))

    assert np.isnan(separated).all()
    assert np.isnan(alike).all()


def test_a_judge_too_sure_is_toned_down_and_one_without_fault_is_not_made_certain():
    drawing = np.random.default_rng(2)
    log_odds = drawing.normal(size=4000) * 3
    rings = (drawing.random(4000) < expit(log_odds / 3 - 1)).astype(float)

    assert platt(log_odds, rings) == pytest.approx((-1.0, 1 / 3), abs=0.12)
    few = np.array([-1.0, -0.5, 0.5, 1.0])
    shift, slope = platt(few, (few > 0).astype(float))
    assert expit(shift + slope * 1.0) < 0.9


def test_an_order_that_is_the_wrong_way_round_is_not_turned_but_dropped():
    log_odds = np.linspace(-3, 3, 50)

    shift, slope = platt(log_odds, (log_odds < 0.5).astype(float))

    assert slope == 0.0
    assert expit(shift) == pytest.approx(0.58, abs=0.02)


def test_the_taught_card_keeps_the_shipped_units():
    found = taught(MIND, 300)

    for name in NAMES:
        shipped = default_card().weights[name]
        assert replace(found.card.weights[name], log_odds=0.0) == replace(shipped, log_odds=0.0)
