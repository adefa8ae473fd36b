"""Every result of components is verified where it is made, so no work goes on with a wrong one."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest

from algorithms.components import components
from algorithms.leiden import leiden
from builders.text import copied_text_graph
from graph.convert import graph_from_networkx
from graph.engines.kernels import components as kernel
from graph.engines.spark.text_work import objects_at_once
from graph.errors import RingwatchError
from tests.text_worlds import posts

pytestmark = pytest.mark.local_only

SRC, DST = np.array([0, 2]), np.array([1, 3])
SPAM = "this new coin will make all of us rich"


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0, 1, 2, 2], "1 edges cross"),
        ([0, 0, 1, 1], "2 accounts have a component named by no member"),
        ([0, 0, 3, 3], "1 are in none, in two or before its name"),
    ],
    ids=["an edge cut", "a strange name", "not the least"],
)
def test_labels_that_are_no_components_names_are_refused(labels, says):
    with pytest.raises(RingwatchError, match=says):
        kernel.checked_components(np.array(labels), SRC, DST)


def test_sound_labels_are_given_back():
    sound = np.array([0, 0, 2, 2])

    assert kernel.checked_components(sound, SRC, DST) is sound
    assert kernel.component_labels(4, SRC, DST).tolist() == sound.tolist()


@pytest.fixture
def break_off(monkeypatch):
    """From its call on the search loses every edge that it is given."""
    linked = kernel._linked

    def losing(accounts, src, dst):
        return linked(accounts, src[:0], dst[:0])

    return lambda: monkeypatch.setattr(kernel, "_linked", losing)


@pytest.mark.parametrize(
    "verb", [components, lambda graph: leiden(graph, resolution=0.5)], ids=["components", "leiden"]
)
def test_the_components_of_a_graph_are_refused_if_edges_were_lost(engine, break_off, verb):
    graph = graph_from_networkx(engine, nx.path_graph(["a", "b", "c"]))
    assert verb(graph).members.count() == 3

    break_off()

    with pytest.raises(RingwatchError, match="the components are wrong: 2 edges cross"):
        verb(graph)


def test_the_objects_of_like_texts_on_spark_are_refused_if_pairs_were_lost(break_off):
    pairs = pa.record_batch({"one": [3, 5], "near": [5, 9]})
    [found] = objects_at_once(iter([pairs]))
    assert found.to_pydict() == {"text": [3, 5, 9], "object": [3, 3, 3]}

    break_off()

    with pytest.raises(RingwatchError, match="the components are wrong: 2 edges cross"):
        list(objects_at_once(iter([pairs])))


def test_copied_text_is_refused_if_pairs_of_like_texts_were_lost(engine, break_off):
    interactions = posts(engine, [("a1", 0, SPAM), ("a2", 1, f"{SPAM} now")])
    assert copied_text_graph(interactions, at_least=1).graph.edges.count() == 1

    break_off()

    # A pair of like texts stands both ways round.
    with pytest.raises(RingwatchError, match="the components are wrong: 2 edges cross"):
        copied_text_graph(interactions, at_least=1)
