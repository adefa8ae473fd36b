"""Co-action on Spark answers as the local engine does, however objects and accounts are cut."""

from __future__ import annotations

import logging

import numpy as np
import pyarrow as pa
import pytest

from builders.coaction import CoactionBounds, coaction_graph, coaction_graphs, estimate_pairs
from graph.engines import open_engine
from graph.engines.spark.slices import Hot, cutting, in_slices
from graph.schemas import INTERACTIONS
from graph.table import Table

pytestmark = [pytest.mark.spark, pytest.mark.parametrize("engine", ["spark"], indirect=True)]

HOUR = 3_600_000


@pytest.fixture
def local(tmp_path):
    opened = open_engine("local", memory="2GB", threads=2, spill=tmp_path / "local")
    yield opened
    opened.close()


@pytest.fixture
def spark(engine, monkeypatch):
    """Spark with slices and buckets so small that everything is cut."""
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 500)
    monkeypatch.setattr("graph.engines.spark.coaction.ROWS_A_BUCKET", 5_000)
    return engine


def viral():
    """20,000 acts on one object by 5,000 accounts within hours, and 6,000 on others."""
    dice = np.random.default_rng(5)
    account = np.concatenate((dice.integers(0, 5_000, 20_000), dice.integers(0, 900, 6_000)))
    objects = np.concatenate((np.zeros(20_000, int), 1 + (dice.pareto(1, 6_000) * 5) % 300))
    at = np.concatenate(
        (np.exp(dice.normal(15, 1, 20_000)) % (9 * HOUR), dice.integers(-HOUR, HOUR, 6_000))
    )
    content = dice.integers(0, 20_000, 26_000)
    return pa.table(
        {
            "account": [f"a{number}" for number in account],
            "object": [f"o{int(number)}" for number in objects],
            "acted_at": at.astype(np.int64),
            "content": [f"p{number}" if number % 3 else None for number in content],
        }
    )


def as_table(engine, rows: pa.Table) -> Table:
    full = {
        name: rows[name]
        if name in rows.column_names
        else pa.repeat("post", len(rows))
        if name in ("action", "object_kind")
        else pa.nulls(len(rows), pa.string())
        for name in INTERACTIONS.names
    }
    return engine.from_arrow(pa.table(full, schema=INTERACTIONS.arrow), INTERACTIONS)


def assert_alike(one, other):
    assert (one.raw_pairs, one.interactions_used) == (other.raw_pairs, other.interactions_used)
    assert one.bounds.arrow().equals(other.bounds.arrow())
    assert one.graph.edges.arrow().equals(other.graph.edges.arrow())


@pytest.mark.parametrize(
    ("windows", "settings"),
    [
        ((0.0, 60.0), {"count": "posts", "at_least": 3}),
        ((3600.0, None), {"count": "objects", "at_least": 3}),
    ],
    ids=["a minute", "an hour"],
)
def test_a_viral_object_gives_the_edges_of_the_local_engine(
    local, spark, caplog, windows, settings
):
    rows = viral()

    with caplog.at_level(logging.INFO, logger="ringwatch.spark"):
        found = coaction_graphs(as_table(spark, rows), windows=windows, **settings)

    expected = coaction_graphs(as_table(local, rows), windows=windows, **settings)
    for one, other in zip(found, expected, strict=True):
        assert_alike(one, other)
    assert expected[1].graph.edges.count() > 1_000
    assert "the largest has 20000, in" in caplog.text
    assert "rows are dealt to 6 buckets" in caplog.text


@pytest.mark.parametrize("window", [60.0, None])
@pytest.mark.parametrize(
    "bounds",
    [
        CoactionBounds(object_interactions=400),
        CoactionBounds(window_interactions=90),
        CoactionBounds(object_interactions=25_000, window_interactions=150, raw_pairs=200_000),
    ],
    ids=["objects", "windows", "all three"],
)
def test_each_bound_leaves_out_what_it_does_on_the_local_engine(local, spark, window, bounds):
    rows = viral()
    settings = {"within_seconds": window, "at_least": 3, "bounds": bounds, "count": "own-posts"}

    found = coaction_graph(as_table(spark, rows), **settings)

    expected = coaction_graph(as_table(local, rows), **settings)
    assert expected.bounds.count() > 0
    assert_alike(found, expected)


@pytest.mark.parametrize("raw_pairs", [200_000, 100_000_000], ids=["beyond", "within"])
def test_rows_that_were_not_dealt_at_first_are_dealt_in_the_end(
    local, spark, monkeypatch, raw_pairs
):
    # Every task has more than its share, whether all of them have too much or not.
    monkeypatch.setattr("graph.engines.spark.coaction_dealt.DEALT_AHEAD", 0)
    rows = viral()
    settings = {
        "within_seconds": 60, "at_least": 3, "bounds": CoactionBounds(raw_pairs=raw_pairs)
    }  # fmt: skip

    found = coaction_graph(as_table(spark, rows), **settings)

    assert_alike(found, coaction_graph(as_table(local, rows), **settings))


def test_a_slice_gets_the_rows_of_the_times_that_it_sees(spark):
    cut = cutting(60_000, 2)
    times = [*range(-600_000, 600_000, 15_000), *(k * cut.width_ms - 1 for k in range(-2, 3))]
    given = pa.table({"o1": [7] * len(times), "o2": [8] * len(times), "at": times})
    frame = spark.session.createDataFrame(given)
    hot = Hot(frame.selectExpr("o1", "o2", "999999L as size").distinct(), 1, 0, 0, 0)

    found = in_slices(frame, hot, cut).select("slice", "at").toArrow().to_pylist()

    places = {row["slice"] for row in found}
    seen = {place: range(*cut.sees(place)) for place in places}
    expected = sorted((place, at) for place in places for at in times if at in seen[place])
    assert sorted((row["slice"], row["at"]) for row in found) == expected
    assert {at for _, at in expected} == set(times)


def test_pairs_are_counted_alike_before_the_run(local, spark):
    rows = viral()
    for window in (0, 60, 3600, None):
        ours, theirs = (estimate_pairs(as_table(e, rows), window) for e in (spark, local))
        assert ours == theirs > 0


def test_neither_partitions_nor_the_order_of_rows_change_the_answer(spark):
    rows = viral()
    one = coaction_graph(as_table(spark, rows), within_seconds=60, count="posts", at_least=3)
    shuffled = rows.take(np.random.default_rng(3).permutation(len(rows)))
    frame = spark.frame(as_table(spark, shuffled)).repartition(7, "acted_at")
    conf = spark.session.conf
    before = conf.get("spark.sql.shuffle.partitions")
    conf.set("spark.sql.shuffle.partitions", "5")
    try:
        other = coaction_graph(
            spark.keep_frame(frame, INTERACTIONS), within_seconds=60, count="posts", at_least=3
        )
    finally:
        conf.set("spark.sql.shuffle.partitions", before)
    assert_alike(one, other)


def test_nothing_is_left_in_the_scratch_but_the_answer(spark, caplog):
    # All of them on one object: four times as many as one may have before it is cut.
    interactions = as_table(spark, viral().slice(0, 2_000))
    before = set(spark._views.places)

    with caplog.at_level(logging.INFO, logger="ringwatch.spark"):
        found = coaction_graph(interactions, within_seconds=3600, at_least=1)

    assert "1 objects have more than 500 interactions; the largest has 2000" in caplog.text
    assert found.graph.edges.count() > 0
    answer = {found.graph.edges.name, found.bounds.name}
    assert set(spark._views.places) - before <= answer
