"""Algorithms on Spark answer as the local engine does, on one worker and spread over many.

The local engine's answers are held against networkx, igraph and LDBC elsewhere. Here one graph of
many awkward parts stands for many examples: a job of Spark takes a second, however small.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import SimpleNamespace

import networkx as nx
import pyarrow as pa
import pytest

from algorithms.backbone import disparity_backbone
from algorithms.components import components
from algorithms.cores import k_core
from algorithms.hits import hits
from algorithms.label_propagation import label_propagation, semi_synchronous_label_propagation
from algorithms.leiden import leiden
from algorithms.louvain import louvain
from algorithms.pagerank import pagerank, personalised_pagerank
from algorithms.quality import conductance, modularity
from algorithms.seeds import seed_propagation
from graph.convert import graph_from_arrow, graph_from_networkx, to_arrow
from graph.engines import open_engine
from graph.engines.kernels.components import refuse_odd_components
from graph.engines.spark.alone import SETTING
from graph.engines.spark.components import _verify
from graph.errors import NotOnThisEngine, RingwatchError
from graph.model import Clustering, InteractionGraph, Ranking
from graph.schemas import CLUSTERING, EDGES

pytestmark = pytest.mark.spark

NAMES = ["7", "007", "a", "B", "ä", "Ω", "名前", "ﬀ", "\U0001f600", "null", "NaN", " z", "a\x00b"]


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    opened = open_engine("local", memory="1GB", spill=tmp_path_factory.mktemp("local"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spark(tmp_path_factory, spark_in_tests):
    spill = tmp_path_factory.mktemp("spark")
    opened = open_engine("spark", memory="2GB", threads=2, spill=spill, spark=spark_in_tests)
    yield opened
    opened.close()


@pytest.fixture(params=["in one task", "spread"])
def way(request, spark) -> Iterator[str]:
    if request.param == "spread":
        spark.session.conf.set(SETTING, "0")
    yield request.param
    spark.session.conf.unset(SETTING)


@pytest.fixture
def spread(spark) -> Iterator[None]:
    spark.session.conf.set(SETTING, "0")
    yield
    spark.session.conf.unset(SETTING)


def many_parts(*, directed: bool, parts: int = 16) -> tuple[pa.Table, pa.Table]:
    """Edges and accounts: loops, weights of 0, accounts alone, two layers, rows in no order."""
    dice = random.Random(5)
    drawn = nx.DiGraph() if directed else nx.Graph()
    for part in range(parts):
        names = [f"{name}-{part:02}" for name in dice.sample(NAMES, dice.randint(1, 12))]
        drawn.add_nodes_from(names)
        for _ in range(dice.randint(0, 40)):
            weight = dice.choice([0, *range(1, 13)]) / 4
            drawn.add_edge(dice.choice(names), dice.choice(names), weight=weight)
    engine = open_engine("local", memory="1GB")
    edges, accounts = to_arrow(graph_from_networkx(engine, drawn))
    engine.close()
    return in_layers(edges, dice), accounts


def in_layers(edges: pa.Table, dice: random.Random) -> pa.Table:
    again = edges.slice(0, edges.num_rows // 3)
    place = edges.column_names.index("layer")
    other = again.set_column(place, "layer", pa.array(["other"] * again.num_rows))
    rows = pa.concat_tables([edges, other.cast(edges.schema)])
    order = list(range(rows.num_rows))
    dice.shuffle(order)
    return rows.take(order)


def knot(*, directed: bool) -> tuple[pa.Table, pa.Table]:
    """Forty accounts well joined, on which power iterations are soon at rest; and two alone."""
    dice = random.Random(3)
    drawn = nx.gnp_random_graph(40, 0.3, seed=2, directed=directed)
    drawn = nx.relabel_nodes(drawn, {node: f"Ω{node:02}" for node in drawn})
    for _, _, data in drawn.edges(data=True):
        data["weight"] = dice.randint(1, 8) / 4
    drawn.add_nodes_from(["\U0001f600", "0"])
    engine = open_engine("local", memory="1GB")
    edges, accounts = to_arrow(graph_from_networkx(engine, drawn))
    engine.close()
    return in_layers(edges, dice), accounts


def on(engine, drawn: tuple[pa.Table, pa.Table], *, directed: bool) -> InteractionGraph:
    edges, accounts = drawn
    return graph_from_arrow(engine, edges, accounts, directed=directed)


def labels(clustering: Clustering) -> list[tuple[str, str]]:
    return [(row["account"], row["cluster"]) for row in clustering.members.rows()]


def scores(ranking: Ranking) -> dict[str, float]:
    return {row["account"]: row["score"] for row in ranking.scores.rows()}


EXACT = {
    "components": lambda graph: labels(components(graph)),
    "cores": lambda graph: scores(k_core(graph)),
    "labels": lambda graph: labels(label_propagation(graph, rounds=3)),
    "half at a time": lambda graph: labels(
        semi_synchronous_label_propagation(graph, rounds=4, seed=3)
    ),
    "leiden": lambda graph: labels(leiden(graph, resolution=0.5, seed=1)),
    "leiden by modularity": lambda graph: labels(
        leiden(graph, resolution=1.0, objective="modularity", seed=3)
    ),
    "backbone": lambda graph: disparity_backbone(graph, alpha=0.3).edges.rows(),
}


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize("verb", EXACT)
def test_labels_and_cores_are_the_local_engines_every_one(local, spark, way, verb, directed):
    drawn = many_parts(directed=directed)

    expected = EXACT[verb](on(local, drawn, directed=directed))

    assert EXACT[verb](on(spark, drawn, directed=directed)) == expected
    assert expected


NEAR = {
    "pagerank": lambda graph: [scores(pagerank(graph, iterations=4))],
    "pagerank at rest": lambda graph: [scores(pagerank(graph, tolerance=0.01, weighted=False))],
    "pagerank from seeds": lambda graph: [
        scores(personalised_pagerank(graph, {"0": 1.0, "Ω07": 2.0}, iterations=3))
    ],
    "hits": lambda graph: [scores(ranking) for ranking in hits(graph, tolerance=1e-4)],
    "modularity": lambda graph: [{"of all": modularity(graph, by_number(graph), resolution=1.3)}],
    "conductance": lambda graph: [of_clusters(thin(graph))],
}


def by_number(graph: InteractionGraph) -> Clustering:
    """The knot's accounts in clusters of ten numbers, and two alone."""
    names = [row["account"] for row in graph.accounts.rows()]
    clusters = [name if len(name) == 1 else f"{name[:2]}0" for name in names]
    rows = pa.table({"account": names, "cluster": clusters}, schema=CLUSTERING.arrow)
    return Clustering(graph.engine.from_arrow(rows, CLUSTERING), method="by number")


def thin(graph: InteractionGraph) -> InteractionGraph:
    """The same edges, of weights near the least that are told from none."""
    columns = EDGES.selecting(weight="weight / 3e12")
    edges = graph.engine.sql(f"select {columns} from {{edges}}", EDGES, edges=graph.edges)
    return InteractionGraph(edges, directed=graph.directed, accounts=graph.accounts)


def of_clusters(graph: InteractionGraph) -> dict[str, float]:
    rows = conductance(graph, by_number(graph)).rows()
    return {row["cluster"]: row["conductance"] for row in rows}


def seeded(graph: InteractionGraph) -> list[dict[str, float]]:
    return [scores(seed_propagation(graph, bad={"Ω07": 2, "Ω03": 1}, good=["0"]))]


def assert_near(found: list[dict[str, float]], expected: list[dict[str, float]]) -> None:
    for ours, theirs in zip(found, expected, strict=True):
        scale = max(abs(score) for score in theirs.values())
        assert ours.keys() == theirs.keys()
        assert max(abs(ours[name] - theirs[name]) for name in theirs) <= 1e-9 * scale


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
@pytest.mark.parametrize("verb", NEAR)
def test_scores_are_the_local_engines_to_a_billionth_of_their_scale(
    local, spark, way, verb, directed
):
    drawn = knot(directed=directed)

    expected = NEAR[verb](on(local, drawn, directed=directed))

    assert_near(NEAR[verb](on(spark, drawn, directed=directed)), expected)


@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_seeds_in_one_task_have_the_local_engines_scores(local, spark, directed):
    drawn = knot(directed=directed)

    expected = seeded(on(local, drawn, directed=directed))

    assert_near(seeded(on(spark, drawn, directed=directed)), expected)


@pytest.mark.slow
@pytest.mark.parametrize("directed", [False, True], ids=["undirected", "directed"])
def test_seeds_spread_have_the_local_engines_scores(local, spark, spread, directed):
    """Some seventy rounds, each of two jobs."""
    drawn = knot(directed=directed)

    expected = seeded(on(local, drawn, directed=directed))

    assert_near(seeded(on(spark, drawn, directed=directed)), expected)


@pytest.mark.parametrize(("partitions", "adaptive"), [("1", "true"), ("2", "false"), ("7", "true")])
def test_neither_partitions_nor_adaptive_plans_change_a_label(
    local, spark, spread, partitions, adaptive
):
    drawn = many_parts(directed=False)
    before = {
        name: spark.session.conf.get(name)
        for name in ("spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled")
    }
    spark.session.conf.set("spark.sql.shuffle.partitions", partitions)
    spark.session.conf.set("spark.sql.adaptive.enabled", adaptive)

    def cut(graph: InteractionGraph) -> list[object]:
        found = leiden(graph, resolution=0.5, giant_edges=12)
        return [labels(found), found.bounds.rows()]

    found = cut(on(spark, drawn, directed=False))
    for name, value in before.items():
        spark.session.conf.set(name, value)

    assert found == cut(on(local, drawn, directed=False))
    assert len(found[1]) > 1


@pytest.mark.parametrize("partitions", ["1", "7"])
def test_a_long_path_is_one_component(spark, spread, partitions):
    drawn = nx.path_graph([f"{(n * 7919) % 1000:03}" for n in range(1000)])
    spark.session.conf.set("spark.sql.shuffle.partitions", partitions)

    found = labels(components(graph_from_networkx(spark, drawn)))

    spark.session.conf.set("spark.sql.shuffle.partitions", "3")
    assert found == [(f"{n:03}", "000") for n in range(1000)]


def test_empty_graphs_and_accounts_alone_are_answered(spark, way):
    empty = graph_from_networkx(spark, nx.Graph())
    alone = graph_from_networkx(spark, nx.empty_graph(["a", "b"]))

    for verb in (components, label_propagation, lambda graph: leiden(graph, resolution=1)):
        assert labels(verb(empty)) == []
        assert labels(verb(alone)) == [("a", "a"), ("b", "b")]
    assert scores(k_core(alone)) == {"a": 0, "b": 0}
    assert scores(pagerank(empty, iterations=2)) == {}
    assert scores(pagerank(alone, iterations=2)) == {"a": 0.5, "b": 0.5}
    assert [scores(ranking) for ranking in hits(alone)] == [{"a": 0.5, "b": 0.5}] * 2
    assert scores(seed_propagation(alone, bad=["a"])) == {"a": 1, "b": 0}


def test_a_seed_that_is_no_account_is_refused_by_its_name(spark, way):
    graph = graph_from_networkx(spark, nx.Graph([("a", "b")]))

    with pytest.raises(ValueError, match=r"2 of 3 seeds are no accounts .*, the first '名"):
        personalised_pagerank(graph, ["a", "\U0001f600", "名"])
    with pytest.raises(ValueError, match=r"1 of 1 seeds .*, the first 'x'"):
        seed_propagation(graph, bad=["a"], good=["x"])


def test_hubs_that_will_not_rest_say_so(spark, way):
    graph = graph_from_networkx(spark, nx.path_graph([f"{n:03}" for n in range(30)]))

    with pytest.raises(ValueError, match="after 2 rounds: raise `iterations`"):
        hits(graph, iterations=2)


def test_what_needs_the_whole_graph_is_refused_with_another_way(spark):
    graph = graph_from_networkx(spark, nx.Graph([("a", "b")]))

    with pytest.raises(NotOnThisEngine, match=r"`per_component=False`.*leave it out"):
        leiden(graph, resolution=1, objective="modularity", per_component=False)
    with pytest.raises(NotOnThisEngine, match=r"`louvain`.*use `leiden`"):
        louvain(graph)


def test_workers_without_igraph_name_the_mend(spark, way, tmp_path):
    (tmp_path / "igraph.py").write_text("raise ImportError('igraph')")
    graph = graph_from_networkx(spark, nx.path_graph(list("abcdef")))
    environment = spark.session.sparkContext.environment
    before = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = str(tmp_path)

    with pytest.raises(NotOnThisEngine, match=r"pip install 'ringwatch\[igraph\]'.*GPL"):
        leiden(graph, resolution=0.5)

    del environment["PYTHONPATH"]
    if before is not None:
        environment["PYTHONPATH"] = before
    assert len(labels(leiden(graph, resolution=0.5))) == 6


def test_components_with_rows_lost_are_refused():
    refuse_odd_components(crossing=0, misnamed=0, unlabelled=0)
    for counts in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        crossing, misnamed, unlabelled = counts
        with pytest.raises(RingwatchError, match="the components are wrong"):
            refuse_odd_components(crossing=crossing, misnamed=misnamed, unlabelled=unlabelled)


SOUND = ((0, 0), (1, 0), (2, 2), (3, 2))
"""Each account and the component that it is in, of a graph of two edges, 0 with 1 and 2 with 3."""


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        (SOUND, None),
        (((0, 0), (1, 1), (2, 2), (3, 2)), (1, 0, 0)),
        (((0, 0), (1, 0), (2, 1), (3, 1)), (0, 2, 0)),
        (((0, 0), (1, 0), (2, 3), (3, 3)), (0, 0, 1)),
        (SOUND[:3], (0, 0, 1)),
        ((*SOUND, (3, 2)), (0, 0, 1)),
    ],
    ids=["sound", "an edge cut", "a strange name", "not the least", "one lost", "one twice"],
)
def test_labels_that_went_wrong_on_the_workers_are_counted_and_refused(spark, labels, counts):
    codes, names = zip(*labels, strict=True)
    found = spark.session.createDataFrame(pa.table({"code": codes, "label": names}))
    edges = spark.session.createDataFrame(pa.table({"src": [0, 2], "dst": [1, 3]}))
    graph = SimpleNamespace(accounts=4)

    if counts is None:
        _verify(graph, edges, found)
        return
    crossing, misnamed, unlabelled = counts
    with pytest.raises(RingwatchError, match="the components are wrong") as refused:
        _verify(graph, edges, found)
    said = str(refused.value)
    assert f": {crossing} edges cross" in said
    assert f" {misnamed} accounts have a component named by no member, {unlabelled} are in" in said
