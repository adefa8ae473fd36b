"""How a card is judged: by hand on few clusters, and against plain ways on many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from algorithms.ranking_measures import Tied, average_precision
from jobs.evaluation.intervals import Interval
from jobs.training.measures import Card, Judged, _at, _average_precisions, outcome


def judged(rings, campaigns=None, **settings):
    rings = np.array(rings, dtype=float)
    names = np.arange(len(rings)) if campaigns is None else np.array(campaigns)
    return Judged(rings, names, **settings)


def test_the_measures_of_four_clusters_are_those_counted_by_hand():
    log_odds = np.array([2.0, 1.0, 0.0, -1.0])

    found = Card(judged([1, 0, 1, 0]), log_odds).measures

    assert found["average_precision"].value == pytest.approx((1 + 2 / 3) / 2)
    chances = expit(log_odds)
    brier = ((chances - np.array([1, 0, 1, 0])) ** 2).mean()
    assert found["brier"].value == pytest.approx(brier)
    assert judged([1, 0, 1, 0]).prevalence == 0.5
    assert not any(name.startswith("precision_at") for name in found)


def test_precision_at_ten_looks_at_the_ten_most_suspect():
    rings = [1] * 8 + [0] * 2 + [1] * 5 + [0] * 5

    found = Card(judged(rings), np.linspace(3, -3, 20)).measures

    assert found["precision_at_10"].value == pytest.approx(0.8)
    assert "precision_at_25" not in found


ranks = st.lists(
    st.tuples(st.integers(-3, 3), st.integers(0, 1), st.integers(0, 3)), min_size=1, max_size=12
)


@settings(deadline=None)
@given(ranks)
def test_a_draw_is_measured_as_the_list_that_it_stands_for(drawn):
    """Written out, every copy a row: precision where each tied block ends, as scikit-learn does."""
    drawn = sorted(drawn, key=lambda row: -row[0])
    log_odds, rings, times = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    ends = np.append(np.flatnonzero(np.diff(log_odds)), len(drawn) - 1)
    weight = times[None, :]

    found = _average_precisions(weight, weight * rings, ends)[0]

    rows = [(lo, ring) for lo, ring, n in drawn for _ in range(n)]
    hits = sum(ring for _, ring in rows)
    if not hits:
        assert np.isnan(found)
        return
    total = 0.0
    for value in sorted({lo for lo, _ in rows}, reverse=True):
        above = [ring for lo, ring in rows if lo >= value]
        total += sum(ring for lo, ring in rows if lo == value) * sum(above) / len(above)
    assert found == pytest.approx(total / hits)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=30))
def test_without_ties_a_draw_of_each_once_is_the_measure_itself(rings):
    given_rings = np.array(rings, dtype=float)[None, :]

    found = _average_precisions(np.ones((1, len(rings))), given_rings, np.arange(len(rings)))[0]

    expected = average_precision([Tied(1, ring) for ring in rings])
    assert np.isnan(found) if expected is None else found == pytest.approx(expected)


def test_the_first_of_a_draw_are_counted_copy_by_copy():
    weight = np.array([[2.0, 0.0, 3.0, 1.0]])

    assert _at(weight, weight * np.array([1, 1, 0, 1]), 4)[0] == pytest.approx(2 / 4)
    assert _at(weight, weight * np.array([1, 1, 0, 1]), 6)[0] == pytest.approx(3 / 6)


def test_campaigns_are_drawn_whole():
    times = judged([1, 0, 1, 0, 1], campaigns=[7, 7, 3, 3, 3], draws=50).times

    assert (times[:, 0] == times[:, 1]).all()
    assert (times[:, 2] == times[:, 3]).all()
    assert {float(total) for total in times[:, 0] + times[:, 2]} == {2.0}


def test_copies_of_one_campaign_make_an_interval_no_narrower():
    drawing = np.random.default_rng(1)
    rings = (drawing.random(40) < 0.5).astype(float)
    log_odds = rings + drawing.normal(size=40)
    one = Card(judged(rings), log_odds)
    five = Card(judged(np.repeat(rings, 5), np.repeat(np.arange(40), 5)), np.repeat(log_odds, 5))

    def width(card):
        brier = card.measures["brier"]
        return brier.high - brier.low

    assert width(five) == pytest.approx(width(one))


def test_a_card_beside_itself_differs_by_nought_and_is_no_better():
    drawing = np.random.default_rng(1)
    held = judged(drawing.integers(2, size=60))
    card = Card(held, drawing.normal(size=60))

    difference = card.beside(card)

    assert difference["brier"] == Interval(0.0, 0.0, 0.0)
    assert outcome(difference) == "no better"


def test_a_card_that_knows_beside_one_that_guesses_is_better_and_the_other_is_worse():
    drawing = np.random.default_rng(1)
    rings = (drawing.random(120) < 0.5).astype(float)
    held = judged(rings)
    knows = Card(held, 4 * rings - 2 + drawing.normal(size=120))
    guesses = Card(held, drawing.normal(size=120))

    assert outcome(knows.beside(guesses)) == "better"
    assert outcome(guesses.beside(knows)) == "worse"


@pytest.mark.parametrize(
    ("order", "brier", "says"),
    [
        ((0.1, 0.01, 0.2), (0.0, -0.1, 0.1), "better"),
        ((0.0, -0.1, 0.1), (-0.1, -0.2, -0.01), "better"),
        ((0.1, -0.01, 0.2), (-0.1, -0.2, 0.01), "no better"),
        ((-0.1, -0.2, -0.01), (-0.1, -0.2, -0.01), "worse"),
        ((0.1, 0.01, 0.2), (0.1, 0.01, 0.2), "worse"),
        ((None, None, None), (0.0, -0.1, 0.1), "no better"),
    ],
)
def test_better_in_one_and_not_surely_worse_in_the_other(order, brier, says):
    difference = {"average_precision": Interval(*order), "brier": Interval(*brier)}

    assert outcome(difference) == says


def test_a_card_that_is_no_better_is_rarely_called_so():
    """Two cards that know equally much: at most about one in twenty is called better."""
    called = []
    for seed in range(80):
        drawing = np.random.default_rng(seed)
        rings = (drawing.random(60) < 0.5).astype(float)
        held = Judged(rings, np.arange(60), draws=200, seed=seed)
        one, other = (Card(held, 2 * rings - 1 + drawing.normal(size=60)) for _ in range(2))
        called.append(outcome(one.beside(other)) == "better")

    assert np.mean(called) < 0.1
