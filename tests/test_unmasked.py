"""A group so large that it makes its own expectation is expected to do what others do."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest

from algorithms.chance import co_action_against_chance
from algorithms.unmasked import APART, LEAST_LEFT, unmasked
from builders.coaction import coaction_graph
from graph.engines.kernels.chance import HEDGE
from graph.schemas import INTERACTIONS

MINUTE = 60_000
HOUR = 3_600_000
RING = [f"r{n:02}" for n in range(40)]
SETTINGS = {"within_seconds": 60, "dispersion": 0.25, "least_in_stratum": 200}


def acts_of(rows):
    """Interactions of (account, object, ms)."""
    names = ("account", "object", "acted_at")
    return pa.Table.from_pylist(
        [
            {"action": "like", "object_kind": "post", **dict(zip(names, row, strict=True))}
            for row in rows
        ],
        INTERACTIONS.arrow,
    )


def everybody(rng, *, hours, in_hour=250, accounts=400, objects=300):
    """Hours in which many accounts act on many things."""
    return [
        (f"a{rng.integers(accounts):03}", f"o{rng.integers(objects):03}", int(hour * HOUR + at))
        for hour in hours
        for at in rng.integers(0, HOUR, in_hour)
    ]


def ring(hours):
    """Forty accounts, all on one new thing within half a minute, once an hour."""
    return [
        (name, f"target {hour}", hour * HOUR + 20 * MINUTE + 700 * place)
        for hour in hours
        for place, name in enumerate(RING)
    ]


def held_against_chance(engine, rows):
    interactions = engine.from_arrow(acts_of(rows), INTERACTIONS)
    built = coaction_graph(interactions, within_seconds=60, at_least=3, count="objects")
    return co_action_against_chance(built.graph, interactions, **SETTINGS), interactions


def test_a_ring_that_makes_most_of_an_hours_pairs_no_longer_explains_itself(engine):
    rng = np.random.default_rng(1)
    tested, interactions = held_against_chance(
        engine, everybody(rng, hours=range(4), in_hour=200) + ring(range(4))
    )
    inside = {(a, b) for a, b in combinations(RING, 2)}

    found = unmasked(tested, interactions, **SETTINGS)

    before = {(r["src"], r["dst"]): r["log10_p"] for r in tested.graph.edges.rows()}
    after = {(r["src"], r["dst"]): r["log10_p"] for r in found.graph.edges.rows()}
    assert set(before) == set(after) >= inside
    # Four meetings in four hours: one in ten thousand by everybody's rates, by others' a miracle.
    assert min(before[pair] for pair in inside) > -6
    assert max(after[pair] for pair in inside) < -8


def test_pairs_outside_large_groups_keep_their_expectation(engine):
    rng = np.random.default_rng(2)
    small = [
        (f"s{place}", f"little {hour}", hour * HOUR + place)
        for hour in range(4)
        for place in range(8)
    ]
    rows = everybody(rng, hours=range(4)) + ring(range(4)) + small
    tested, interactions = held_against_chance(engine, rows)

    found = unmasked(tested, interactions, **SETTINGS)

    def of_small(edges):
        return sorted(
            (row["src"], row["dst"], row["expected"], row["log10_p"])
            for row in edges.rows()
            if row["src"].startswith("s")
        )

    assert len(of_small(found.graph.edges)) == 28
    assert of_small(found.graph.edges) == of_small(tested.graph.edges)


def test_without_a_large_group_nothing_changes(engine):
    rng = np.random.default_rng(3)
    tested, interactions = held_against_chance(engine, everybody(rng, hours=range(3)))

    assert unmasked(tested, interactions, **SETTINGS) is tested


@pytest.mark.parametrize("seed", [4, 5])
def test_the_expectation_by_others_is_that_of_counting_others_by_hand(engine, seed):
    rng = np.random.default_rng(seed)
    rows = everybody(rng, hours=(0, 2, 5), objects=40) + ring((0, 2, 5))
    interactions = engine.from_arrow(acts_of(rows), INTERACTIONS)
    graph = coaction_graph(interactions, within_seconds=60, at_least=1, count="objects").graph
    apart = engine.from_arrow(pa.table({"account": RING}, schema=APART.arrow), APART)

    found = co_action_against_chance(graph, interactions, **SETTINGS, apart=apart)

    others = [row for row in rows if row[0] not in RING]
    matched = Counter(
        one[2] // HOUR
        for one, other in combinations(others, 2)
        if one[0] != other[0] and one[1] == other[1] and abs(one[2] - other[2]) <= MINUTE
        if one[2] // HOUR == other[2] // HOUR
    )
    whole = sum(
        1
        for one, other in combinations(others, 2)
        if one[0] != other[0] and one[1] == other[1] and abs(one[2] - other[2]) <= MINUTE
    )
    size = Counter(row[2] // HOUR for row in others)
    share = HEDGE * 2 * whole / (len(others) * (len(others) - 1))
    acts = Counter((row[0], row[2] // HOUR) for row in rows)
    total = Counter(row[0] for row in rows)
    for row in found.graph.edges.rows():
        a, b = row["src"], row["dst"]
        by_hand = share * total[a] * total[b] + sum(
            acts[a, hour] * acts[b, hour] * 2 * matched[hour] / (size[hour] * (size[hour] - 1))
            for hour in size
        )
        assert row["expected"] == pytest.approx(by_hand, rel=1e-9)


def club(rng, *, fans=60, days=20):
    """Accounts that each read a third of ten popular posts a day, by themselves."""
    return [
        (f"f{fan:02}", f"popular {day}-{post}", int((day * 24 + post) * HOUR + delay))
        for day in range(days)
        for post in range(10)
        for fan in range(fans)
        if rng.random() < 0.3
        for delay in [rng.exponential(HOUR / 6)]
    ]


def alone(rng, *, accounts, days=20):
    """Accounts that act on things of their own."""
    return [
        (f"x{n:04}", f"own {n} {day}", int(day * 24 * HOUR + rng.integers(24 * HOUR)))
        for n in range(accounts)
        for day in range(days)
    ]


@pytest.mark.parametrize("others", [0, 100])
def test_where_the_group_is_most_of_what_happens_the_others_measure_nothing(engine, others):
    rng = np.random.default_rng(6)
    tested, interactions = held_against_chance(engine, club(rng) + alone(rng, accounts=others))

    assert unmasked(tested, interactions, **SETTINGS) is tested


def test_something_of_everybodys_expectation_always_stays(engine):
    rng = np.random.default_rng(7)
    rows = club(rng, fans=30) + alone(rng, accounts=400)
    interactions = engine.from_arrow(acts_of(rows), INTERACTIONS)
    built = coaction_graph(interactions, within_seconds=3600, at_least=3, count="objects")
    settings = {**SETTINGS, "within_seconds": 3600}
    tested = co_action_against_chance(built.graph, interactions, **settings)

    found = unmasked(tested, interactions, **settings)

    before = {(r["src"], r["dst"]): r["expected"] for r in tested.graph.edges.rows()}
    for row in found.graph.edges.rows():
        assert row["expected"] >= LEAST_LEFT * before[row["src"], row["dst"]] * (1 - 1e-9)
    assert found.expected == pytest.approx(sum(r["expected"] for r in found.graph.edges.rows()))
