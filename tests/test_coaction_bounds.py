"""Bounds of co-action: what they cut is counted, and what they leave alone is whole."""

from __future__ import annotations

import pytest

from builders.coaction import CoactionBounds, coaction_graph, estimate_pairs
from graph.schemas import INTERACTIONS


def edges(coaction):
    """Each edge's weight by its pair."""
    return {(row["src"], row["dst"]): row["weight"] for row in coaction.graph.edges.rows()}


CROWD = "\n".join(
    ["account | action | object | object_kind | acted_at"]
    + [f"fan{n} | like | star | post | {n}" for n in range(6)]
    + [f"late{n} | like | star | post | {900_000 + n}" for n in range(2)]
    + [f"ring{n} | like | quiet | post | {n}" for n in range(2)]
)


@pytest.mark.parametrize(
    ("bounds", "cut", "joined"),
    [
        (
            CoactionBounds(object_interactions=7),
            ("object-interactions", "like post star", 8, 8, 16),
            {("ring0", "ring1")},
        ),
        (
            CoactionBounds(window_interactions=5),
            ("window-interactions", "like post star", 6, 6, 15),
            {("late0", "late1"), ("ring0", "ring1")},
        ),
        (
            CoactionBounds(raw_pairs=16),
            ("raw-pairs", "like post star", 6, 6, 15),
            {("late0", "late1"), ("ring0", "ring1")},
        ),
    ],
)
def test_what_a_bound_leaves_out_is_counted_by_object(engine, table, bounds, cut, joined):
    interactions = table(engine, INTERACTIONS, CROWD)

    found = coaction_graph(interactions, within_seconds=60, at_least=1, bounds=bounds)

    assert set(edges(found)) == joined
    [row] = found.bounds.rows()
    assert tuple(row.values())[1:6] == cut
    assert row["layer"] == "shared-objects"
    everything = coaction_graph(interactions, within_seconds=60, at_least=1)
    assert everything.raw_pairs == found.raw_pairs + row["pairs_not_counted"] == 17
    assert everything.bounds.count() == 0


@pytest.mark.parametrize(
    "bounds",
    [
        CoactionBounds(object_interactions=5),
        CoactionBounds(window_interactions=4),
        CoactionBounds(raw_pairs=90),
        CoactionBounds(object_interactions=9, window_interactions=5, raw_pairs=60),
    ],
    ids=["objects", "windows", "pairs", "all three"],
)
def test_what_is_left_out_of_many_objects_is_all_that_is_missing(engine, table, bounds):
    text = "\n".join(
        ["account | action | object | acted_at"]
        + [f"a{n * 7 % 13} | post | o{n * n % 41} | {n * 17 % 4000}" for n in range(240)]
    )
    interactions = table(engine, INTERACTIONS, text)

    found = coaction_graph(interactions, within_seconds=1, at_least=1, bounds=bounds)

    lost = sum(row["pairs_not_counted"] for row in found.bounds.rows())
    assert lost > 0
    assert found.raw_pairs + lost == estimate_pairs(interactions, 1)


def test_bounds_that_are_just_met_cut_nothing(engine, table):
    interactions = table(engine, INTERACTIONS, CROWD)
    bounds = CoactionBounds(object_interactions=8, window_interactions=6, raw_pairs=17)

    found = coaction_graph(interactions, within_seconds=60, at_least=1, bounds=bounds)

    assert (found.graph.edges.count(), found.bounds.count()) == (17, 0)
