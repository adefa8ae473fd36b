"""The null model on Spark is the local engine's, also where hot objects are cut by time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from algorithms.calls import call_edges
from algorithms.chance import clusters_against_chance, co_action_against_chance
from algorithms.object_groups import OBJECT_GROUPS
from algorithms.unmasked import APART
from builders.coaction import coaction_graph
from graph.engines import open_engine
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS

pytestmark = [pytest.mark.spark, pytest.mark.parametrize("engine", ["spark"], indirect=True)]

HOUR = 3_600_000


@pytest.fixture
def local(tmp_path):
    opened = open_engine("local", memory="2GB", threads=2, spill=tmp_path / "local")
    yield opened
    opened.close()


def crowd():
    """300 accounts on objects of which some are hot, in full hours and in thin ones, and a ring."""
    dice = np.random.default_rng(7)
    account = [f"u{number:03}" for number in dice.integers(0, 300, 8_000)]
    objects = [f"o{number}" for number in (dice.pareto(1.1, 8_000) * 20).astype(int) % 800]
    at = dice.integers(-5 * HOUR, 72 * HOUR, 8_000)
    at[:3_000] %= 20 * HOUR
    ring = [(f"r{m}", f"x{o}", o * 5 * HOUR + m) for o in range(12) for m in range(4)]
    columns = {
        "account": account + [row[0] for row in ring],
        "object": objects + [row[1] for row in ring],
        "acted_at": at.tolist() + [row[2] for row in ring],
    }
    rows = len(columns["account"])
    nothing, kinds = [None] * rows, ["post"] * rows
    full = {
        name: columns.get(name, kinds if name in ("action", "object_kind") else nothing)
        for name in INTERACTIONS.names
    }
    return pa.table(full, schema=INTERACTIONS.arrow)


@pytest.mark.parametrize(
    "settings",
    [
        {"within_seconds": 600, "least_in_stratum": 60},
        {"within_seconds": 7200, "least_in_stratum": 150},
        {"within_seconds": 600, "timed": False},
        {"within_seconds": None},
    ],
    ids=["hours", "longer than hours", "no hours", "any time"],
)
def test_each_edge_is_expected_as_on_the_local_engine(local, engine, monkeypatch, settings):
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 300)
    ours, theirs = (one.from_arrow(crowd(), INTERACTIONS) for one in (engine, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=1).graph
    moved = InteractionGraph(engine.from_arrow(built.edges.arrow(), EDGES))

    found = co_action_against_chance(moved, ours, **settings)

    expected = co_action_against_chance(built, theirs, **settings)
    assert (found.matches, found.observed) == (expected.matches, expected.observed)
    assert found.graph.edges.arrow().equals(expected.graph.edges.arrow())
    called, also = (
        call_edges(one.graph, tested_pairs=46_000, false_discovery_rate=0.2)
        for one in (found, expected)
    )
    assert (called.log10_cut, called.kept) == (also.log10_cut, also.kept)


def topics():
    """Groups of `crowd`'s objects: three large ones, many small ones, and objects without one."""
    objects = [number for number in range(800) if number % 7]
    numbers = [number % 3 if number < 500 else 3 + number % 40 for number in objects]
    rows = {
        "object_kind": ["post"] * len(objects),
        "object": [f"o{number}" for number in objects],
        "group_number": numbers,
    }
    return pa.table(rows, schema=OBJECT_GROUPS.arrow)


@pytest.mark.parametrize(
    "settings",
    [
        {"within_seconds": 600, "least_in_stratum": 60},
        {"within_seconds": 7200, "least_in_stratum": 150},
        {"within_seconds": 18_000, "least_in_stratum": 150},
        {"within_seconds": None},
    ],
    ids=["hours", "longer than hours", "no part of a day", "any time"],
)
def test_interest_expects_of_each_edge_what_it_does_on_the_local_engine(
    local, engine, monkeypatch, settings
):
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 300)
    ours, theirs = (one.from_arrow(crowd(), INTERACTIONS) for one in (engine, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=1).graph
    moved = InteractionGraph(engine.from_arrow(built.edges.arrow(), EDGES))

    def of_interest(graph, interactions):
        groups = interactions.engine.from_arrow(topics(), OBJECT_GROUPS)
        return co_action_against_chance(graph, interactions, groups=groups, **settings)

    found, expected = of_interest(moved, ours), of_interest(built, theirs)

    assert found.graph.edges.arrow().equals(expected.graph.edges.arrow())
    without = co_action_against_chance(built, theirs, **settings)
    assert expected.expected > 1.01 * without.expected


def test_interest_still_expects_what_large_groups_did_themselves(local, engine):
    ours, theirs = (one.from_arrow(crowd(), INTERACTIONS) for one in (engine, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=1).graph
    moved = InteractionGraph(engine.from_arrow(built.edges.arrow(), EDGES))

    def apart(graph, interactions):
        holds = interactions.engine
        named = pa.table({"account": [f"u{n:03}" for n in range(0, 90)]}, schema=APART.arrow)
        return co_action_against_chance(
            graph,
            interactions,
            within_seconds=600,
            least_in_stratum=60,
            groups=holds.from_arrow(topics(), OBJECT_GROUPS),
            apart=holds.from_arrow(named, APART),
        )

    assert apart(moved, ours).graph.edges.arrow().equals(apart(built, theirs).graph.edges.arrow())


def test_no_groups_at_all_are_one_of_all_objects_on_both_engines(local, engine):
    ours, theirs = (one.from_arrow(crowd(), INTERACTIONS) for one in (engine, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=1).graph
    moved = InteractionGraph(engine.from_arrow(built.edges.arrow(), EDGES))

    def of_none(graph, interactions):
        none = interactions.engine.from_arrow(OBJECT_GROUPS.arrow.empty_table(), OBJECT_GROUPS)
        return co_action_against_chance(graph, interactions, within_seconds=600, groups=none)

    assert (
        of_none(moved, ours).graph.edges.arrow().equals(of_none(built, theirs).graph.edges.arrow())
    )


def test_clusters_meet_as_often_as_on_the_local_engine(local, engine):
    accounts = [f"u{number:03}" for number in range(200)] + [f"r{member}" for member in range(4)]
    names = [f"u{number // 8 * 8:03}" for number in range(200)] + ["r0"] * 4
    rows = pa.table({"account": accounts, "cluster": names}, schema=CLUSTERING.arrow)

    ours, theirs = (
        clusters_against_chance(
            Clustering(one.from_arrow(rows, CLUSTERING), method="by hand"),
            one.from_arrow(crowd(), INTERACTIONS),
            least_in_stratum=60,
        ).rows()
        for one in (engine, local)
    )

    assert len(theirs) == 26
    assert min(theirs, key=lambda row: row["log10_p"])["cluster"] == "r0"
    exact = ("cluster", "meeting_size", "meetings")
    assert [[row[name] for name in exact] for row in ours] == [
        [row[name] for name in exact] for row in theirs
    ]
    for name in ("expected", "log10_p"):
        assert [row[name] for row in ours] == pytest.approx([row[name] for row in theirs], rel=1e-9)


def test_a_cluster_none_of_whose_members_acts_meets_nowhere(engine):
    rows = pa.table({"account": ["a", "b"], "cluster": ["a", "a"]}, schema=CLUSTERING.arrow)
    members = Clustering(engine.from_arrow(rows, CLUSTERING), method="by hand")

    [found] = clusters_against_chance(members, engine.from_arrow(crowd(), INTERACTIONS)).rows()

    assert (found["meetings"], found["expected"], found["log10_p"]) == (0, 0, 0)
