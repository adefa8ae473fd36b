"""How early members come, in standard errors: an oracle, and what it is of whom."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest

from algorithms.explain.early import early_arrivals
from tests.test_explain_acquaintances import SCHEDULES, circle, only
from tests.test_explain_audience import DAY, HOUR


def by_hand(interactions, members):
    """The same by plain loops, for a clock of milliseconds and acts that are all likes."""
    first = {}
    for row in interactions:
        if row["account"] in members:
            key = (row["object"], row["account"])
            first[key] = min(first.get(key, row["acted_at"]), row["acted_at"])
    came = {}
    for (object_, _), at in first.items():
        came.setdefault(object_, []).append(at)
    places = [
        (median(at) - min(at)) / (max(at) - min(at))
        for at in came.values()
        if len(at) >= max(3, len(members) / 4) and max(at) - min(at) >= 5
    ]
    spread = sum((place - np.mean(places)) ** 2 for place in places) + 1 / 12
    middle = float(np.mean(places))
    return len(places), middle, (0.5 - middle) * len(places) / spread**0.5


@pytest.mark.parametrize("members", [6, 8, 30])
def test_it_is_what_plain_loops_make_of_it(engine, members):
    told = circle(engine, members=members, posts=25)
    names = {row["account"] for row in told.clustering.members.rows()}

    found = only(early_arrivals(told))

    objects, middle, early = by_hand(told.interactions.rows(), names)
    assert (found["accounts"], found["objects"]) == (members, objects)
    assert found["middle"] == pytest.approx(middle, abs=1e-9)
    assert found["early"] == pytest.approx(early, abs=1e-6)


def test_those_who_come_as_they_look_are_far_before_midway_and_surer_with_more_things(engine):
    few, many = (only(early_arrivals(circle(engine, posts=posts)))["early"] for posts in (10, 80))

    assert 2 < few < many
    assert many > 6


@pytest.mark.parametrize("delays", SCHEDULES.values(), ids=SCHEDULES)
def test_those_who_are_sent_are_not(engine, delays):
    found = [
        only(early_arrivals(circle(engine, delays=delays, seed=seed)))["early"] for seed in range(3)
    ]

    assert max(found) < 3.5
    assert np.median(found) < 2


def test_four_things_that_happen_to_agree_are_no_certainty(engine):
    def alike(rng, number):
        return np.linspace(0, 1, number) ** 3 * HOUR

    assert 0 < only(early_arrivals(circle(engine, delays=alike, posts=4)))["early"] < 6


def test_a_stretch_turned_round_in_time_is_as_late_as_it_was_early(engine):
    def late(rng, number):
        return DAY - np.exp(rng.normal(0.0, 1.4, number)) * 2 * HOUR

    early = only(early_arrivals(circle(engine)))
    turned = only(early_arrivals(circle(engine, delays=late)))

    assert turned["middle"] == pytest.approx(1 - early["middle"], abs=1e-6)
    assert turned["early"] == pytest.approx(-early["early"], abs=1e-4)


def test_clusters_with_three_things_or_dates_for_times_are_left_out(engine):
    assert early_arrivals(circle(engine, posts=3)).rows() == []
    assert early_arrivals(circle(engine, tick=DAY * 30)).rows() == []
