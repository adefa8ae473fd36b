"""People sleep: what goes up at night has its crowd in the morning, and is no schedule for that."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.explain.arrival_facts import arrival_facts
from algorithms.explain.arrivals import arrived
from algorithms.explain.audience import check as audience
from algorithms.explain.degrees import densest_at_once
from algorithms.explain.following import check as following
from tests.test_explain_audience import DAY, HOUR, MINUTE, Posts, crowd, degree, known

ONE_ZONE = (0,)
THREE_ZONES = (-8, 0, 8)


def asleep_until_morning(rng, at, zone):
    """Who would come between midnight and seven comes after seven, nine times in ten."""
    hour = (at / HOUR + zone) % 24
    waits = (hour < 7) & (rng.random(len(at)) < 0.9)
    return np.where(waits, at + (7 - hour) * HOUR + rng.exponential(HOUR, len(at)), at)


def any_hour(engine, delays, *, zones, members, posts=20, coming=None, beside=0, seed=4):
    """Posts that go up at any hour, members of some time zones who sleep, thirty others to each."""
    rng = np.random.default_rng(seed)
    acts = Posts([])
    names = crowd(members)
    zone = np.array([zones[number % len(zones)] for number in range(members)])
    chance = np.full(members, 0.7) if coming is None else coming(rng, members)
    for post in range(posts):
        at = DAY * post + HOUR * rng.uniform(0, 24)
        acts.visit([f"writer-{post}"], post, [at])
        elsewhere = rng.choice(zones, 30)
        others = asleep_until_morning(rng, at + rng.exponential(8 * HOUR, 30), elsewhere)
        acts.visit(crowd(30, of=f"other-{post}-"), post, others)
        came = np.flatnonzero(rng.random(members) < chance)
        times = asleep_until_morning(rng, at + delays(rng, len(came)), zone[came])
        acts.visit([names[who] for who in came], post, times)
    lives = dict.fromkeys(names, beside) | dict.fromkeys(crowd(members, of="active-"), 45)
    for name, own in lives.items() if beside else ():
        for what in range(own):
            acts.visit([name], f"{what}-of-{name}", [what * HOUR])
    return known(engine, acts, names)


def fans(rng, number):
    return 20 * MINUTE * np.exp(rng.normal(0.0, 1.5, number))


def in_an_hour(rng, number):
    return rng.uniform(0, HOUR, number)


def in_six_hours(rng, number):
    return rng.uniform(0, 6 * HOUR, number)


def around_a_moment(rng, number):
    return 6 * HOUR + rng.normal(0, HOUR, number)


def steadily(rng, number):
    return rng.exponential(2 * HOUR, number)


@pytest.mark.parametrize("members", [60, 200])
@pytest.mark.parametrize("zones", [ONE_ZONE, THREE_ZONES], ids=["one-zone", "three-zones"])
def test_fans_are_an_audience_though_some_posts_go_up_while_they_sleep(engine, zones, members):
    assert degree(audience(any_hour(engine, fans, zones=zones, members=members))) > 0.4


@pytest.mark.parametrize("delays", [in_an_hour, in_six_hours, around_a_moment, steadily])
@pytest.mark.parametrize("zones", [ONE_ZONE, THREE_ZONES], ids=["one-zone", "three-zones"])
def test_a_schedule_is_no_audience_though_its_accounts_keep_nights(engine, zones, delays):
    for seed in range(3):
        found = any_hour(engine, delays, zones=zones, members=60, seed=seed)
        assert degree(audience(found)) < 0.4, seed


def test_one_night_in_four_posts_moves_the_mean_lean_and_not_the_usual_one(engine):
    (facts,) = arrival_facts(arrived(any_hour(engine, fans, zones=ONE_ZONE, members=60))).rows()

    assert facts["lean"] > 0.3
    assert facts["usual_lean"] < 0.15


def test_a_stretch_that_is_filled_evenly_leans_on_most_objects(engine):
    found = arrived(any_hour(engine, in_an_hour, zones=(12,), members=60, posts=15))

    (facts,) = arrival_facts(found).rows()

    assert densest_at_once(facts["usual_lean"]) < 0.5


def test_a_following_may_sleep_too(engine):
    def loyal(rng, number):
        return rng.uniform(0.3, 0.95, number)

    def at_once(rng, number):
        return rng.lognormal(np.log(3 * MINUTE), 0.9, number)

    found = any_hour(engine, at_once, zones=ONE_ZONE, members=80, posts=45, coming=loyal, beside=20)

    assert degree(following(found)) > 0.4


def test_how_densest_at_once_people_come_falls_from_one_to_nought():
    degrees = [densest_at_once(lean) for lean in np.linspace(0.0, 2.0, 41)]

    assert degrees == sorted(degrees, reverse=True)
    assert (degrees[0], degrees[-1]) == (1.0, 0.0)
