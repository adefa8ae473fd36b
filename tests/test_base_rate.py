"""A card for a place where rings are rarer, and the intervals of small clusters."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from algorithms.base_rate import at_base_rate
from algorithms.fitting import fitted
from algorithms.scorecard import FEW, TERMS, expected_precision
from algorithms.scorecard_text import card_text, default_card, read_card
from tests.test_scorecard import CROWD, RING, taught

WORLDS = [f"w{number % 6}" for number in range(6_000)]


def drawn(dice, share):
    """Clusters of which such a share are rings; the first term speaks against, but not surely."""
    rings = (dice.random(len(WORLDS)) < share).astype(float)
    values = dice.normal(size=(len(WORLDS), len(TERMS)))
    values[:, 0] -= 1.5 * rings
    return values, rings


def judged(card, leak):
    # `leak` is log10 of the conductance, a hundredth more.
    return expected_precision({**RING, "conductance": 10**leak - 0.01}, card).precision


def test_a_card_of_many_rings_moved_to_few_is_what_few_would_have_taught():
    dice = np.random.default_rng(8)
    (many, many_are), (few, few_are) = drawn(dice, 0.7), drawn(dice, 0.2)
    taught_by_many = fitted(many, many_are, WORLDS, made_of="many")
    taught_by_few = fitted(few, few_are, WORLDS, made_of="few")

    moved = at_base_rate(taught_by_many, fitted_on=many_are.mean(), expected=0.2)

    for leak in (-1.9, -1.0, -0.5, 0.0):
        facts = {**RING, "conductance": 10**leak - 0.01}
        mine = expected_precision(facts, moved)
        assert mine.precision == pytest.approx(judged(taught_by_few, leak), abs=0.08)
        assert mine.precision < judged(taught_by_many, leak)
        assert 0 <= mine.low <= mine.precision <= mine.high <= 1
    assert "20 % of clusters are rings, not 70 %" in moved.made_of


def test_calibration_bins_move_with_it():
    dice = np.random.default_rng(9)
    (many, many_are), (few, few_are) = drawn(dice, 0.7), drawn(dice, 0.2)
    moved = at_base_rate(
        fitted(many, many_are, WORLDS, made_of="many"), fitted_on=many_are.mean(), expected=0.2
    )

    total = np.array([_total(moved, row) for row in few])
    at = 0.0
    for each in moved.bins:
        inside = (total > (at if each is not moved.bins[0] else -np.inf)) & (total <= each.up_to)
        at = each.up_to
        if inside.sum() > 200:
            assert each.precision == pytest.approx(few_are[inside].mean(), abs=0.12)


def _total(card, row):
    said = [
        card.weights[term.name].log_odds
        * np.clip((value - card.weights[term.name].mean) / card.weights[term.name].scale, -4, 4)
        for term, value in zip(TERMS, row, strict=True)
    ]
    return card.intercept + sum(said)


def test_moved_there_and_back_it_is_the_card_again():
    card = default_card()

    back = at_base_rate(
        at_base_rate(card, fitted_on=0.7, expected=0.2), fitted_on=0.2, expected=0.7
    )

    assert back.intercept == pytest.approx(card.intercept)
    for mine, theirs in zip(back.bins, card.bins, strict=True):
        assert mine.low == pytest.approx(theirs.low, abs=1e-4)
        assert mine.high == pytest.approx(theirs.high, abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, 70.0])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="`expected` is a share of rings between 0 and 1"):
        at_base_rate(default_card(), fitted_on=0.7, expected=share)
    with pytest.raises(ValueError, match="`fitted_on` is a share"):
        at_base_rate(default_card(), fitted_on=share, expected=0.7)


def with_few(small=12):
    """A card of 240 clusters, of which every so many-th has five members and the rest thirty."""
    values, rings, worlds = taught()
    accounts = np.where(np.arange(len(rings)) % small == 0, 5, 30)
    return fitted(values, rings, worlds, accounts=accounts, made_of="a test"), accounts


def test_small_clusters_have_the_interval_of_those_as_small():
    card, accounts = with_few()

    assert sum(each.clusters for each in card.few_bins) == (accounts <= FEW).sum() == 20
    for facts in (RING, CROWD):
        small = expected_precision({**facts, "accounts": FEW}, card)
        large = expected_precision({**facts, "accounts": FEW + 1}, card)
        assert small.like in {each.clusters for each in card.few_bins}
        assert small.high - small.low > large.high - large.low
        assert small.low <= small.precision <= small.high


def test_a_card_that_knows_no_small_cluster_takes_all():
    values, rings, worlds = taught()
    none = fitted(values, rings, worlds, accounts=np.full(len(rings), 30), made_of="a test")

    assert none.few_bins == fitted(values, rings, worlds, made_of="a test").few_bins == ()
    small = expected_precision({**RING, "accounts": 4}, none)
    assert small.like in {each.clusters for each in none.bins}


def test_the_bins_of_small_clusters_are_written_read_and_looked_at():
    card, _ = with_few()
    wrong = replace(card, few_bins=(replace(card.few_bins[-1], low=-0.5),))

    assert read_card(card_text(card)) == card
    assert "few_bins" not in card_text(replace(card, few_bins=()))
    with pytest.raises(ValueError, match=r"few bin 1 of 1 has an interval from -0\.5"):
        read_card(card_text(wrong))
    with pytest.raises(ValueError, match="`few_bins` is a list with one bin at least"):
        read_card(json.dumps({**json.loads(card_text(card)), "few_bins": []}))
