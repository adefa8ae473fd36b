"""Copied text on Spark, in cells and parts: the answers of every pair, and of the local engine."""

import pyarrow as pa
import pytest

from builders.text import copied_text_graph
from builders.text_acts import joint_text_acts
from graph.engines import open_engine
from graph.model import Clustering
from graph.schemas import CLUSTERING
from graph.texts import NAMED_VIRAL
from tests.retold_worlds import a_place_with_two_rings
from tests.text_worlds import HOUR_MS, a_world, pairs, plainly, posts

pytestmark = pytest.mark.spark

NAMES = [f"v{n}x" for n in range(40)]


@pytest.fixture
def spark(tmp_path, spark_in_tests):
    """`spark(texts=..., posts=..., edges=...)`: an engine whose tasks hold no more than that."""
    engine = open_engine("spark", memory="2GB", threads=2, spill=tmp_path, spark=spark_in_tests)
    asked = {}

    def hold(*, texts, posts, edges):
        asked["spark.ringwatch.oneTaskPosts"] = 0
        asked["spark.ringwatch.cellTexts"] = texts
        asked["spark.ringwatch.partPosts"] = posts
        asked["spark.ringwatch.oneTaskEdges"] = edges
        for name, value in asked.items():
            engine.session.conf.set(name, str(value))
        return engine

    yield hold
    for name in asked:
        engine.session.conf.unset(name)
    engine.close()


def clusters(engine):
    """Each world's accounts in one cluster."""
    accounts = [f"{name}a{n}" for name in NAMES for n in range(6)]
    rows = {"account": accounts, "cluster": [f"{one[:-1]}0" for one in accounts]}
    return Clustering(engine.from_arrow(pa.table(rows, CLUSTERING.arrow), CLUSTERING), "given")


def answers(engine, rows, *, at_least, hub_accounts, **alike):
    """Edges, bounds, texts and the posts behind the edges."""
    interactions = posts(engine, rows)
    found = copied_text_graph(interactions, at_least=at_least, hub_accounts=hub_accounts, **alike)
    acts = joint_text_acts(
        interactions, found.graph.edges, clusters(engine), texts=found.texts, at_most=9, **alike
    )
    return [table.rows() for table in (found.graph.edges, found.bounds, found.texts, acts)]


def test_many_worlds_at_once_agree_with_comparing_every_pair_of_posts(spark):
    engine = spark(texts=6, posts=5, edges=10)
    worlds = [a_world(n, size=7 * n % 40, name=name) for n, name in enumerate(NAMES)]
    alike = {"likeness": 0.6, "at_least_words": 3}
    expected, viral = {}, set()
    for rows in worlds:
        edges, bounded = plainly(rows, **alike, within_ms=24 * HOUR_MS, at_least=1, hub_accounts=4)
        expected |= edges
        viral |= bounded

    found = copied_text_graph(
        posts(engine, [row for rows in worlds for row in rows]),
        **alike,
        within_seconds=86_400,
        at_least=1,
        hub_accounts=4,
    )

    measured = {
        pair: {name: edge[name] for name in expected.get(pair, edge)}
        for pair, edge in pairs(found).items()
    }
    assert measured == expected
    bounds = {row["subject"] for row in found.bounds.rows() if row["bound"] == "hub-accounts"}
    assert bounds == viral
    assert len(expected) > 20
    assert len(viral) > 20


@pytest.mark.parametrize(
    ("sizes", "alike"),
    [
        (
            {"texts": 20, "posts": 40, "edges": 1_000_000},
            {"likeness": 0.5, "at_least_words": 1, "within_seconds": 0, "hub_accounts": 100},
        ),
        (
            {"texts": 100_000, "posts": 3, "edges": 1_000_000},
            {"likeness": 1.0, "at_least_words": 2, "within_seconds": None, "hub_accounts": 3},
        ),
    ],
)
def test_edges_bounds_texts_and_acts_are_those_of_the_local_engine(spark, tmp_path, sizes, alike):
    rows = [row for n, name in enumerate(NAMES) for row in a_world(99 + n, size=n % 30, name=name)]
    with open_engine("local", threads=2, spill=tmp_path / "local") as local:
        expected = answers(local, rows, at_least=1, **alike)

    assert answers(spark(**sizes), rows, at_least=1, **alike) == expected
    assert all(expected[:1] + expected[2:])


def test_retold_texts_in_many_cells_are_those_of_the_local_engine(spark, tmp_path):
    rows = a_place_with_two_rings(texts=200)
    alike = {"retold": 0.4, "hub_accounts": 9}

    def told(engine):
        found = copied_text_graph(posts(engine, rows), at_least=1, **alike)
        parts = (found.graph.edges, found.bounds, found.texts, found.retold)
        return [table.rows() for table in parts]

    with open_engine("local", threads=2, spill=tmp_path / "local") as local:
        expected = told(local)

    assert told(spark(texts=300, posts=200, edges=10)) == expected
    assert all(expected)
    assert "hub-accounts-retold" in {row["bound"] for row in expected[1]}


def test_hostile_texts_and_a_flood_of_viral_ones_are_counted_as_locally(spark, tmp_path):
    hostile = [
        "",
        None,
        "\x00",
        "\u202e\u0301" * 1000,
        "🔥" * 500,
        "word " * 20_000,
        "{edges} $layer ; drop table x -- '\" :least one two three four",
        "<script>alert(1)</script> =1+1 one two three four five",
        "这个新币会让我们所有人发财",
    ]
    flood = [f"this song {n} has a line that all of us {n} know" for n in range(NAMED_VIRAL + 7)]
    rows = [(account, n, text) for n, text in enumerate(hostile) for account in "ab"]
    rows += [(account, n, text) for n, text in enumerate(flood) for account in "cdef"]
    alike = {"likeness": 0.9, "at_least_words": 4, "within_seconds": 60, "hub_accounts": 3}
    with open_engine("local", threads=2, spill=tmp_path / "local") as local:
        expected = answers(local, rows, at_least=1, **alike)

    assert answers(spark(texts=300, posts=1000, edges=10), rows, at_least=1, **alike) == expected
    assert {row["bound"] for row in expected[1]} == {
        "at-least-words",
        "hub-accounts",
        "hub-accounts-rest",
    }
