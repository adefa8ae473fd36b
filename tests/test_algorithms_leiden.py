"""Leiden: the same communities on any machine, in any order, and good ones."""

from __future__ import annotations

import builtins
import itertools
import random
from collections.abc import Iterator

import igraph
import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algorithms.components import components
from algorithms.leiden import leiden, leiden_of_pairs
from algorithms.louvain import louvain
from algorithms.quality import modularity
from graph.convert import graph_from_arrow, graph_from_networkx, to_arrow
from graph.engines.kernels import leiden as kernel
from graph.engines.kernels.leiden import (
    FIXED_POINT,
    Part,
    Search,
    component_seed,
    leiden_by_igraph,
    leiden_labels,
    leiden_part,
)
from graph.errors import NotOnThisEngine
from graph.model import Clustering


def labels(clustering: Clustering) -> dict[str, str]:
    return {row["account"]: row["cluster"] for row in clustering.members.rows()}


def communities(clustering: Clustering) -> list[set[str]]:
    found: dict[str, set[str]] = {}
    for account, cluster in labels(clustering).items():
        found.setdefault(cluster, set()).add(account)
    return list(found.values())


def rings(count: int, size: int, chords: int, seed: int) -> nx.Graph:
    """`count` dense rings of `size` accounts, joined by `chords` light edges at random."""
    generator = random.Random(seed)
    drawn = nx.Graph()
    for ring in range(count):
        members = [f"r{ring:02}-{n:02}" for n in range(size)]
        for src, dst in itertools.combinations(members, 2):
            if generator.random() < 0.8:
                drawn.add_edge(src, dst, weight=generator.randint(2, 4))
    names = sorted(drawn)
    for _ in range(chords):
        src, dst = generator.sample(names, 2)
        if not drawn.has_edge(src, dst):
            drawn.add_edge(src, dst, weight=1)
    return drawn


def cpm(drawn: nx.Graph, groups: list[set[str]], resolution: float) -> float:
    return sum(
        drawn.subgraph(group).size(weight="weight") - resolution * len(group) * (len(group) - 1) / 2
        for group in groups
    )


def small_parts() -> Iterator[Part]:
    """Every connected shape of two and three accounts with weights and a self-loop or none."""
    shapes = {
        2: [[(0, 1)]],
        3: [[(0, 1), (0, 2)], [(0, 1), (1, 2)], [(0, 2), (1, 2)], [(0, 1), (0, 2), (1, 2)]],
    }
    for accounts, edges in ((n, shape) for n, found in shapes.items() for shape in found):
        for weights in itertools.product((1, 2, 3, 5), repeat=len(edges)):
            for loop in (0, 2):
                yield part_of(accounts, edges, weights, loop)


def part_of(accounts, edges, weights, loop=0) -> Part:
    src, dst = np.array(edges, np.int64).T
    loops = np.zeros(accounts, np.int64)
    loops[0] = loop * FIXED_POINT
    return Part(accounts, src, dst, np.array(weights, np.int64) * FIXED_POINT, loops)


def by_igraph(part: Part, search: Search, seed: int) -> np.ndarray:
    masses, penalty = kernel._null_model(part, search)
    return leiden_by_igraph(part, masses, penalty, iterations=search.iterations, seed=seed)


@pytest.mark.parametrize("objective", ["cpm", "modularity"])
@pytest.mark.parametrize("resolution", [0.3, 0.9, 1.2, 1.9, 2.4, 3.1])
def test_small_components_are_answered_as_igraph_answers_them(objective, resolution):
    search = Search(resolution=resolution, objective=objective)
    for part in small_parts():
        assert list(leiden_part(part, search=search, seed=5)) == list(by_igraph(part, search, 5))


@pytest.mark.parametrize("objective", ["cpm", "modularity"])
@pytest.mark.parametrize("resolution", [0.5, 1.01, 1.3, 1.99, 2.01])
@pytest.mark.parametrize("accounts", [4, 5, 9, 30])
def test_even_complete_components_are_answered_as_igraph_answers_them(
    objective, resolution, accounts
):
    edges = list(itertools.combinations(range(accounts), 2))
    part = part_of(accounts, edges, [2] * len(edges))
    search = Search(resolution=resolution, objective=objective)

    for seed in range(3):
        found = leiden_part(part, search=search, seed=seed)
        assert list(found) == list(by_igraph(part, search, seed))


def test_most_small_components_need_no_search(monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(kernel, "leiden_by_igraph", refused)
    search = Search(resolution=0.45)
    for part in small_parts():
        leiden_part(part, search=search, seed=0)


def test_a_pair_is_together_when_it_pays_more_than_the_resolution(engine):
    drawn = nx.Graph()
    drawn.add_edge("a", "b", weight=0.5)
    drawn.add_edge("c", "d", weight=0.25)
    graph = graph_from_networkx(engine, drawn)

    found = labels(leiden(graph, resolution=0.4))

    assert found == {"a": "a", "b": "a", "c": "c", "d": "d"}


def test_rings_are_found_whole_and_named_by_their_least_account(engine):
    drawn = rings(count=12, size=8, chords=30, seed=1)

    found = labels(leiden(graph_from_networkx(engine, drawn), resolution=0.3))

    assert found == {account: f"{account[:3]}-00" for account in drawn}


def test_cpm_per_component_is_as_good_as_igraph_on_the_whole(engine):
    drawn = rings(count=30, size=10, chords=400, seed=2)
    names = sorted(drawn)
    whole = igraph.Graph.TupleList(
        [(a, b, d["weight"]) for a, b, d in drawn.edges(data=True)], weights=True
    )
    graph = graph_from_networkx(engine, drawn)

    for resolution in (0.3, 0.7, 1.5):
        found = cpm(drawn, communities(leiden(graph, resolution=resolution)), resolution)
        reference = whole.community_leiden(
            "CPM", weights="weight", resolution=resolution, n_iterations=10
        )
        groups = [{whole.vs[i]["name"] for i in group} for group in reference]
        assert sum(map(len, groups)) == len(names)
        assert found >= 0.995 * cpm(drawn, groups, resolution)


def test_pairs_are_divided_by_who_is_joined_and_not_by_how_strongly(engine):
    drawn = nx.Graph()
    drawn.add_weighted_edges_from(
        (f"a{src}", f"a{dst}", 0.01 if src < 4 and dst < 4 else 5.0)
        for block in (range(4), range(3, 7))
        for src, dst in itertools.combinations(block, 2)
    )
    weighted = graph_from_networkx(engine, drawn)
    for _, _, edge in drawn.edges(data=True):
        edge["weight"] = 1.0
    even = leiden(graph_from_networkx(engine, drawn), resolution=0.6, seed=3)

    found = leiden_of_pairs(weighted.edges, resolution=0.6, seed=3)

    assert labels(found) == labels(even)
    assert sorted(map(len, communities(found))) == [3, 4]
    assert len(communities(leiden(weighted, resolution=0.6, seed=3))) == 4


def test_modularity_is_as_good_as_igraphs_own(engine):
    drawn = nx.relabel_nodes(nx.karate_club_graph(), {n: f"{n:02}" for n in range(34)})
    graph = graph_from_networkx(engine, drawn)

    found = leiden(graph, resolution=1.0, objective="modularity")

    # The best known division of the weighted karate club.
    assert modularity(graph, found) == pytest.approx(0.4449036)


@pytest.mark.local_only
def test_louvain_comes_near_it(engine):
    drawn = nx.relabel_nodes(nx.karate_club_graph(), {n: f"{n:02}" for n in range(34)})
    graph = graph_from_networkx(engine, drawn)

    assert modularity(graph, louvain(graph)) > 0.42


# The whole graph at once is refused on Spark, `louvain` too: test_algorithms_spark has the error.
@pytest.mark.local_only
def test_modularity_of_the_whole_graph_takes_its_scale_from_the_whole(engine):
    """The resolution limit: thirty cliques in a circle, each joined to the next by one edge."""
    drawn = nx.ring_of_cliques(30, 5)
    other = nx.relabel_nodes(drawn, {n: f"{n:03}" for n in drawn})
    graph = graph_from_networkx(engine, other)

    by_modularity = leiden(graph, resolution=1.0, objective="modularity", per_component=False)

    assert len(communities(by_modularity)) < 30
    assert len(communities(leiden(graph, resolution=0.5))) == 30


def test_per_component_each_component_is_divided_as_if_it_were_alone(engine):
    drawn = rings(count=4, size=7, chords=0, seed=3)
    far = nx.relabel_nodes(nx.karate_club_graph(), {n: f"k{n:02}" for n in range(34)})
    together = graph_from_networkx(engine, nx.union(drawn, far))
    alone = graph_from_networkx(engine, far)

    for objective in ("cpm", "modularity"):
        both = labels(leiden(together, resolution=0.9, objective=objective, seed=4))
        one = labels(leiden(alone, resolution=0.9, objective=objective, seed=4))
        assert {account: both[account] for account in one} == one


def test_components_may_be_given_to_workers_in_any_grouping():
    """What Spark does: a worker gets some whole components, numbered anew."""
    drawn = nx.union(
        rings(count=6, size=6, chords=0, seed=5),
        nx.relabel_nodes(nx.karate_club_graph(), {n: f"k{n:02}" for n in range(34)}),
    )
    search = Search(resolution=0.9)

    def divided(part: nx.Graph) -> dict[str, str]:
        ids = sorted(part)
        number = {name: place for place, name in enumerate(ids)}
        edges = sorted(
            (*sorted((number[a], number[b])), round(d["weight"] * FIXED_POINT))
            for a, b, d in part.edges(data=True)
        )
        src, dst, fixed = np.array(edges, np.int64).T
        found = leiden_labels(
            pa.array(ids), src, dst, fixed, search=search, per_component=True, seed=9
        )
        return {ids[i]: ids[label] for i, label in enumerate(found)}

    expected = divided(drawn)
    parts = list(nx.connected_components(drawn))
    for size in (1, 2, 3):
        buckets = [
            set().union(*parts[start : start + size]) for start in range(0, len(parts), size)
        ]
        found = {}
        for bucket in reversed(buckets):
            found.update(divided(drawn.subgraph(bucket)))
        assert found == expected


def test_rows_in_another_order_and_layers_to_be_summed_give_the_same_communities(engine):
    assert_same_in_any_order(engine, lambda graph: leiden(graph, resolution=0.7, seed=2))


# Of the whole graph at once, which Spark refuses.
@pytest.mark.local_only
@pytest.mark.parametrize(
    "verb",
    [
        lambda graph: leiden(graph, resolution=1.1, objective="modularity", per_component=False),
        lambda graph: louvain(graph, seed=2),
    ],
    ids=["modularity", "louvain"],
)
def test_the_whole_graph_in_another_order_gives_the_same_communities(engine, verb):
    assert_same_in_any_order(engine, verb)


def assert_same_in_any_order(engine, verb) -> None:
    drawn = nx.relabel_nodes(nx.les_miserables_graph(), lambda name: name)
    edges = to_arrow(graph_from_networkx(engine, drawn))[0]
    third = pa.array([weight / 3 for weight in edges["weight"].to_pylist()])
    at = {name: edges.column_names.index(name) for name in ("weight", "layer")}
    thirds = [
        edges.set_column(at["weight"], "weight", third).set_column(
            at["layer"], "layer", pa.array([layer] * edges.num_rows)
        )
        for layer in ("a", "b", "c")
    ]
    rows = pa.concat_tables(thirds)
    order = list(range(rows.num_rows))
    answers = []
    for seed in range(3):
        random.Random(seed).shuffle(order)
        answers.append(labels(verb(graph_from_arrow(engine, rows.take(order)))))

    assert answers[0] == answers[1] == answers[2]


# Of the whole graph at once too, which Spark refuses.
@pytest.mark.local_only
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    edges=st.lists(
        st.tuples(st.integers(0, 24), st.integers(0, 24), st.integers(0, 8)), max_size=80
    ),
    resolution=st.sampled_from([0.1, 0.5, 1.0]),
    objective=st.sampled_from(["cpm", "modularity"]),
    per_component=st.booleans(),
)
def test_every_community_is_connected_and_named_by_its_least(
    engine, edges, resolution, objective, per_component
):
    drawn = nx.Graph()
    drawn.add_nodes_from(f"{n:02}" for n in range(25))
    for src, dst, quarters in edges:
        drawn.add_edge(f"{src:02}", f"{dst:02}", weight=quarters / 4)
    graph = graph_from_networkx(engine, drawn)

    found = labels(
        leiden(graph, resolution=resolution, objective=objective, per_component=per_component)
    )

    assert found.keys() == set(drawn)
    together: dict[str, set[str]] = {}
    for account, cluster in found.items():
        together.setdefault(cluster, set()).add(account)
    for name, members in together.items():
        assert name == min(members)
        assert nx.is_connected(drawn.subgraph(members))


def test_the_seed_of_a_component_is_fixed_for_ever():
    # printf '0\\na' | b2sum -l 64
    assert component_seed(0, "a") == 0x939ABF2B41E3AB2E
    assert component_seed(0, "a") != component_seed(1, "a") != component_seed(1, "b")


# On Spark igraph works in processes of its own.
@pytest.mark.local_only
def test_the_callers_random_numbers_are_neither_read_nor_moved(engine):
    graph = graph_from_networkx(engine, nx.relabel_nodes(nx.karate_club_graph(), str))
    random.seed(7)
    expected = random.random()

    random.seed(7)
    first = labels(leiden(graph, resolution=0.5)), labels(louvain(graph))
    assert random.random() == expected
    random.seed(8)
    assert (labels(leiden(graph, resolution=0.5)), labels(louvain(graph))) == first


# Spark's workers without igraph are in test_algorithms_spark.
@pytest.mark.local_only
def test_without_igraph_the_error_names_the_mend(engine, monkeypatch):
    graph = graph_from_networkx(engine, nx.path_graph(list("abcdef")))
    alone = graph_from_networkx(engine, nx.Graph([("a", "b")]))
    real = builtins.__import__

    def absent(name: str, *rest: object) -> object:
        if name == "igraph":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    for verb in (lambda g: leiden(g, resolution=0.5), louvain):
        with pytest.raises(NotOnThisEngine, match=r"pip install 'ringwatch\[igraph\]'.*GPL"):
            verb(graph)
    assert labels(leiden(alone, resolution=0.5)) == {"a": "a", "b": "a"}


@pytest.mark.parametrize(
    "call",
    [
        lambda g: leiden(g, resolution=0),
        lambda g: leiden(g, resolution=float("nan")),
        lambda g: leiden(g, resolution=float("inf")),
        lambda g: leiden(g, resolution=1, iterations=0),
        lambda g: leiden(g, resolution=1, giant_edges=0),
        lambda g: leiden(g, resolution=1, objective="CPM"),
        lambda g: louvain(g, resolution=-1),
        lambda g: louvain(g, resolution=float("inf")),
    ],
)
def test_settings_out_of_range_are_refused(engine, call):
    with pytest.raises(ValueError, match=r"`(resolution|iterations|giant_edges|objective)` is"):
        call(graph_from_networkx(engine, nx.Graph([("a", "b")])))


def test_an_odd_weight_is_refused_with_its_edge(engine):
    graph = graph_from_networkx(engine, nx.Graph([("a", "b", {"weight": -1.0})]))

    with pytest.raises(ValueError, match=r"edge 'a' to 'b' in layer 'given' has weight -1"):
        leiden(graph, resolution=1)


def test_accounts_without_edges_and_empty_graphs_are_answered(engine):
    empty = graph_from_networkx(engine, nx.Graph())
    alone = graph_from_networkx(engine, nx.empty_graph(["b", "a"]))

    assert labels(leiden(empty, resolution=1)) == {}
    assert labels(leiden(alone, resolution=1)) == labels(components(alone)) == {"a": "a", "b": "b"}


# Spark refuses `louvain`.
@pytest.mark.local_only
def test_louvain_answers_accounts_without_edges_and_refuses_odd_weights(engine):
    odd = graph_from_networkx(engine, nx.Graph([("a", "b", {"weight": -1.0})]))

    assert labels(louvain(graph_from_networkx(engine, nx.Graph()))) == {}
    assert labels(louvain(graph_from_networkx(engine, nx.empty_graph(["b"])))) == {"b": "b"}
    with pytest.raises(ValueError, match=r"edge 'a' to 'b' in layer 'given' has weight -1"):
        louvain(odd)
