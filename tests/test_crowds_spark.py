"""One object on which everybody acts at once is no task's on Spark, and the answer stays."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pytest

from algorithms.chance import co_action_against_chance
from algorithms.object_groups import OBJECT_GROUPS
from builders.coaction import CoactionBounds, coaction_graph, coaction_graphs, estimate_pairs
from graph.engines import open_engine
from graph.engines.spark import crowds
from graph.engines.spark.coaction_acts import numbered_acts, settled
from graph.engines.spark.coaction_crowds import crowds_of
from graph.engines.spark.slices import GROUP, cutting, hot_objects, in_slices
from graph.model import InteractionGraph
from graph.schemas import EDGES, INTERACTIONS
from tests.test_chance_spark import crowd, topics
from tests.test_coaction_spark import as_table, assert_alike, viral

pytestmark = [pytest.mark.spark, pytest.mark.parametrize("engine", ["spark"], indirect=True)]

MINUTE, HOUR = 60_000, 3_600_000
ROWS_A_TASK = 400


@pytest.fixture
def local(tmp_path):
    opened = open_engine("local", memory="2GB", threads=2, spill=tmp_path / "local")
    yield opened
    opened.close()


@pytest.fixture
def spark(engine, monkeypatch):
    """Spark whose tasks take so few rows that all hot objects are crowds."""
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 300)
    monkeypatch.setattr("graph.engines.spark.crowds.CROWD_ROWS", ROWS_A_TASK)
    monkeypatch.setattr("graph.engines.spark.coaction.ROWS_A_BUCKET", 5_000)
    return engine


def unison():
    """3,000 acts on one object at one moment, 3,000 more in its minute, some before, and 2,000
    on other objects; a few accounts act there again and again, and some with nobody near."""
    dice = np.random.default_rng(8)
    at = np.concatenate(
        (
            np.full(3_000, 5 * HOUR),
            5 * HOUR + dice.integers(-MINUTE, MINUTE, 3_000),
            dice.integers(0, 4 * HOUR, 300),
            np.arange(60) * 7_000 + 9 * HOUR,
            dice.integers(-HOUR, HOUR, 2_000),
        )
    )
    account = np.concatenate(
        (dice.integers(0, 2_000, 6_300), np.full(60, 7), dice.integers(0, 300, 2_000))
    )
    objects = np.concatenate((np.zeros(6_360, int), 1 + dice.integers(0, 60, 2_000)))
    return pa.table(
        {
            "account": [f"a{number}" for number in account],
            "object": [f"o{number}" for number in objects],
            "acted_at": at.astype(np.int64),
            "content": [f"p{number}" for number in dice.integers(0, 5_000, len(at))],
        }
    )


@pytest.mark.parametrize(
    ("rows", "window", "bounds"),
    [
        (viral, 60.0, CoactionBounds(raw_pairs=200_000)),
        (viral, 3600.0, CoactionBounds(raw_pairs=30_000)),
        (viral, 60.0, CoactionBounds(raw_pairs=100_000_000)),
        (unison, 60.0, CoactionBounds(window_interactions=90)),
        (unison, 300.5, CoactionBounds(object_interactions=6_000, raw_pairs=20_000)),
        (unison, 1.0, CoactionBounds(window_interactions=150, raw_pairs=3_000)),
    ],
    ids=["beyond", "an hour", "within", "windows", "objects", "both"],
)
def test_what_bounds_leave_of_a_crowd_is_what_they_do_on_the_local_engine(
    local, spark, caplog, rows, window, bounds
):
    given = rows()
    asked = {"within_seconds": window, "at_least": 1, "bounds": bounds, "count": "posts"}

    with caplog.at_level(logging.INFO, logger="ringwatch.spark"):
        found = coaction_graph(as_table(spark, given), **asked)

    expected = coaction_graph(as_table(local, given), **asked)
    assert_alike(found, expected)
    assert expected.graph.edges.count() > 0
    assert f"have more than {ROWS_A_TASK} interactions in a slice" in caplog.text


def test_without_bounds_a_crowd_is_dealt_as_it_is(local, spark):
    given = unison()
    asked = {"windows": (1.0,), "at_least": 3, "bounds": CoactionBounds(raw_pairs=None)}

    [found] = coaction_graphs(as_table(spark, given), **asked)

    [expected] = coaction_graphs(as_table(local, given), **asked)
    assert_alike(found, expected)


def test_pairs_of_a_crowd_are_counted_alike_before_the_run(local, spark):
    for rows, window in ((viral(), 60), (unison(), 0), (unison(), 3600)):
        ours, theirs = (estimate_pairs(as_table(each, rows), window) for each in (spark, local))
        assert ours == theirs > 0


def test_chance_expects_of_each_edge_what_it_does_on_the_local_engine(
    local, spark, monkeypatch, caplog
):
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 100)
    monkeypatch.setattr("graph.engines.spark.crowds.CROWD_ROWS", 5)
    ours, theirs = (one.from_arrow(crowd(), INTERACTIONS) for one in (spark, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=1).graph
    moved = InteractionGraph(spark.from_arrow(built.edges.arrow(), EDGES))

    def expected_of(graph, interactions):
        groups = interactions.engine.from_arrow(topics(), OBJECT_GROUPS)
        return co_action_against_chance(
            graph, interactions, within_seconds=600, least_in_stratum=60, groups=groups
        )

    with caplog.at_level(logging.INFO, logger="ringwatch.spark"):
        found = expected_of(moved, ours)

    expected = expected_of(built, theirs)
    assert (found.matches, found.observed) == (expected.matches, expected.observed)
    assert found.graph.edges.arrow().equals(expected.graph.edges.arrow())
    # Both the hours and the interests have met crowds.
    assert caplog.text.count("objects have more than 5 interactions in a slice") == 2


def test_one_hot_object_that_was_one_task_is_split(spark):
    asked = dict.fromkeys(("actions", "object_kinds"))
    cut = cutting(MINUTE, 5)
    with (
        numbered_acts(
            as_table(spark, unison()), min_participation=1, unnamed="rows", **asked
        ) as acts,
        hot_objects(spark, acts.rows, acts.number) as hot,
        crowds_of(spark, acts.rows, hot, cut, MINUTE) as found,
    ):
        before = largest(in_slices(acts.rows, hot, cut), *GROUP)
        found.afford(50)
        left = found.others.unionByName(found.rows)

        after = largest(in_slices(left, hot, cut), *GROUP)

        assert before >= 6_000
        assert after < ROWS_A_TASK


def test_what_happens_at_one_moment_is_dealt_to_many_tasks(spark):
    given = pa.table(
        {
            "account": list(range(5_000)),
            "o1": [1] * 5_000,
            "o2": [2] * 5_000,
            "at": [9] * 4_000 + list(range(1_000)),
        }
    )
    rows = spark.session.createDataFrame(given)
    moments = rows.groupBy("o1", "o2", "at").count().withColumnRenamed("count", "n")
    with settled(spark, moments) as counted:
        inside = counted.withColumnRenamed("n", "inside")

        parted, copied = crowds.in_parts(rows, counted, inside)

        assert parted.count() == 5_000
        assert largest(parted, "o1", "o2", "at", "part") < 2 * ROWS_A_TASK
        # A moment's count goes to each part of its rows, and all other moments' once.
        assert copied.count() == 999 + 4_001 // ROWS_A_TASK + 1
        told = parted.join(copied, ["o1", "o2", "at", "part"])
        assert told.where("inside <> if(at = 9, 4001, 1)").count() == 0
        assert told.count() == 5_000


def largest(frame, *keys):
    """The rows of the largest group."""
    return frame.groupBy(*keys).count().agg({"count": "max"}).collect()[0][0]
