"""Scores are sums of readable parts, and each part beside what is usual."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.background import Background, background
from algorithms.headline import headline
from algorithms.scoring import REASONS, score
from graph.schemas import ACCOUNTS, INTERACTIONS

USUAL = Background(
    accounts=1000, interactions=50_000, joint_share=0.05, delay_seconds=3600.0, half_days=300.0
)

RING = {
    "accounts": 10,
    "edges": 45,
    "tie_strength": 0.9,
    "layers": "shared-objects,copied-text",
    "joined_by": "shared-objects,copied-text",
    "ways": 2,
    "cross_platform_edges": 0,
    "joint_share": 0.8,
    "joint_cells": 30,
    "delay_seconds": 12.0,
    "objects": 30,
    "exclusivity": 0.9,
    "popular_share": 0.0,
    "half_days": 2.0,
    "conductance": 0.0,
    "meeting_size": 4,
    "meetings": 30,
    "expected": 0.01,
    "log10_p": -80.0,
    "pairs_seen": 900,
    "pairs_expected": 1.5,
    "pairs_log10_p": None,
}

CROWD = RING | {
    "tie_strength": 0.2,
    "layers": "shared-objects",
    "joined_by": "shared-objects",
    "ways": 1,
    "joint_share": 0.1,
    "delay_seconds": 2400.0,
    "exclusivity": 0.02,
    "popular_share": 1.0,
    "half_days": 290.0,
    "conductance": 0.5,
    "log10_p": -4.0,
}


def test_a_ring_scores_far_above_a_crowd():
    assert score(RING, USUAL)[0] > 0.75
    assert score(CROWD, USUAL)[0] < 0.1


facts = st.fixed_dictionaries(
    {
        "accounts": st.integers(2, 500),
        "edges": st.integers(1, 1000),
        "tie_strength": st.floats(0, 1),
        "layers": st.just("shared-objects"),
        "joined_by": st.just("shared-objects"),
        "ways": st.integers(1, 5),
        "cross_platform_edges": st.integers(0, 10),
        "joint_share": st.floats(0, 1),
        "joint_cells": st.integers(0, 100),
        "delay_seconds": st.none() | st.floats(0, 1e6),
        "objects": st.integers(0, 100),
        "exclusivity": st.none() | st.floats(0, 1),
        "popular_share": st.none() | st.floats(0, 1),
        "half_days": st.none() | st.floats(0, 5000),
        "conductance": st.floats(0, 1),
        "meeting_size": st.integers(2, 100),
        "meetings": st.integers(0, 100),
        "expected": st.floats(0, 100),
        "log10_p": st.floats(-400, 0),
        "pairs_seen": st.integers(0, 1000),
        "pairs_expected": st.none() | st.floats(0, 100),
        "pairs_log10_p": st.none() | st.floats(-400, 0),
    }
)


@given(facts=facts)
def test_the_parts_add_up_to_the_score_which_is_a_share(facts):
    total, reasons = score(facts, USUAL)
    assert 0 <= total <= 1
    assert total == pytest.approx(sum(each.part for each in reasons), abs=1e-9)


@given(facts=facts)
def test_an_innocent_explanation_never_adds_and_a_suspicion_never_takes(facts):
    for each in score(facts, USUAL)[1]:
        assert each.part >= 0 if each.kind == "for" else each.part <= 0


def test_no_set_of_innocent_explanations_takes_more_than_all():
    assert sum(reason.most for reason in REASONS if reason.kind == "for") == pytest.approx(1)
    assert sum(reason.most for reason in REASONS if reason.kind == "against") <= 1


def test_what_was_not_measured_is_left_out_and_not_made_up():
    names = {each.name for each in score(RING | {"half_days": None}, USUAL)[1]}
    assert "mixed-ages" not in names
    assert "synchrony" in names


def test_a_reason_reads_with_its_usual_value():
    says = {each.name: each.says for each in score(RING, USUAL)[1]}
    assert says["synchrony"] == "joint acts are 12 s apart at the median; 60 min is usual here"
    assert says["focus"].startswith("80 % of what a member does")
    assert "joined in 2 ways: shared-objects, copied-text" in says["layers"]


def test_layers_on_the_same_acts_are_told_as_one_way():
    says = {each.name: each.says for each in score(RING | {"ways": 1}, USUAL)[1]}
    assert says["layers"] == (
        "joined in 1 way: shared-objects, copied-text, some of them on the same acts"
    )


@given(facts=facts)
def test_a_headline_holds_the_strongest_reason_and_an_observed_beside_an_expected(facts):
    reasons = score(facts, USUAL)[1]
    sentence = headline(facts, reasons)
    assert sentence.startswith(next(each.says for each in reasons if each.kind == "for"))
    assert any(
        words in sentence
        for words in ("chance would give", "not tested against chance", "without an expected count")
    )


def test_a_headline_tells_the_best_that_was_tested():
    def after(facts):
        reasons = score(facts, USUAL)[1]
        return headline(facts, reasons).removeprefix(reasons[0].says + "; ")

    strong = RING | {"log10_p": -2.0}
    assert after(strong) == (
        "4 or more members met on one thing within an hour 30 times, where chance would give 0.01"
    )
    assert after(strong | {"log10_p": 0.0}) == (
        "its tested pairs did the same 900 times, where chance would give them 1.5"
    )
    traits = strong | {"log10_p": 0.0, "pairs_seen": 0, "pairs_expected": None}
    assert after(traits).startswith("its pairs are not tested against chance; 4 or more members")
    alone = traits | {"meetings": 0, "expected": 0.0}
    assert after(alone) == "its pairs are not tested against chance"
    carried = alone | {"pairs_log10_p": -19.7}
    assert after(carried) == (
        "log10 p of what joins a pair is -19.7 at the median, without an expected count"
    )


def test_a_headline_says_of_meetings_that_a_search_would_find_that_they_are_such():
    crowd = RING | {"log10_p": 0.0, "pairs_expected": None, "meetings": 1, "expected": 0.5}
    reasons = score(crowd, USUAL)[1]
    searched = "which a search among all groups as large could find by chance"
    assert headline(crowd, reasons).endswith(
        f"within an hour 1 time, where chance would give 0.5, {searched}"
    )
    fewer = crowd | {"meetings": 0}
    assert searched not in headline(fewer, score(fewer, USUAL)[1])


def test_without_a_reason_a_headline_still_tells_what_was_seen_against_chance():
    assert headline(RING, []).endswith("where chance would give 0.01")


def test_what_is_usual_is_measured_over_the_whole_extract(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | object_kind | acted_at
        a       | like   | x      | post        | 0
        b       | like   | x      | post        | 10000
        b       | like   | x      | post        | 11000
        c       | like   | x      | post        | 500000
        c       | like   | y      | post        | 0
        """,
    )
    accounts = table(
        engine,
        ACCOUNTS,
        """
        account | created_at
        a       | 0
        b       | 86400000
        c       | 864000000
        """,
    )

    usual = background(interactions, accounts, within_seconds=60)

    assert usual.accounts == 3
    assert usual.joint_share == pytest.approx(2 / 5)
    assert usual.delay_seconds == pytest.approx((10 + 489) / 2)
    assert usual.half_days == pytest.approx(1)


def test_an_explanation_that_takes_nothing_is_plain_nought():
    parts = {reason.name: reason.part for reason in score(RING, USUAL)[1]}

    # -0.0 equals 0.0, but people and other programs read it as a slip.
    assert str(parts["leaks"]) == str(parts["popular-objects"]) == "0.0"
