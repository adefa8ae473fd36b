"""Loops on Spark carry no past: plans stay as they are, and what was written for a round goes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from algorithms.chance import BESIDE, co_action_against_chance
from algorithms.components import components
from algorithms.cores import k_core
from algorithms.hits import hits
from algorithms.label_propagation import label_propagation
from algorithms.leiden import leiden
from algorithms.pagerank import pagerank
from algorithms.seeds import seed_propagation
from builders.coaction import CoactionBounds, coaction_graph
from builders.text import copied_text_graph
from graph.convert import graph_from_networkx
from graph.engines import open_engine
from graph.engines.spark.alone import SETTING
from graph.engines.spark.loops import Loop
from graph.errors import SchemaError
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS
from tests.test_chance_spark import crowd
from tests.test_coaction_spark import as_table, viral
from tests.text_worlds import a_world, posts

pytestmark = pytest.mark.spark

SMALL_TASKS = {
    SETTING: "0",
    "spark.ringwatch.oneTaskPosts": "0",
    "spark.ringwatch.cellTexts": "10",
    "spark.ringwatch.partPosts": "10",
}
"""Nothing is answered by one task."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory, spark_in_tests):
    spill = tmp_path_factory.mktemp("spark")
    engine = open_engine("spark", memory="2GB", threads=2, spill=spill, spark=spark_in_tests)
    yield engine
    engine.close()


@pytest.fixture
def spark(opened, monkeypatch) -> Iterator:
    """Spark that spreads all it is given, and cuts what is hot."""
    monkeypatch.setattr("graph.engines.spark.slices.HOT_ROWS", 300)
    monkeypatch.setattr("graph.engines.spark.coaction.ROWS_A_BUCKET", 5_000)
    for name, value in SMALL_TASKS.items():
        opened.session.conf.set(name, value)
    yield opened
    for name in SMALL_TASKS:
        opened.session.conf.unset(name)


LOOPS = {
    "components": components,
    "label propagation": lambda graph: label_propagation(graph, rounds=3),
    "pagerank": lambda graph: pagerank(graph, iterations=3),
}


@pytest.fixture
def sizes(monkeypatch) -> list[tuple[int, int, int]]:
    """Of each turn of a loop: lines of the plan it runs, of its state's plan, of its lineage."""
    seen: list[tuple[int, int, int]] = []
    turn = Loop.turn

    def measured(loop, following):
        turn(loop, following)
        lineage = loop.state._jdf.queryExecution().toRdd().toDebugString()
        seen.append((steps(following), steps(loop.state), len(lineage.splitlines())))

    monkeypatch.setattr(Loop, "turn", measured)
    return seen


def steps(frame) -> int:
    """The nodes of a frame's logical plan: a line each."""
    return len(frame._jdf.queryExecution().analyzed().treeString().splitlines())


def path(*, directed: bool) -> nx.Graph:
    """Sixteen accounts in a row, in no order of their names: stars take some rounds for it."""
    names = [f"{(number * 7) % 16:02}" for number in range(16)]
    return nx.path_graph(names, create_using=nx.DiGraph if directed else nx.Graph)


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize("verb", LOOPS)
def test_no_round_of_a_loop_has_a_larger_plan_than_the_first(spark, sizes, verb, directed):
    LOOPS[verb](graph_from_networkx(spark, path(directed=directed)))

    assert len(sizes) >= 3
    assert len(set(sizes)) == 1


def test_a_state_that_is_not_written_and_read_back_is_seen_to_grow(spark, sizes, monkeypatch):
    graph = graph_from_networkx(spark, path(directed=False))
    monkeypatch.setattr(Loop, "__init__", in_memory_alone)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(spark), "settled", lambda engine, frame: frame)
        pagerank(graph, iterations=3)

    assert all(one < more for one, more in pairwise(sizes))


def in_memory_alone(loop, engine, first):
    loop._engine, loop.state = engine, first


def club() -> nx.Graph:
    return nx.relabel_nodes(nx.karate_club_graph(), {n: f"{n:02}" for n in range(34)})


def at_once() -> nx.Graph:
    """Six accounts, each joined with all: hubs are at rest after a round."""
    return nx.relabel_nodes(nx.complete_graph(6), str)


def of_graph(drawn, verb):
    """What is given, a graph; and what is asked of it."""
    return lambda engine: partial(verb, graph_from_networkx(engine, drawn()))


def of_leiden(graph):
    found = leiden(graph, resolution=0.5, giant_edges=30)
    return found.members, found.bounds


def of_texts(engine):
    rows = [row for n in range(4) for row in a_world(n, size=20, name=f"v{n}x")]
    return partial(copied, posts(engine, rows))


def copied(acts):
    found = copied_text_graph(acts, likeness=0.6, at_least_words=3, at_least=1, retold=0.4)
    return found.graph.edges, found.bounds, found.texts, found.retold


def of_chance(engine):
    acts = engine.from_arrow(crowd(), INTERACTIONS)
    built = coaction_graph(acts, within_seconds=600, at_least=1)
    return partial(by_chance, built.graph, acts)


def by_chance(graph, acts):
    asked = {"within_seconds": 600, "least_in_stratum": 60}
    beside = drawn_beside(graph.edges)
    found = co_action_against_chance(graph, acts, beside=beside, **asked)
    assert found.beside.count() > 0
    return found.graph.edges, beside, found.beside


def drawn_beside(edges):
    """The same pairs, as if they had been drawn."""
    columns = EDGES.selecting(layer="$beside")
    return edges.engine.sql(
        f"select {columns} from {{edges}}", EDGES, {"beside": BESIDE}, edges=edges
    )


def of_crowds(engine):
    return partial(bounded, as_table(engine, viral()))


def bounded(acts):
    bounds = CoactionBounds(window_interactions=90, raw_pairs=30_000)
    found = coaction_graph(acts, within_seconds=60, at_least=1, bounds=bounds, count="posts")
    assert found.bounds.count() > 0
    return found.graph.edges, found.bounds


ANSWERS = {
    "leiden": of_graph(club, of_leiden),
    "pagerank": of_graph(club, lambda graph: [pagerank(graph, iterations=2).scores]),
    "k-core": of_graph(club, lambda graph: [k_core(graph).scores]),
    "hits": of_graph(at_once, lambda graph: [one.scores for one in hits(graph)]),
    "seeds": of_graph(
        at_once, lambda graph: [seed_propagation(graph, bad=["0"], good=["3"]).scores]
    ),
    "copied text": of_texts,
    "chance": of_chance,
    "crowds": of_crowds,
}


@pytest.mark.parametrize("verb", ANSWERS)
def test_nothing_but_the_answer_is_left(spark, monkeypatch, verb):
    # Their answers after two rounds are of no use, but what they leave is what seventy would.
    monkeypatch.setattr("graph.engines.spark.seeds.MOST_ROUNDS", 2)
    monkeypatch.setattr("graph.engines.spark.crowds.CROWD_ROWS", 100)
    asked = ANSWERS[verb](spark)
    before = left(spark)

    answer = asked()

    assert spark.count(answer[0]) > 0
    for table in answer:
        spark.drop(table)

    assert left(spark) == before
    assert spark.session.sparkContext._jsc.getPersistentRDDs().size() == 0


def test_a_write_that_fails_leaves_no_folder(spark):
    halfway = spark.session.range(5).selectExpr("if(id = 3, raise_error('a bad row'), id) as id")
    clusters = "if(id = 3, raise_error('a bad row'), 'c') as cluster"
    members = spark.session.range(5).selectExpr("string(id) as account", clusters)
    nulls = spark.session.range(5).selectExpr("string(id) as account", "nullif('', '') as cluster")
    before = left(spark)

    with pytest.raises(Exception, match="a bad row"):
        spark.settled(halfway)
    with pytest.raises(Exception, match="a bad row"):
        spark.keep_frame(members, CLUSTERING)
    with pytest.raises(SchemaError):
        spark.keep_frame(nulls, CLUSTERING)

    assert left(spark) == before


def left(engine) -> set[str]:
    return {place.name for place in Path(engine.scratch.root.removeprefix("file:")).iterdir()}
