"""One act told under several objects is one coincidence, in both detectors of things in common."""

from __future__ import annotations

import itertools
import random

import pyarrow as pa
import pytest

from graph.schemas import INTERACTIONS
from jobs.detector import World
from jobs.detectors.rare_objects import RARE_OBJECTS
from jobs.detectors.shared_objects import SHARED_OBJECTS

DAY, SECOND = 86_400_000, 1_000
MEMBERS, THINGS = range(6), range(6)


def crowd(step):
    """150 accounts that act on a few of many things, at times of their own."""
    toss = random.Random(11)
    return [
        (f"u{n}", f"o{toss.randrange(300)}", toss.randrange(60 * DAY) // step * step)
        for n in range(150)
        for _ in range(6)
    ]


def variants(place):
    """Members who each act on six things at one time of their own: `place` of the member."""
    return [(f"m{n}", f"v{thing}", place(n)) for n in MEMBERS for thing in THINGS]


def joined(engine, detector, acts, content=lambda _n: None):
    """The pairs that a detector joins."""
    rows = [
        {
            "account": account,
            "action": "review",
            "object": thing,
            "object_kind": "item",
            "acted_at": at,
            "content": content(n),
        }
        for n, (account, thing, at) in enumerate(acts)
    ]
    table = engine.from_arrow(pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow), INTERACTIONS)
    layer = detector.draw(World(table), detector.settings)
    return {(row["src"], row["dst"]) for row in layer.graph.edges.rows()}


ALL_PAIRS = set(itertools.combinations([f"m{n}" for n in MEMBERS], 2))


def test_reviews_shown_under_every_variant_of_a_product_join_nobody(engine):
    """Each member reviewed all six on a date of its own, as a shop tells one review six times."""
    acts = crowd(DAY) + variants(lambda n: 7 * n * DAY)

    assert joined(engine, RARE_OBJECTS, acts) == set()


def test_reviews_of_the_same_things_on_dates_of_their_own_join(engine):
    apart = [(f"m{n}", f"v{thing}", (9 * thing + n) * DAY) for n in MEMBERS for thing in THINGS]

    assert joined(engine, RARE_OBJECTS, crowd(DAY) + apart) == ALL_PAIRS


def test_acts_at_one_time_that_the_extract_names_apart_join(engine):
    """With a post of its own for each row, six things at one time are six acts."""
    acts = crowd(DAY) + variants(lambda n: 7 * n * DAY)

    assert joined(engine, RARE_OBJECTS, acts, content=lambda n: f"p{n}") == ALL_PAIRS


@pytest.mark.parametrize("accounts", [150, 70], ids=["an extract", "a handful of acts"])
@pytest.mark.slow_on_spark
def test_without_times_each_thing_in_common_counts(engine, accounts):
    acts = [(who, thing, 0) for who, thing, _ in crowd(DAY)[: 6 * accounts]]

    found = joined(engine, RARE_OBJECTS, acts + variants(lambda _n: 0))

    assert found == ALL_PAIRS


@pytest.mark.slow_on_spark
def test_six_things_in_one_second_are_one_meeting_and_six_seconds_are_six(engine):
    at_once = crowd(SECOND) + variants(lambda n: 40 * DAY + n * SECOND)
    one_by_one = crowd(SECOND) + [
        (f"m{n}", f"v{thing}", 40 * DAY + (3 * thing + n) * SECOND)
        for n in MEMBERS
        for thing in THINGS
    ]

    assert joined(engine, SHARED_OBJECTS, at_once) == set()
    assert joined(engine, SHARED_OBJECTS, one_by_one) == ALL_PAIRS
