"""A few who know each other are told from a circle that is sent: they come as they look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from algorithms.explain import explained
from algorithms.explain.acquaintances import check as acquaintances
from algorithms.explain.verdict import accounted_for
from algorithms.ways import joined_by, layers_inside
from builders.simulation.flat import FlatSpec, flat_world
from graph.schemas import CLUSTER_OBJECTS, EDGES
from tests.test_explain_audience import DAY, HOUR, MINUTE, Posts, crowd, known
from tests.test_explain_following import known_of

MEMBERS = 8


def as_they_look(rng, number):
    """One at once, one at lunch, one in the evening."""
    return 2 * HOUR * np.exp(rng.normal(0.0, 1.4, number))


def circle(engine, *, delays=as_they_look, members=MEMBERS, posts=80, own=40, tick=1, seed=6):
    """Members half of whom come to each other's posts, `own` other things of each, and others."""
    rng = np.random.default_rng(seed)
    acts = Posts([])
    names = crowd(members)
    for post in range(posts):
        at = rng.uniform(0, 14 * DAY)
        came = rng.permutation(members)[: members // 2]
        times = (at + delays(rng, len(came))) // tick * tick
        acts.visit([names[who] for who in came], post, times)
    beside = {name: (20, 50, 90)[number % 3] for number, name in enumerate(crowd(45, of="o"))}
    for name, count in (dict.fromkeys(names, own) | beside).items():
        for what in range(count):
            acts.visit([name], f"{what}-of-{name}", [rng.uniform(0, 14 * DAY) // tick * tick])
    shared = [{**_SHARED, "cluster": names[0], "object": f"post-{post}"} for post in range(posts)]
    objects = pa.Table.from_pylist(shared, schema=CLUSTER_OBJECTS.arrow)
    return replace(known(engine, acts, names), objects=engine.from_arrow(objects, CLUSTER_OBJECTS))


_SHARED = {
    "layer": "shared-objects",
    "object_kind": "post",
    "members": 4,
    "interactions": 4,
    "population": 4,
    "population_rate": 0.1,
}


def only(found):
    (row,) = found.rows()
    return row


def test_friends_who_like_each_others_posts_as_they_see_them_are_acquaintances(engine):
    found = only(acquaintances(circle(engine)))

    assert found["degree"] > 0.5
    assert found["measured"] < 0.35
    assert found["usual"] == 0.5
    assert found["says"].startswith("on 80 things the middle one of the members' first acts comes")


SCHEDULES = {
    "evenly": lambda rng, n: rng.uniform(0, HOUR, n),
    "over days": lambda rng, n: rng.uniform(0, 5 * DAY, n),
    "around a moment": lambda rng, n: 5 * HOUR + rng.normal(0, HOUR, n),
    "up to a deadline": lambda rng, n: DAY - rng.exponential(HOUR, n),
}


@pytest.mark.parametrize("delays", SCHEDULES.values(), ids=SCHEDULES)
def test_a_boosting_circle_on_a_schedule_is_none_though_its_accounts_live(engine, delays):
    for seed in range(3):
        found = only(acquaintances(circle(engine, delays=delays, seed=seed)))
        assert found["degree"] < 0.4, seed


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param({"posts": 15}, id="few posts"),
        pytest.param({"own": 1}, id="no life beside it"),
        pytest.param({"members": 60}, id="more than know each other"),
        pytest.param({"delays": lambda rng, n: rng.exponential(8_000, n)}, id="within seconds"),
    ],
)
def test_without_any_one_of_it_there_are_no_acquaintances(engine, lacking):
    assert only(acquaintances(circle(engine, **lacking)))["degree"] == 0.0


def test_what_cannot_be_checked_is_left_out(engine):
    assert acquaintances(circle(engine, posts=3)).rows() == []
    assert acquaintances(circle(engine, tick=DAY * 30)).rows() == []


def test_a_clock_of_minutes_shows_them_too_and_their_scale_does_not_matter(engine):
    fine = only(acquaintances(circle(engine)))
    coarse = only(acquaintances(circle(engine, tick=MINUTE)))

    assert coarse["measured"] == pytest.approx(fine["measured"], abs=0.01)


def test_they_are_excused_for_posts_and_for_following_each_other_but_not_for_the_same_words(
    engine, table
):
    told = circle(engine)
    rows = explained(told)

    def excused(layer):
        inner = table(engine, EDGES, f"src | dst | layer | weight\nm000 | m001 | {layer} | 1")
        families = {"posts": "time-object", "follows": "social", "words": "text"}
        found = accounted_for(
            rows, joined_by(layers_inside(inner, told.clustering)), families=families, at_least=0.4
        )
        return [row["explained"] for row in found.rows()]

    assert excused("posts") == excused("follows") == ["acquaintances"]
    assert excused("words") == []


@pytest.mark.local_only
@pytest.mark.parametrize("seed", [29, 30])
def test_no_planted_ring_is_a_circle_of_acquaintances(engine, seed):
    kinds = {"like-farm": 2, "link-spam": 2, "mutual-boost": 4, "slow-drip": 3, "follow-ring": 2}
    spec = FlatSpec(interactions=100_000, seed=seed, text=False, campaigns=kinds, crowds={})
    world = flat_world(spec)
    ring_of = {row["account_id"]: row["group_id"] for row in world.labels.to_pylist()}
    acts = world.interactions
    rows = zip(*(acts[name].to_pylist() for name in ("account", "object", "time")), strict=True)

    found = acquaintances(known_of(engine, list(rows), ring_of)).rows()

    assert len(found) > 4
    assert max(row["degree"] for row in found) < 0.4
