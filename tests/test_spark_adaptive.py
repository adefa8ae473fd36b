"""Plans that Spark changes as it runs, joining and splitting partitions, change no answer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from algorithms.chance import co_action_against_chance
from builders.coaction import coaction_graph
from graph.engines import open_engine
from graph.model import InteractionGraph
from graph.schemas import EDGES, INTERACTIONS

pytestmark = [pytest.mark.spark, pytest.mark.parametrize("engine", ["spark"], indirect=True)]

HOUR = 3_600_000
JOINED = {
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "64m",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
}
SPLIT = {
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": "4k",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "1b",
    "spark.sql.adaptive.skewJoin.skewedPartitionFactor": "1.0",
    "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "1b",
    # Joins that shuffle both sides, whose partitions may be split.
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "-1",
}
ALWAYS = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.shuffle.partitions": "3",
    # Texts in cells and parts of tasks, too.
    "spark.ringwatch.oneTaskPosts": "0",
    "spark.ringwatch.cellTexts": "20",
    "spark.ringwatch.partPosts": "40",
    "spark.ringwatch.oneTaskEdges": "10",
}


@pytest.fixture
def local(tmp_path):
    opened = open_engine("local", memory="2GB", threads=2, spill=tmp_path / "local")
    yield opened
    opened.close()


@pytest.fixture(params=[JOINED, SPLIT], ids=["joined", "split"])
def spark(request, engine, monkeypatch):
    """Spark that changes its plans, with slices and buckets so small that everything is cut."""
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 300)
    monkeypatch.setattr("graph.engines.spark.coaction.ROWS_A_BUCKET", 2_000)
    conf = engine.session.conf
    told = {**ALWAYS, **request.param}
    before = {name: conf.get(name, None) for name in told}
    for name, value in told.items():
        conf.set(name, value)
    yield engine
    for name, value in before.items():
        conf.unset(name) if value is None else conf.set(name, value)


def acts() -> pa.Table:
    """2,400 acts of 120 accounts, half of them on one object, half of them with copied words."""
    dice = np.random.default_rng(11)
    number = 2_400
    objects = np.where(dice.random(number) < 0.5, 0, dice.integers(1, 200, number))
    copied = np.arange(number) % 2 == 0
    sayings = dice.integers(0, 40, number)
    columns = {
        "account": [f"u{each:03}" for each in dice.integers(0, 120, number)],
        "object": [f"o{each}" for each in objects],
        "acted_at": dice.integers(0, 48 * HOUR, number),
        "content": [f"p{each}" for each in range(number)],
        "text": [
            f"saying {saying} of the house number {saying * 7} is said by {saying * 13} people"
            if same
            else f"one {place} two {place * 3} three {place * 5} four {place * 7} words"
            for place, (same, saying) in enumerate(zip(copied, sayings, strict=True))
        ],
    }
    kinds = dict.fromkeys(("action", "object_kind"), ["post"] * number)
    nothing = [None] * number
    full = {name: {**kinds, **columns}.get(name, nothing) for name in INTERACTIONS.names}
    return pa.table(full, schema=INTERACTIONS.arrow)


def test_the_settings_make_spark_join_and_split_partitions(spark):
    """Else the others would say nothing."""
    rows = spark.session.range(8_000).selectExpr("if(id % 4 = 0, id, 0) as code", "id as fact")
    codes = spark.session.range(8_000).selectExpr("id as code", "id * 3 as other")
    splitting = spark.session.conf.get("spark.sql.autoBroadcastJoinThreshold") == "-1"
    asked = rows.join(codes, "code") if splitting else rows.groupBy("code").count()

    asked.toArrow()

    plan = asked._jdf.queryExecution().executedPlan().toString()
    assert f"AQEShuffleRead {'skewed' if splitting else 'coalesced'}" in plan.replace(
        "coalesced and skewed", "skewed"
    )


def test_co_action_is_that_of_the_local_engine(local, spark):
    asked = {"within_seconds": 1200, "at_least": 2, "count": "posts"}

    found = coaction_graph(spark.from_arrow(acts(), INTERACTIONS), **asked)

    expected = coaction_graph(local.from_arrow(acts(), INTERACTIONS), **asked)
    assert expected.graph.edges.count() > 100
    assert (found.raw_pairs, found.interactions_used) == (
        expected.raw_pairs,
        expected.interactions_used,
    )
    assert found.graph.edges.arrow().equals(expected.graph.edges.arrow())


def test_chance_is_that_of_the_local_engine(local, spark):
    ours, theirs = (each.from_arrow(acts(), INTERACTIONS) for each in (spark, local))
    built = coaction_graph(theirs, within_seconds=600, at_least=2).graph
    moved = InteractionGraph(spark.from_arrow(built.edges.arrow(), EDGES))
    asked = {"within_seconds": 600, "least_in_stratum": 60}

    found = co_action_against_chance(moved, ours, **asked)

    expected = co_action_against_chance(built, theirs, **asked)
    assert expected.graph.edges.count() > 10
    assert (found.matches, found.observed) == (expected.matches, expected.observed)
    assert found.graph.edges.arrow().equals(expected.graph.edges.arrow())
