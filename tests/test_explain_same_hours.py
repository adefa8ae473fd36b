"""A few who were there in the same hours once are told from a ring that is sent."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest

from algorithms.explain import explained
from algorithms.explain.same_hours import check as same_hours
from algorithms.explain.verdict import accounted_for
from algorithms.ways import joined_by, layers_inside
from graph.schemas import CLUSTER_OBJECTS, EDGES
from tests.test_explain_audience import DAY, HOUR, MINUTE
from tests.test_explain_following import known_of

ALWAYS = (0, 14 * DAY)
THAT_HOUR = (3 * DAY + 20 * HOUR, 3 * DAY + 21 * HOUR)


def feed(
    engine,
    *,
    members=5,
    things=6,
    evenings=1,
    others=3,
    own=20,
    lived=ALWAYS,
    step=1,
    there=MappingProxyType({}),
    together=99,
):
    """Members who like the same new things within minutes, on so many evenings.

    `others`: accounts that come to each thing besides, for each member; `own`: what else each does,
    from and up to `lived`; `step`: of the clock; `there`: who was there on an evening, if not all;
    `together`: so many things; to the others each comes on a day of its own.
    """
    rng = np.random.default_rng(7)
    names = [f"m{number}" for number in range(members)]
    rows, shared = [], []
    for thing in range(things):
        at = (3 + 2 * (thing % evenings)) * DAY + 20 * HOUR
        came = there.get(thing % evenings, names)
        later = 0 if thing < together else DAY
        rows += [
            (who, f"new-{thing}", at + rng.uniform(0, 9 * MINUTE) + place * later)
            for place, who in enumerate(came)
        ]
        rows += [
            (f"o{number}-{thing}", f"new-{thing}", at + rng.uniform(0, 5 * HOUR))
            for number in range(members * others)
        ]
        shared.append(
            {
                "cluster": "m0",
                "layer": "shared-objects",
                "object_kind": "post",
                "object": f"new-{thing}",
                "members": members,
                "interactions": members,
                "population": members * (1 + others),
                "population_rate": 0.1,
            }
        )
    rows += [(who, f"{what}-{who}", rng.uniform(*lived)) for who in names for what in range(own)]
    rows = [(who, what, at // step * step) for who, what, at in rows]
    objects = engine.from_arrow(
        pa.Table.from_pylist(shared, schema=CLUSTER_OBJECTS.arrow), CLUSTER_OBJECTS
    )
    return known_of(engine, rows, dict.fromkeys(names, "m0"), objects)


def degree(known):
    (row,) = same_hours(known).rows()
    return row["degree"]


def test_five_who_like_the_same_new_things_one_evening_were_there_together(engine):
    (row,) = same_hours(feed(engine)).rows()

    assert row == {
        "cluster": "m0",
        "measured": 1.0,
        "usual": 1.0,
        "degree": 1.0,
        "says": "they met in one run of hours on what they share (6 things, 3.0 others there for"
        " each member), 100 % of what two came to in one run of theirs; 77 % of all that they do"
        " falls in other hours",
    }


def test_a_thing_that_two_layers_list_is_one_thing(engine):
    known = feed(engine)
    twice = known.engine.sql(
        f"""
        select {CLUSTER_OBJECTS.selecting()} from {{once}}
        union all
        select {CLUSTER_OBJECTS.selecting(layer="'rare-objects'")} from {{once}}
        """,
        CLUSTER_OBJECTS,
        once=known.objects,
    )
    assert same_hours(replace(known, objects=twice)).rows() == same_hours(known).rows()


@pytest.mark.parametrize(
    "different",
    [
        pytest.param({"evenings": 3}, id="on three evenings"),
        pytest.param({"others": 0}, id="nobody else there"),
        pytest.param({"own": 1}, id="no life beside it"),
        pytest.param({"lived": THAT_HOUR}, id="no life in other hours"),
    ],
)
def test_without_any_one_of_it_they_were_not(engine, different):
    assert degree(feed(engine, **different)) == 0.0


def test_eight_are_too_many_to_be_there_by_chance_and_seven_nearly(engine):
    assert degree(feed(engine, members=5)) == 1.0
    assert degree(feed(engine, members=7)) == pytest.approx(1 / 3)
    assert same_hours(feed(engine, members=8)).rows() == []


def test_one_who_was_there_with_others_on_another_evening_is_no_exception(engine):
    """Three on one evening and three on another, of whom one was there on both."""
    shown = {0: ("m0", "m1", "m2"), 1: ("m2", "m3", "m4")}
    (row,) = same_hours(feed(engine, evenings=2, there=shown)).rows()

    assert (row["measured"], row["usual"], row["degree"]) == (1.0, 0.5, 1.0)
    assert row["says"].startswith("they met in 2 runs of hours on what they share (6 things, ")


def test_who_come_to_the_rest_on_days_of_their_own_were_not_there_by_chance(engine):
    """A slow ring meets once and shares more than that evening."""
    (row,) = same_hours(feed(engine, together=1)).rows()

    assert (row["measured"], row["degree"]) == (0.166666667, 0.0)


def test_two_who_came_together_again_were_not_there_once(engine):
    shown = {0: ("m0", "m1", "m2"), 1: ("m1", "m2", "m3", "m4")}

    (row,) = same_hours(feed(engine, evenings=2, there=shown)).rows()

    # Nine pairs met on three things each, and of them m1 and m2 on three more.
    assert (row["measured"], row["degree"]) == (0.888888889, pytest.approx(0.889, abs=0.001))


@pytest.mark.parametrize("step", [HOUR, DAY], ids=["hours", "dates"])
def test_where_times_are_no_finer_than_an_hour_it_cannot_be_checked(engine, step):
    """Who did it all on one day did it in one hour there."""
    assert same_hours(feed(engine, step=step)).rows() == []


def test_by_the_minute_it_can(engine):
    assert degree(feed(engine, step=MINUTE)) == 1.0


def test_it_excuses_who_meets_on_posts_and_not_who_shares_a_device(engine, table):
    told = feed(engine)
    rows = explained(told)

    def excused(layer):
        pairs = "\n".join(f"m0 | m{other} | {layer} | 1" for other in range(1, 5))
        inner = table(engine, EDGES, f"src | dst | layer | weight\n{pairs}")
        families = {"posts": "time-object", "devices": "traits"}
        found = accounted_for(
            rows, joined_by(layers_inside(inner, told.clustering)), families=families
        )
        return [row["explained"] for row in found.rows()]

    assert excused("posts") == ["same-hours"]
    assert excused("devices") == []


def test_who_shares_no_object_cannot_be_checked(engine):
    known = known_of(engine, [("m0", "a", DAY), ("m1", "b", DAY)], {"m0": "m0", "m1": "m0"})

    assert same_hours(known).rows() == []
