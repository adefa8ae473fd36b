"""Fans are told from rings by how they arrive, and what cannot be told is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from algorithms.explain.audience import check as audience
from algorithms.explain.flash_crowd import check as flash_crowd
from algorithms.explain.reaction import check as reaction
from algorithms.explain.schema import Known
from algorithms.explain.shape_table import SHAPES
from algorithms.explain.shapes import MEMBERS, audience_log_odds, stretches
from benchmarks.arrival_shapes import FAMILIES, shape
from graph.model import Clustering
from graph.schemas import CLUSTER_OBJECTS, CLUSTERING, INTERACTIONS

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass
class Posts:
    """Acts on posts, gathered row by row."""

    rows: list[tuple[str, str, int]]

    def visit(self, names, post, times):
        self.rows += [
            (name, f"post-{post}", int(at)) for name, at in zip(names, times, strict=True)
        ]


def crowd(size, of="m"):
    return [f"{of}{number:03}" for number in range(size)]


def shared(engine, cluster, met):
    """What joins the cluster: each post, and how many members met on it."""
    rows = [
        {
            "cluster": cluster,
            "layer": layer,
            "object_kind": "post",
            "object": f"post-{post}",
            "members": members,
            "interactions": members,
            "population": 10 * members,
            "population_rate": 0.1,
        }
        for post, members in met.items()
        for layer in ("rare-objects", "shared-objects")
    ]
    return engine.from_arrow(
        pa.Table.from_pylist(rows, schema=CLUSTER_OBJECTS.arrow), CLUSTER_OBJECTS
    )


def known(engine, posts, members, met=None):
    accounts, objects, times = zip(*posts.rows, strict=True)
    number = len(accounts)
    fixed = {"action": "like", "object_kind": "post"}
    columns = {
        "account": accounts,
        "object": objects,
        "acted_at": times,
        **{name: [value] * number for name, value in fixed.items()},
        **dict.fromkeys(("content", "owner", "text", "platform"), [None] * number),
    }
    ordered = {name: columns[name] for name in INTERACTIONS.names}
    interactions = engine.from_arrow(pa.table(ordered, schema=INTERACTIONS.arrow), INTERACTIONS)
    rows = {"account": members, "cluster": [members[0]] * len(members)}
    clustering = engine.from_arrow(pa.table(rows, schema=CLUSTERING.arrow), CLUSTERING)
    return Known(
        clustering=Clustering(clustering, method="given"),
        interactions=interactions,
        objects=shared(engine, members[0], met or {}),
    )


def degree(found):
    (row,) = found.rows()
    return row["degree"]


def world(engine, delays, *, seed=3, members=40, posts=12, coming=0.7, born=None, tick=1):
    """Members that come to posts after `delays(rng, how many)` ms, and thirty others to each."""
    rng = np.random.default_rng(seed)
    acts = Posts([])
    names = crowd(members)
    for post in range(posts):
        at = DAY * post + HOUR * 9
        others = at + rng.exponential(8 * HOUR, 30)
        acts.visit(crowd(30, of=f"other-{post}-"), post, others // tick * tick)
        came = [name for name in names if rng.random() < coming]
        called = at if born is None else at + born(rng)
        acts.visit(came, post, (called + delays(rng, len(came))) // tick * tick)
    return known(engine, acts, names)


def fans(rng, number):
    """Some follow closely, some look in the evening, all by a habit of their own."""
    return 20 * MINUTE * np.exp(rng.normal(0.0, 2.0, number))


def in_an_hour(rng, number):
    return rng.integers(0, HOUR, number)


def test_fans_who_come_within_minutes_hours_and_days_are_an_audience(engine):
    assert degree(audience(world(engine, fans))) == 1.0


def test_members_who_fill_an_hour_evenly_are_none(engine):
    found = audience(world(engine, in_an_hour)).rows()[0]

    assert found["degree"] == 0.0
    assert found["measured"] == pytest.approx(found["usual"], abs=0.1)


@pytest.mark.slow_on_spark
def test_five_ways_to_keep_a_schedule_are_no_audience(engine):
    # Around a moment, at a steady rate, up to a deadline, in two waves, with stragglers.
    schedules = {
        "around": lambda rng, n: 6 * HOUR + rng.normal(0, HOUR, n),
        "drip": lambda rng, n: rng.exponential(HOUR, n),
        "deadline": lambda rng, n: 20 * HOUR - rng.exponential(HOUR, n),
        "waves": lambda rng, n: rng.integers(0, 2, n) * 9 * HOUR + rng.integers(0, 9 * MINUTE, n),
        "stragglers": lambda rng, n: np.where(
            rng.random(n) < 0.8, rng.integers(0, HOUR, n), rng.integers(0, DAY, n)
        ),
    }
    degrees = {
        name: [degree(audience(world(engine, delays, seed=seed))) for seed in range(4)]
        for name, delays in schedules.items()
    }

    assert {name: max(found) for name, found in degrees.items()} == dict.fromkeys(schedules, 0.0)


def test_a_ring_that_mimics_broad_delays_but_sets_each_time_anew_is_no_audience(engine):
    def mimics(rng, number):
        return MINUTE * np.exp(rng.normal(0.0, 1.5, number))

    def order(rng):
        return 5 * MINUTE * np.exp(rng.normal(0.0, 2.5))

    as_fans = degree(audience(world(engine, mimics)))
    as_ordered = degree(audience(world(engine, mimics, born=order)))

    assert as_fans > 0.5
    assert as_ordered < 0.5


def test_a_ring_among_fans_takes_their_excuse_away_once_it_is_a_good_part_of_them(engine):
    def paid(share):
        def delays(rng, number):
            bought = rng.integers(0, 2 * HOUR) + rng.integers(0, 10 * MINUTE, number)
            return np.where(np.arange(number) < share * number, bought, fans(rng, number))

        return degree(audience(world(engine, delays, members=60, posts=15)))

    assert paid(0.05) == 1.0
    assert paid(0.4) == 0.0


def test_fewer_than_eight_members_or_four_objects_cannot_be_checked(engine):
    assert audience(world(engine, fans, members=7, coming=1.0)).rows() == []
    assert audience(world(engine, fans, posts=3)).rows() == []


def test_a_clock_of_days_shows_no_shape(engine):
    assert audience(world(engine, fans, tick=DAY)).rows() == []


def test_a_clock_of_seconds_shows_a_ring_of_seconds_as_no_audience(engine):
    at_once = world(engine, lambda rng, n: rng.integers(0, 3_000, n), tick=1000)

    (row,) = audience(at_once).rows()

    assert row["degree"] == 0.0
    assert row["measured"] is None
    assert "within five seconds" in row["says"]


def test_one_time_for_all_shows_nothing(engine):
    assert audience(world(engine, lambda rng, n: np.zeros(n), tick=400 * DAY)).rows() == []


def test_a_clusters_answer_does_not_depend_on_the_scale_or_the_start_of_its_clock(engine):
    base = world(engine, fans).interactions.arrow().to_pydict()
    later = Posts(
        [
            (account, post.removeprefix("post-"), 3 * at + 77_777)
            for account, post, at in zip(
                base["account"], base["object"], base["acted_at"], strict=True
            )
        ]
    )

    stretched = audience(known(engine, later, crowd(40))).rows()[0]

    assert stretched["measured"] == pytest.approx(
        audience(world(engine, fans)).rows()[0]["measured"], abs=1e-4
    )


def test_followers_who_answer_at_once_and_thin_out_are_a_reaction_but_no_broad_audience(engine):
    answered = world(engine, lambda rng, n: rng.exponential(HOUR, n), posts=40)

    assert degree(reaction(answered)) > 0.9
    assert degree(audience(answered)) == 0.0


def test_neither_a_schedule_nor_two_waves_on_as_many_posts_are_a_reaction(engine):
    def two_waves(rng, number):
        later = np.where(rng.random(number) < 0.6, 0, 9 * HOUR)
        return later + rng.integers(0, 20 * MINUTE, number)

    assert degree(reaction(world(engine, in_an_hour, posts=40))) == 0.0
    assert degree(reaction(world(engine, two_waves, posts=40))) == 0.0


def test_a_reaction_needs_many_posts_and_many_minutes(engine):
    few = world(engine, lambda rng, n: rng.exponential(HOUR, n), posts=12)
    fast = world(engine, lambda rng, n: rng.exponential(20_000, n), posts=40)

    assert degree(reaction(few)) == 0.0
    assert degree(reaction(fast)) == 0.0


def test_a_part_of_a_great_crowd_about_one_thing_is_a_flash_crowd(engine):
    rng = np.random.default_rng(1)
    acts = Posts([])
    acts.visit(crowd(20), 0, rng.exponential(20 * MINUTE, 20))
    acts.visit(crowd(200, of="o"), 0, rng.exponential(20 * MINUTE, 200))

    assert degree(flash_crowd(known(engine, acts, crowd(20)))) == 1.0


def test_a_burst_among_those_who_come_all_day_is_no_flash_crowd(engine):
    rng = np.random.default_rng(1)
    acts = Posts([])
    acts.visit(crowd(20), 0, 5 * HOUR + rng.integers(0, MINUTE, 20))
    acts.visit(crowd(200, of="o"), 0, rng.integers(0, DAY, 200))

    assert degree(flash_crowd(known(engine, acts, crowd(20)))) == 0.0


def test_a_crowd_does_not_explain_members_who_meet_as_often_elsewhere(engine):
    rng = np.random.default_rng(1)
    acts = Posts([])
    acts.visit(crowd(20), 0, rng.exponential(20 * MINUTE, 20))
    acts.visit(crowd(200, of="o"), 0, rng.exponential(20 * MINUTE, 200))

    # 20 members are 190 pairs; 7 of them are 21 on each of the others.
    hardly = {0: 20, 1: 7}
    half = {0: 20} | dict.fromkeys(range(1, 11), 7)
    judged = [flash_crowd(known(engine, acts, crowd(20), met)).rows()[0] for met in (hardly, half)]

    assert [row["degree"] for row in judged] == [1.0, 0.0]
    assert "elsewhere" not in judged[0]["says"]
    assert judged[1]["says"].endswith("53 % of the pairs that meet on something meet elsewhere")


def test_more_things_than_one_event_brings_are_no_flash_crowd(engine):
    assert degree(flash_crowd(world(engine, fans))) == 0.0


def test_a_group_of_few_has_no_flash_crowd_to_check(engine):
    acts = Posts([])
    acts.visit(crowd(5), 0, range(5))

    assert flash_crowd(known(engine, acts, crowd(5))).rows() == []


def test_the_shortest_intervals_are_those_found_by_trying_all():
    rng = np.random.default_rng(8)
    for number in (8, 9, 13, 40):
        times = np.sort(rng.exponential(size=number))
        found = stretches(times)
        for percent, length in zip((25, 50, 75, 90), found.shortest, strict=True):
            tried = [
                times[j] - times[i]
                for i in range(number)
                for j in range(i, number)
                if 100 * (j - i + 1) >= percent * number
            ]
            assert length == min(tried)


@pytest.mark.parametrize("family", ["uniform", "log-normal 2.0"])
def test_the_shipped_table_is_what_its_script_draws(family):
    mean, spread = shape(family, 12, draws=4000)

    assert SHAPES[family][MEMBERS.index(12)] == pytest.approx((*mean, *spread), abs=6e-5)


def test_the_log_odds_of_a_family_lean_to_its_side():
    rng = np.random.default_rng(21)
    for family in FAMILIES:
        drawn = [stretches(np.sort(FAMILIES[family](rng, (60,)))) for _ in range(200)]
        odds = audience_log_odds(
            np.full(200, 60.0),
            np.array([each.shortest for each in drawn]),
            np.array([each.rest for each in drawn]),
        )[:, 0]
        audience_like = family.startswith("log-normal")
        assert (odds.mean() > 0.3) == audience_like, family
