"""A large ring that copies word for word does not explain a careful one beside it."""

from __future__ import annotations

import random

import pytest

from algorithms.chance import ACTIVITY, pairs_against_chance
from algorithms.unmasked import LEAST_LEFT, unmasked_pairs
from builders.text import copied_text_graph
from graph.schemas import EDGES
from tests.retold_worlds import said_by_people, told_by_a_ring
from tests.text_worlds import posts

_ACTIVITY = "select account, count(*) as posts from {interactions} group by account"


def held_against_chance(engine, *, large, people=6_000):
    """Chance's edges before and after, by pair; rings `s` of 12 and `big` of so many."""
    rng = random.Random(2)
    rows = list(said_by_people(rng, accounts=1_500, texts=people))
    rows += told_by_a_ring(rng, "s", members=12, scripts=5, changed=0.2)
    rows += told_by_a_ring(rng, "big", members=large, scripts=8, changed=0.0)
    interactions = posts(engine, rows)
    activity = engine.sql(_ACTIVITY, ACTIVITY, interactions=interactions)
    graph = copied_text_graph(interactions, at_least=1, retold=0.5).graph
    before = pairs_against_chance(graph, activity)
    after = unmasked_pairs(before, activity, dispersion=0.25)
    return _by_pair(before), _by_pair(after)


def _by_pair(tested):
    assert tested.graph.edges.schema == EDGES
    return {(edge["src"], edge["dst"]): edge for edge in tested.graph.edges.rows()}


def test_pairs_of_others_are_expected_to_match_as_often_as_others_do(engine):
    before, after = held_against_chance(engine, large=60)

    assert before.keys() == after.keys()
    small = [pair for pair in after if pair[0][0] == "s"]
    large = [pair for pair in after if pair[0].startswith("big")]
    assert small
    assert large
    for pair in small:
        expected = LEAST_LEFT * before[pair]["expected"]
        assert after[pair]["expected"] == pytest.approx(expected)
        assert after[pair]["log10_p"] < before[pair]["log10_p"]
    assert all(after[pair] == before[pair] for pair in large)


@pytest.mark.local_only
def test_without_a_large_ring_nothing_changes(engine):
    before, after = held_against_chance(engine, large=12)

    assert before == after


@pytest.mark.local_only
def test_where_the_large_ring_writes_most_nothing_changes(engine):
    before, after = held_against_chance(engine, large=60, people=300)

    assert before == after
