"""Several windows, or sizes, looked at at once: what they find together, and what each costs."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pyarrow as pa
import pytest

from algorithms.tail import log10_upper_tail
from graph.errors import ConfigError
from graph.model import InteractionGraph
from graph.schemas import EDGES, INTERACTIONS
from jobs.detector import World
from jobs.detectors.looks import best_of
from jobs.detectors.rare_objects import RareObjects
from jobs.detectors.shared_objects import SHARED_OBJECTS, SharedObjects

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
FOUR = (60.0, 300.0, 3600.0, 86_400.0)


def look(engine, log10_p, *, objects=3):
    """What one look saw: the log10 p of some pairs, by their accounts."""
    whole = dict.fromkeys(
        ("src_count", "dst_count", "objects", "object_days", "post_pairs"), objects
    )
    told = {"layer": "looked", "weight": 1.0, **whole, "first_at": 0, "last_at": 0, "expected": 1.0}
    columns = {
        "src": [src for src, _ in log10_p],
        "dst": [dst for _, dst in log10_p],
        "log10_p": list(log10_p.values()),
        **{name: [value] * len(log10_p) for name, value in told.items()},
    }
    return InteractionGraph(engine.from_arrow(pa.table(columns, schema=EDGES.arrow), EDGES))


def told(graph):
    return {
        (row["src"], row["dst"]): (row["log10_p"], row["objects"]) for row in graph.edges.rows()
    }


def test_a_pair_has_the_p_of_its_best_look_times_the_looks(engine):
    narrow = look(engine, {("a", "b"): -5.0, ("a", "c"): -1.0, ("b", "c"): -0.2}, objects=3)
    wide = look(engine, {("a", "b"): -2.0, ("a", "c"): -4.0, ("c", "d"): -3.0}, objects=7)

    found = told(best_of([narrow, wide]))

    twice = math.log10(2)
    assert found == {
        ("a", "b"): (pytest.approx(-5 + twice), 3),
        ("a", "c"): (pytest.approx(-4 + twice), 7),
        # Nothing is less than no surprise, and who is absent from a look pays for it too.
        ("b", "c"): (0.0, 3),
        ("c", "d"): (pytest.approx(-3 + twice), 7),
    }


def test_of_looks_that_surprise_alike_the_narrowest_is_shown(engine):
    same = {("a", "b"): -4.0}

    found = told(best_of([look(engine, same, objects=n) for n in (3, 5, 9)]))

    assert found == {("a", "b"): (pytest.approx(-4 + math.log10(3)), 3)}


# 40,000 pairs each: what is counted is the arithmetic, and two tests above hold it on Spark.
@pytest.mark.local_only
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "means", [(0.1, 0.2, 0.5, 2.0), (3.0, 3.5, 4.0, 30.0), (1.0, 1.0, 1.0, 1.0)]
)
def test_windows_within_one_another_surprise_by_chance_no_oftener_than_said(engine, means, seed):
    # Who met within a minute met within an hour too: each count holds those before it.
    pairs = 40_000
    more = np.diff(means, prepend=0.0)
    counts = np.cumsum(np.random.default_rng(seed).poisson(more, (pairs, len(means))), axis=1)
    names = [(f"a{n:05}", f"b{n:05}") for n in range(pairs)]
    looks = []
    for seen, mean in zip(counts.T.astype(float), means, strict=True):
        logs = log10_upper_tail(seen, np.full(pairs, mean), dispersion=0.0)
        looks.append(look(engine, dict(zip(names, logs.tolist(), strict=True))))

    found = np.array([p for p, _ in told(best_of(looks)).values()])

    for level in (0.1, 0.01, 0.001):
        most = level * pairs + 4 * math.sqrt(level * pairs)
        assert (found <= math.log10(level)).sum() <= most


def ring_acts(toss, *, apart_ms, name="ring"):
    """Eight accounts that come to ten things, so far apart in time."""
    return [
        (f"{name}{n}", f"{name}-t{thing}", thing * DAY + 6 * HOUR + toss.randrange(apart_ms))
        for n in range(8)
        for thing in range(10)
    ]


def acts(*, apart_ms, seed=7):
    """Such a ring, and a crowd."""
    toss = random.Random(seed)
    return [*ring_acts(toss, apart_ms=apart_ms), *crowd_acts(toss)]


def crowd_acts(toss):
    return [
        (f"u{n}", f"o{toss.randrange(150)}", toss.randrange(12 * DAY))
        for n in range(200)
        for _ in range(8)
    ]


def drawn(engine, acted, **settings):
    """The layer of `shared-objects`."""
    rows = [
        {
            "account": account,
            "action": "like",
            "object": thing,
            "object_kind": "post",
            "acted_at": at,
        }
        for account, thing, at in acted
    ]
    table = pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow)
    world = World(engine.from_arrow(table, INTERACTIONS))
    return SHARED_OBJECTS.draw(world, SharedObjects(drawn_accounts=0, **settings))


def edges(layer):
    return sorted(layer.graph.edges.rows(), key=lambda row: (row["src"], row["dst"]))


def joined(layer):
    return {(row["src"], row["dst"]) for row in edges(layer)}


def pairs_of(name):
    return set(itertools.combinations([f"{name}{n}" for n in range(8)], 2))


RING = pairs_of("ring")
PACES = {"seconds": 20_000, "minutes": 4 * MINUTE, "an hour": 50 * MINUTE, "half a day": 12 * HOUR}


@pytest.mark.slow_on_spark
def test_four_windows_find_rings_of_every_pace_in_one_world(engine):
    toss = random.Random(7)
    acted = crowd_acts(toss)
    for name, apart_ms in PACES.items():
        acted += ring_acts(toss, apart_ms=apart_ms, name=name)

    found = joined(drawn(engine, acted, within_seconds=FOUR))

    assert found == set.union(*(pairs_of(name) for name in PACES))


# One by one: the test above has all of them on Spark.
@pytest.mark.local_only
@pytest.mark.parametrize("apart_ms", PACES.values(), ids=PACES)
def test_four_windows_find_a_ring_whatever_time_it_takes(engine, apart_ms):
    assert joined(drawn(engine, acts(apart_ms=apart_ms), within_seconds=FOUR)) == RING


def test_of_a_ring_that_takes_half_a_day_the_lesser_part_is_seen_within_an_hour(engine):
    layer = drawn(engine, acts(apart_ms=12 * HOUR), within_seconds=FOUR[:3])

    assert len(joined(layer)) < len(RING) / 2


@pytest.mark.slow_on_spark
def test_the_order_of_the_windows_changes_nothing(engine):
    acted = acts(apart_ms=4 * MINUTE)

    first, other = (
        drawn(engine, acted, within_seconds=windows) for windows in (FOUR, (*FOUR[2:], *FOUR[:2]))
    )

    assert edges(first) == edges(other) != []
    assert dict(first.facts) == dict(other.facts)
    assert "post pairs within 86400 s" in first.facts


@pytest.mark.parametrize(
    ("settings", "given", "says"),
    [
        (SharedObjects, {"within_seconds": ()}, "is empty; give one window in seconds or more"),
        (SharedObjects, {"within_seconds": (60.0, -1.0)}, "holds -1; each window in seconds is 0"),
        (SharedObjects, {"within_seconds": (math.inf,)}, "holds inf; each window"),
        (SharedObjects, {"within_seconds": (math.nan,)}, "holds nan; each window"),
        (SharedObjects, {"within_seconds": (60.0, 60.0)}, "holds 60 more than once"),
        (RareObjects, {"at_most_accounts": ()}, "is empty; give one number of accounts"),
        (RareObjects, {"at_most_accounts": (10, 1)}, "holds 1; each number of accounts is 2"),
        (RareObjects, {"at_most_accounts": (10, 25, 10)}, "holds 10 more than once"),
    ],
)
def test_looks_that_make_no_sense_are_refused_before_anything_is_read(settings, given, says):
    (name,) = given
    of = "shared-objects" if settings is SharedObjects else "rare-objects"

    with pytest.raises(ConfigError) as refused:
        settings(**given)

    assert f"`{name}` in [detectors.{of}] {says}" in str(refused.value)
