"""Lockstep: crowded places, windowed cores, and the layer drawn from them."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders.crowded_acts import crowded_acts
from graph.engines.kernels.lockstep import windowed_core
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from jobs.detector import World
from jobs.detectors.lockstep import LOCKSTEP, draw

HOUR = 3_600_000
acts_of_few = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 12)), max_size=40, unique=True
)


def core_of(acts, *, within, accounts, objects):
    """The acts inside the core, by the kernel."""
    columns = np.array(acts, dtype=np.int64).reshape(-1, 3).T
    inside = windowed_core(*columns, within=within, least_accounts=accounts, least_objects=objects)
    return {act for act, kept in zip(acts, inside, strict=True) if kept}


def windowed(acts, within, least):
    """The acts in each object's window, the earliest with most accounts."""
    found = set()
    for thing in {thing for _, thing, _ in acts}:
        own = [act for act in acts if act[1] == thing]
        windows = [
            [act for act in own if since <= act[2] <= since + within]
            for since in sorted({at for _, _, at in own})
        ]
        sizes = [len({account for account, _, _ in window}) for window in windows]
        if max(sizes) >= least:
            found.update(windows[sizes.index(max(sizes))])
    return found


def plain_core(acts, *, within, accounts, objects):
    left = set(acts)
    while True:
        joint = windowed(left, within, accounts)
        busy = {
            name
            for name, _, _ in joint
            if len({thing for other, thing, _ in joint if other == name}) >= objects
        }
        kept = {act for act in joint if act[0] in busy}
        still = {
            act
            for act in left
            if act[0] in {name for name, _, _ in kept} and act[1] in {thing for _, thing, _ in kept}
        }
        if still == left:
            return kept
        left = still


@settings(max_examples=200, deadline=None)
@given(acts=acts_of_few, within=st.integers(0, 5))
@example(acts=[(0, 0, 0), (0, 2, 1), (0, 2, 3), (1, 2, 0), (2, 0, 0), (2, 2, 1)], within=2)
def test_a_core_is_what_a_plain_reading_of_its_definition_gives(acts, within):
    found = core_of(acts, within=within, accounts=2, objects=2)

    assert found == plain_core(acts, within=within, accounts=2, objects=2)


@settings(max_examples=100, deadline=None)
@given(acts=acts_of_few, seed=st.integers(0, 1000))
def test_in_a_core_everybody_comes_often_enough_and_everything_is_come_to(acts, seed):
    turned = random.Random(seed).sample(acts, len(acts))

    found = core_of(turned, within=3, accounts=3, objects=2)

    assert found == core_of(acts, within=3, accounts=3, objects=2)
    for name in {name for name, _, _ in found}:
        assert len({thing for other, thing, _ in found if other == name}) >= 2
    for thing in {thing for _, thing, _ in found}:
        own = [act for act in found if act[1] == thing]
        assert len({name for name, _, _ in own}) >= 3
        assert max(at for _, _, at in own) - min(at for _, _, at in own) <= 3


def table_of(engine, rows):
    """Likes of posts: (account, object, time)."""
    blank = dict.fromkeys(INTERACTIONS.names)
    acts = [
        {
            **blank,
            "account": account,
            "action": "like",
            "object": thing,
            "object_kind": "post",
            "acted_at": at,
        }
        for account, thing, at in rows
    ]
    return engine.from_arrow(pa.Table.from_pylist(acts, schema=INTERACTIONS.arrow), INTERACTIONS)


def ring(*, members=12, targets=9, late=()):
    """Members like each target within minutes, across the border of an hour; a target a day."""
    return [
        (f"r{n:02}", f"t{k}", 24 * HOUR * k + HOUR - 180_000 + 30_000 * n + 5 * HOUR * (n in late))
        for n in range(members)
        for k in range(targets)
    ]


def crowd(seed, *, accounts=150, acts=4000, posts=900):
    """Whoever likes what, within ten days."""
    toss = random.Random(seed)
    return [
        (f"u{toss.randrange(accounts):03}", f"p{toss.randrange(posts)}", toss.randrange(240 * HOUR))
        for _ in range(acts)
    ]


def viral(accounts):
    """Everybody likes three posts within two hours of one another."""
    return [(f"u{n:03}", f"news{k}", 7_000 * n) for n in range(accounts) for k in range(3)]


def crowded(engine, rows, most_acts=10**6):
    return crowded_acts(
        table_of(engine, rows),
        within_seconds=3600,
        least_accounts=5,
        least_objects=4,
        most_acts=most_acts,
        layer="lockstep",
    )


def ends(layer):
    return {end for row in layer.graph.edges.rows() for end in (row["src"], row["dst"])}


def test_no_act_of_a_ring_is_lost_among_those_in_crowded_places(engine):
    found = crowded(engine, [*ring(), *crowd(1), *viral(100)], most_acts=1000)

    kept = {(row["account"], row["object"]) for row in found.acts.rows()}
    assert {(account, thing) for account, thing, _ in ring()} <= kept
    # Whoever came to the news alone came to three things, and not again and again.
    assert not any(thing.startswith("news") for _, thing in kept)
    assert found.bounds.count() == 0


def test_an_extract_that_fits_is_looked_at_whole(engine):
    rows = [*ring(), ("alone", "seldom", 5)]

    found = crowded(engine, [*rows, ("alone", "seldom", 6), ("alone", "", 6)])

    assert [
        (row["account"], row["object"], row["acted_at"]) for row in found.acts.rows()
    ] == sorted(rows)


def test_beyond_its_bound_the_most_crowded_places_are_left_out_and_counted(engine):
    rows = [*ring(), *((f"u{n:03}", f"news{k}", 10 * n) for n in range(100) for k in range(4))]

    found = crowded(engine, rows, most_acts=200)

    assert {row["object"] for row in found.acts.rows()} == {f"t{k}" for k in range(9)}
    assert [
        (row["bound"], row["subject"].split()[0], row["accounts"], row["pairs_not_counted"])
        for row in found.bounds.rows()
    ] == [("most-acts", f"news{k}", 100, 4950) for k in range(4)]


def rings_alike(count):
    """Rings of five that come to four objects each, one ring a day."""
    return [
        (f"r{day:02}-{n}", f"t{day:02}-{k}", 24 * HOUR * day + 60_000 * n)
        for day in range(count)
        for n in range(5)
        for k in range(4)
    ]


def test_of_places_that_are_all_alike_the_latest_stay_whole_and_the_others_are_counted(engine):
    found = crowded(engine, rings_alike(30), most_acts=130)

    kept = {(row["account"], row["object"]) for row in found.acts.rows()}
    latest = [row for row in rings_alike(30) if row[2] >= 24 * HOUR * 24]
    assert kept == {(account, thing) for account, thing, _ in latest}
    assert len(kept) == 120
    told = found.bounds.rows()
    assert sum(row["interactions"] for row in told) == 600 - 120
    assert {row["accounts"] for row in told} == {5}


def test_bounds_name_the_most_crowded_places_and_sum_up_the_rest(engine):
    news = [(f"u{n:03}", f"news{k:03}", 10 * n) for n in range(9) for k in range(150)]
    stars = [(f"u{n:03}", f"star{k}", 10 * n) for n in range(40) for k in range(4)]

    told = crowded(engine, [*ring(), *news, *stars], most_acts=108).bounds.rows()

    by_name = {row["subject"].split()[0]: row for row in told}
    assert len(told) == 101
    assert [by_name[f"star{k}"]["accounts"] for k in range(4)] == [40] * 4
    rest = by_name["54"]
    assert rest["subject"] == "54 more, less crowded"
    assert (rest["accounts"], rest["interactions"], rest["pairs_not_counted"]) == (9, 486, 1944)
    assert sum(row["interactions"] for row in told) == 150 * 9 + 4 * 40


def test_who_came_often_by_the_crowds_alone_leaves_with_them_and_makes_room_for_a_ring(engine):
    fans = range(200)
    shows = [
        (f"x{n:03}", f"show{(n + k) % 15}", 24 * HOUR * (40 + (n + k) % 15))
        for n in fans
        for k in range(3)
    ]
    meals = [
        (f"x{n:03}", f"meal{k}", 24 * HOUR * (60 + k)) for n in fans for k in (n // 5, 40 + n % 40)
    ]

    found = crowded(engine, [*ring(), *shows, *meals], most_acts=300)

    kept = {(row["account"], row["object"]) for row in found.acts.rows()}
    assert kept == {(account, thing) for account, thing, _ in ring()}


@pytest.mark.parametrize("bound", [40, 108, 150, 400, 900])
def test_never_more_acts_are_kept_than_were_allowed_and_the_same_in_any_order_of_rows(
    engine, bound
):
    rows = [*ring(), *crowd(5, accounts=40, posts=60, acts=1500), *viral(60), *rings_alike(10)]
    turned = random.Random(bound).sample(rows, len(rows))

    found, again = crowded(engine, rows, most_acts=bound), crowded(engine, turned, most_acts=bound)

    assert 0 < found.acts.count() <= bound
    assert found.acts.rows() == again.acts.rows()
    assert found.bounds.rows() == again.bounds.rows()


def test_a_bound_below_one_is_refused(engine):
    with pytest.raises(ConfigError, match="`most_acts` is 1 or more, not 0"):
        crowded(engine, ring(), most_acts=0)


def test_a_ring_across_the_border_of_an_hour_is_joined_and_nobody_else(engine):
    world = World(table_of(engine, [*ring(), *crowd(2), *viral(120)]))

    layer = draw(world, LOCKSTEP.settings)

    assert ends(layer) == {f"r{n:02}" for n in range(12)}
    assert layer.facts["edges_kept"] == 66
    assert all(row["objects"] == 9 and row["log10_p"] < -1.3 for row in layer.graph.edges.rows())


def test_members_who_come_hours_later_are_not_in_the_core(engine):
    world = World(table_of(engine, [*ring(late=(3, 7)), *crowd(3)]))

    layer = draw(world, LOCKSTEP.settings)

    assert ends(layer) == {f"r{n:02}" for n in range(12)} - {"r03", "r07"}


@pytest.mark.parametrize("seed", range(3))
def test_a_world_without_a_ring_has_no_layer(engine, seed):
    layer = draw(World(table_of(engine, [*crowd(seed), *viral(120)])), LOCKSTEP.settings)

    assert layer.facts["edges_kept"] == 0


def test_a_block_that_is_too_large_joins_nobody_and_is_counted(engine):
    world = World(table_of(engine, [*ring(), *crowd(4)]))

    layer = draw(world, LOCKSTEP.tuned({"most_accounts": 5}).settings)

    assert layer.facts["edges_kept"] == 0
    # Either side of the border of an hour is a block.
    assert [
        (row["bound"], row["subject"], row["accounts"], row["pairs_not_counted"])
        for row in layer.bounds.rows()
    ] == [
        ("most-accounts", "block 1, of r00", 6, 15),
        ("most-accounts", "block 2, of r06", 6, 15),
    ]
