"""A following of people is told from accounts that are sent: by answers, loyalty and a life."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from algorithms.attendance import loyalty
from algorithms.explain import explained
from algorithms.explain.following import check as following
from algorithms.explain.schema import Known
from algorithms.explain.verdict import accounted_for
from algorithms.ways import joined_by, layers_inside
from builders.simulation.flat import FlatSpec, flat_world
from graph.model import Clustering
from graph.schemas import CLUSTER_OBJECTS, CLUSTERING, EDGES, INTERACTIONS

SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
MEMBERS, POSTS, OTHERS = 60, 45, 120


def at_once(rng, number):
    """Notifications on: half within three minutes, then ever fewer."""
    return rng.lognormal(np.log(3 * MINUTE), 0.9, number)


def people(rng):
    """Each has a loyalty of his own."""
    return rng.uniform(0.4, 0.95, MEMBERS)


def sent(chance):
    """An order gives each account the same chance."""
    return lambda _: np.full(MEMBERS, chance)


def known_of(engine, rows, members, objects=None):
    accounts, things, times = zip(*rows, strict=True)
    fixed = {"action": "like", "object_kind": "post"}
    columns = {
        "account": accounts,
        "object": things,
        "acted_at": [int(at) for at in times],
        **{name: [value] * len(rows) for name, value in fixed.items()},
        **dict.fromkeys(("content", "owner", "text", "platform"), [None] * len(rows)),
    }
    ordered = {name: columns[name] for name in INTERACTIONS.names}
    given = {"account": list(members), "cluster": [members[a] for a in members]}
    return Known(
        clustering=Clustering(
            engine.from_arrow(pa.table(given, schema=CLUSTERING.arrow), CLUSTERING), method="given"
        ),
        interactions=engine.from_arrow(pa.table(ordered, schema=INTERACTIONS.arrow), INTERACTIONS),
        objects=objects or engine.from_arrow(CLUSTER_OBJECTS.arrow.empty_table(), CLUSTER_OBJECTS),
    )


def gathered(
    engine, table, *, delays=at_once, chances=people, own=60, posts=POSTS, others=OTHERS, seed=5
):
    """Members who come to posts, `own` other things of each, and others who do as much or less."""
    rng = np.random.default_rng(seed)
    chance = chances(rng)
    rows = []
    for post in range(posts):
        born = post * DAY // 3 + 8 * 60 * MINUTE
        came = np.flatnonzero(rng.random(MEMBERS) < chance)
        rows += [
            (f"m{who:03}", f"p{post}", born + delay)
            for who, delay in zip(came, delays(rng, len(came)), strict=True)
        ]
    for number in range(MEMBERS + others):
        name = f"m{number:03}" if number < MEMBERS else f"o{number:03}"
        count = own if number < MEMBERS else (30, 45, 90)[number % 3]
        rows += [
            (name, f"x{what}", at)
            for what, at in zip(
                rng.integers(0, 5_000, count), rng.integers(0, 15 * DAY, count), strict=True
            )
        ]
    members = {f"m{number:03}": "c" for number in range(MEMBERS)}
    shared = [f"c | like | post | p{post}" for post in range(posts)]
    text = "cluster | action | object_kind | object\n" + "\n".join(shared)
    return known_of(engine, rows, members, table(engine, CLUSTER_OBJECTS, text))


def only(found):
    (row,) = found.rows()
    return row


def test_fans_with_notifications_switched_on_are_a_following(engine, table):
    found = only(following(gathered(engine, table)))

    assert found["degree"] > 0.9
    assert found["usual"] == 0.0
    assert "times as much as equal tosses would" in found["says"]
    assert found["measured"] == round(found["measured"], 9) > 0


def test_a_slow_following_is_told_in_hours_and_a_great_unevenness_in_figures(engine, table):
    def slowly(rng, number):
        return at_once(rng, number) * 400

    def few_at_all(rng):
        return np.where(np.arange(MEMBERS) < MEMBERS // 2, 0.999, 0.001)

    known = gathered(engine, table, delays=slowly, chances=few_at_all, posts=300)
    says = only(following(known))["says"]

    assert re.search(r"varies \d{3} times as much", says), says
    assert re.search(r"come within [\d.]+ (h|days), densest", says), says


def test_where_nobody_else_is_as_active_it_says_that_this_is_what_lacks(engine, table):
    known = gathered(engine, table, others=0)

    (row,) = [each for each in explained(known).rows() if each["explanation"] == "following"]

    assert row["degree"] is None
    assert row["says"].endswith("and other accounts as active as its members")


def one_moment(rng, number):
    return rng.normal(30 * MINUTE, 3 * MINUTE, number)


def in_seconds(rng, number):
    return rng.exponential(8 * SECOND, number)


@pytest.mark.parametrize(
    "ring",
    [
        pytest.param({"chances": sent(0.55)}, id="the same chance for each account"),
        pytest.param({"delays": one_moment}, id="a schedule that aims at a moment"),
        pytest.param({"delays": in_seconds}, id="faster than anybody reads"),
        pytest.param({"own": 3}, id="no life beside it"),
        pytest.param({"posts": 12}, id="few posts"),
    ],
)
def test_without_any_one_of_it_there_is_no_following(engine, table, ring):
    assert only(following(gathered(engine, table, **ring)))["degree"] < 0.2


@pytest.mark.parametrize("chance", [0.3, 0.5, 0.7, 0.9])
def test_equal_tosses_of_any_chance_show_hardly_any_loyalty(chance):
    rng = np.random.default_rng(7)
    shown = []
    for _ in range(200):
        times = (rng.random((MEMBERS, POSTS)) < chance).sum(axis=1)
        share = times.mean() / POSTS
        shown.append(loyalty(times.var() / (POSTS * share * (1 - share)), share, POSTS))

    assert np.quantile(shown, 0.95) < 0.08


def test_few_objects_say_nothing(engine, table):
    assert following(gathered(engine, table, posts=3)).rows() == []


def test_what_was_looked_at_before_is_taken_as_it_is(engine, table):
    known = gathered(engine, table)

    (row,) = [each for each in explained(known).rows() if each["explanation"] == "following"]

    alone = only(following(known))
    assert row["degree"] == pytest.approx(alone["degree"], abs=1e-9)
    assert (row["says"], row["sufficient_for"]) == (alone["says"], "time-object")


def test_it_excuses_who_meets_on_posts_and_not_who_shares_a_device(engine, table):
    known = gathered(engine, table)
    rows = explained(known)

    def excused(layer):
        inner = table(engine, EDGES, f"src | dst | layer | weight\nm000 | m001 | {layer} | 1")
        families = {"posts": "time-object", "devices": "traits"}
        found = accounted_for(
            rows, joined_by(layers_inside(inner, known.clustering)), families=families, at_least=0.4
        )
        return [row["explained"] for row in found.rows()]

    assert excused("posts") == ["following"]
    assert excused("devices") == []


def test_every_planted_fan_club_is_a_following_and_no_planted_ring_is(engine):
    spec = FlatSpec(
        interactions=100_000,
        seed=19,
        text=False,
        campaigns={"like-farm": 2, "link-spam": 2, "mutual-boost": 2, "rotating-teams": 1},
        crowds={"fast-fan-club": 3, "newsletter": 1},
    )
    world = flat_world(spec)
    labels = world.labels.to_pylist()
    # Whoever is in a ring and a fan club is left to the ring.
    group = {row["account_id"]: row["group_id"] for row in sorted(labels, key=_rings_last)}
    acts = world.interactions.select(["account", "object", "time"]).to_pydict()
    rows = list(zip(acts["account"], acts["object"], acts["time"], strict=True))
    found = following(known_of(engine, rows, group)).rows()
    degrees = {row["cluster"]: row["degree"] for row in found}
    rings = {row["group_id"] for row in labels if row["is_ring"]}

    assert min(degrees[name] for name in {"fast-fan-club-1", "fast-fan-club-2"}) > 0.4
    assert max(degree for name, degree in degrees.items() if name in rings) < 0.2


def _rings_last(row):
    return row["is_ring"]
