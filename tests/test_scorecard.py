"""A scorecard says what it was taught, one way a term, and nothing of what is not known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from algorithms.fitting import fitted
from algorithms.scorecard import TERMS, expected_precision
from algorithms.scorecard_text import card_text, default_card, read_card

RING = {
    "conductance": 0.0,
    "tie_strength": 1.0,
    "density": 1.0,
    "accounts": 30,
    "joint_share": 0.7,
    "exclusivity": 0.6,
    "unevenness": 1.0,
    "attendance": 0.7,
    "regular_objects": 15,
    "early": 0.0,
    "delay_seconds": 30.0,
    "delay_low_seconds": 20.0,
    "delay_high_seconds": 50.0,
    "joint_days": 0.8,
    "joint_things": 0.02,
    "acquaintances": 0.0,
    "layers": "shared-objects,swarm",
    "joined_by": "shared-objects,swarm",
}
CROWD = {
    **RING,
    "conductance": 0.29,
    "tie_strength": 0.1,
    "density": 0.4,
    "joint_share": 0.05,
    "exclusivity": 0.05,
    "unevenness": 8.0,
    "early": 9.0,
    "delay_seconds": 40_000.0,
    "delay_low_seconds": 500.0,
    "delay_high_seconds": 90_000.0,
    "joint_days": 0.2,
    "joint_things": 0.5,
    "acquaintances": 0.6,
    "layers": "rare-objects",
    "joined_by": "rare-objects",
}


def taught(seed=3, worlds=6, clusters=40):
    """Clusters of some worlds in which the first term tells rings from others, and no other."""
    dice = np.random.default_rng(seed)
    values = dice.normal(size=(worlds * clusters, len(TERMS)))
    rings = (values[:, 0] + 0.5 * dice.normal(size=len(values)) < 0).astype(float)
    return values, rings, [f"w{n // clusters}" for n in range(len(values))]


def test_the_shipped_card_believes_a_closed_ring_and_doubts_a_leaking_crowd():
    assert expected_precision(RING, default_card()).precision > 0.9
    assert expected_precision(CROWD, default_card()).precision < 0.1


def test_every_term_of_the_shipped_card_speaks_the_way_its_sign_says():
    for term in TERMS:
        assert default_card().weights[term.name].log_odds * term.sign >= 0


def test_beyond_where_a_term_stops_more_of_it_says_no_more():
    said = []
    for delay_seconds in (60.0, 10.0**4, 10.0**6, 10.0**8):
        facts = {**RING, "joint_share": 1.0, "delay_seconds": delay_seconds}
        [part] = [p for p in expected_precision(facts, default_card()).parts if p.name == "slow"]
        said.append((part.value, part.log_odds))

    values, log_odds = zip(*said, strict=True)
    assert values == pytest.approx((math.log10(61), 4.0, 6.0, 8.0), abs=1e-3)
    assert log_odds[0] > log_odds[1] == log_odds[2] == log_odds[3]


def test_what_is_not_known_says_nothing():
    unknown = {**RING, "early": None, "delay_low_seconds": None, "unevenness": None}

    said = {each.name: each for each in expected_precision(unknown, default_card()).parts}

    for name in ("watching", "spread", "loyalty"):
        assert (said[name].value, said[name].log_odds) == (None, 0.0)


def test_the_parts_add_up_and_leaving_one_out_gives_what_is_said_without_it():
    card = default_card()
    whole = expected_precision(RING, card)

    total = card.intercept + math.fsum(each.log_odds for each in whole.parts)

    assert 1 / (1 + math.exp(-total)) == pytest.approx(whole.precision, abs=1e-5)
    for part in whole.parts:
        lacking = replace(
            card,
            weights={
                **card.weights,
                part.name: replace(card.weights[part.name], log_odds=0.0),
            },
        )
        assert expected_precision(RING, lacking).precision == pytest.approx(part.without, abs=1e-5)


def test_the_interval_holds_the_estimate():
    for facts in (RING, CROWD, {**RING, "conductance": 0.2}, {**CROWD, "early": None}):
        found = expected_precision(facts, default_card())

        assert 0 <= found.low <= found.precision <= found.high <= 1


def test_fitting_finds_the_term_that_tells_and_calibrates_it():
    card = fitted(*taught(), made_of="a test")

    assert card.weights[TERMS[0].name].log_odds < -2
    assert all(abs(card.weights[term.name].log_odds) < 0.6 for term in TERMS[1:])
    precisions = [each.precision for each in card.bins]
    assert precisions == sorted(precisions)
    assert precisions[0] < 0.1 and precisions[-1] > 0.9
    assert sum(each.clusters for each in card.bins) == 240


def test_a_sign_is_kept_against_the_data():
    values, rings, worlds = taught()

    card = fitted(values, 1 - rings, worlds, made_of="the world upside down")

    assert card.weights[TERMS[0].name].log_odds == 0.0


def test_a_card_is_not_fitted_on_one_world_or_on_rings_alone():
    values, rings, worlds = taught()

    with pytest.raises(ValueError, match="two worlds at least, not 1 worlds"):
        fitted(values, rings, ["w"] * len(worlds), made_of="one")
    with pytest.raises(ValueError, match="not 6 worlds with 240 rings of 240"):
        fitted(values, np.ones(len(rings)), worlds, made_of="rings")


def test_a_card_is_read_back_as_it_was_written():
    card = fitted(*taught(), made_of="a test")

    assert read_card(card_text(card)) == card


def test_a_card_with_another_term_is_refused_by_name():
    text = card_text(default_card()).replace('"leak"', '"luck"')

    with pytest.raises(ValueError, match="at odds: leak, luck"):
        read_card(text)


def valued(name, **facts):
    """What a term reads off the crowd, some of its facts changed."""
    return next(term for term in TERMS if term.name == name).value({**CROWD, **facts})


def test_up_to_a_hundred_members_are_no_crowd():
    assert valued("crowd", accounts=3) == valued("crowd", accounts=100) == 0
    assert valued("crowd", accounts=1000) == pytest.approx(1.0)


def test_a_tie_is_as_strong_however_many_there_are():
    few = valued("strength", density=0.1, tie_strength=0.05)
    many = valued("strength", density=1.0, tie_strength=0.5)

    assert few == many == pytest.approx(math.log10(0.5))
    assert valued("strength", density=0.0, tie_strength=0.0) == pytest.approx(-3.0)


def test_only_who_act_on_one_another_are_mutual():
    assert valued("mutual", joined_by="rare-objects,mutual-ring") == 1.0
    assert valued("mutual", joined_by="rare-objects") == 0.0


def test_the_more_there_is_that_they_share_the_less_it_looks_like_an_order():
    assert valued("things", joint_things=0.1) == pytest.approx(-1.0)
    assert valued("things", joint_things=0.0) == pytest.approx(-4.0)


def test_a_pact_is_of_many_who_act_on_one_another_and_on_whom_nobody_else_acts():
    assert valued("pact", joined_by="rare-objects", exclusivity=1.0) == 0.0
    assert valued("pact", joined_by="mutual-ring", exclusivity=None) is None
    many = valued("pact", joined_by="mutual-ring", exclusivity=1.0, accounts=100)
    few = valued("pact", joined_by="mutual-ring", exclusivity=1.0, accounts=10)
    known = valued("pact", joined_by="mutual-ring", exclusivity=0.5, accounts=100)
    assert (many, few, known) == pytest.approx((2.0, 1.0, 1.0))


def test_what_nobody_else_comes_to_is_private_only_where_they_come_at_one_time():
    assert valued("private", joined_by="shared-objects", exclusivity=0.9) == 0.9
    assert valued("private", joined_by="rare-objects", exclusivity=0.9) == 0.0
    assert valued("private", joined_by="shared-objects", exclusivity=None) is None


def test_meetings_after_one_order_lie_within_one_span():
    asked = valued("spread", delay_low_seconds=99.0, delay_high_seconds=199.0)
    by_chance = valued("spread", delay_low_seconds=9.0, delay_high_seconds=99_999.0)

    assert asked == pytest.approx(math.log10(2.0))
    assert by_chance == pytest.approx(4.0)
    assert valued("spread", delay_low_seconds=None, delay_high_seconds=None) is None


def test_a_hundred_standard_errors_say_what_ten_do_and_seldom_days_say_less():
    daily = valued("watching", early=100.0, joint_days=1.0)

    assert daily == valued("watching", early=10.0, joint_days=1.0) == 10.0
    assert valued("watching", early=10.0, joint_days=0.2) == pytest.approx(2.0)
    assert valued("watching", early=None) is None
