"""Giant components are cut, divided and united again: the groups in them are still found."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import networkx as nx
import pytest

from algorithms.leiden import leiden
from graph.convert import graph_from_networkx
from graph.model import Clustering


def planted(groups: int, size: int, chords: int, seed: int) -> nx.Graph:
    """One component of `groups` dense groups, joined by light edges at random."""
    dice = random.Random(seed)
    drawn = nx.Graph()
    names = [f"{group:03}-{n:02}" for group in range(groups) for n in range(size)]
    for group in range(groups):
        members = names[group * size : (group + 1) * size]
        for src, dst in itertools.combinations(members, 2):
            if dice.random() < 0.6:
                drawn.add_edge(src, dst, weight=dice.randint(2, 4))
    for _ in range(chords):
        src, dst = dice.sample(names, 2)
        if not drawn.has_edge(src, dst):
            drawn.add_edge(src, dst, weight=1)
    return drawn


def labels(clustering: Clustering) -> dict[str, str]:
    return {row["account"]: row["cluster"] for row in clustering.members.rows()}


def adjusted_rand(found: dict[str, str]) -> float:
    def pairs(parts) -> float:
        return sum(n * (n - 1) / 2 for n in Counter(parts).values())

    both = pairs((name[:3], cluster) for name, cluster in found.items())
    mine, true = pairs(found.values()), pairs(name[:3] for name in found)
    chance = mine * true / (len(found) * (len(found) - 1) / 2)
    return (both - chance) / ((mine + true) / 2 - chance)


# How good a cut division is rests on the local engine, of which Spark's labels are (see
# test_algorithms_spark).
@pytest.mark.parametrize("resolution", [0.3, 0.6, 1.0])
@pytest.mark.local_only
def test_planted_groups_are_found_as_well_as_without_cutting(engine, resolution):
    graph = graph_from_networkx(engine, planted(groups=120, size=10, chords=2_000, seed=1))

    whole = leiden(graph, resolution=resolution)
    cut = leiden(graph, resolution=resolution, giant_edges=500)

    assert whole.bounds.rows() == []
    assert adjusted_rand(labels(cut)) >= adjusted_rand(labels(whole)) - 0.01 > 0.7


def test_planted_groups_are_found_whole_in_a_cut_component(engine):
    graph = graph_from_networkx(engine, planted(groups=12, size=8, chords=40, seed=2))

    found = labels(leiden(graph, resolution=0.3, giant_edges=100))

    assert found == {name: f"{name[:3]}-00" for name in found}


def test_each_giant_component_is_told_and_no_other(engine):
    small = nx.relabel_nodes(nx.complete_graph(5), {n: f"a{n}" for n in range(5)})
    giant = nx.relabel_nodes(nx.complete_graph(7), {n: f"b{n}" for n in range(7)})
    giant.add_edge("b0", "b0")
    graph = graph_from_networkx(engine, nx.union(small, giant))

    found = leiden(graph, resolution=0.5, giant_edges=20)

    assert labels(found) == {name: f"{name[0]}0" for name in [*small, *giant]}
    (told,) = found.bounds.rows()
    assert (told["bound"], told["subject"], told["accounts"]) == ("giant-component", "b0", 7)
    assert told["says"].startswith("a component of 7 accounts and 21 edges was cut")


def test_communities_of_a_cut_component_are_united_where_that_pays(engine):
    """A long path, which labels cut in many places, is worth more in one piece."""
    graph = graph_from_networkx(engine, nx.path_graph([f"{n:02}" for n in range(12)]))

    found = labels(leiden(graph, resolution=0.01, giant_edges=5))

    assert set(found.values()) == {"00"}


def test_modularity_is_never_cut(engine):
    graph = graph_from_networkx(engine, planted(groups=6, size=8, chords=20, seed=2))

    whole = leiden(graph, resolution=1.0, objective="modularity")
    asked = leiden(graph, resolution=1.0, objective="modularity", giant_edges=10)

    assert labels(asked) == labels(whole)
    assert asked.bounds.rows() == []
