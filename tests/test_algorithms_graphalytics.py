"""Every LDBC Graphalytics reference graph with a PageRank, components or label answer."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from algorithms.components import components
from algorithms.label_propagation import label_propagation
from algorithms.pagerank import pagerank
from graph.convert import graph_from_networkx
from graph.engines.dense import dense
from graph.engines.kernels.labels import propagated_labels


def reference(shared: Path, name: str) -> nx.Graph:
    """The reference graph; ids are padded, so that byte order is their order as numbers."""
    place = shared / "conformance" / "graphalytics" / "graphs"
    drawn = nx.DiGraph() if "-directed" in name else nx.Graph()
    drawn.add_nodes_from(padded(line) for line in (place / f"{name}.v").read_text().split())
    for line in (place / f"{name}.e").read_text().splitlines():
        drawn.add_edge(*(padded(number) for number in line.split()[:2]))
    return drawn


def answer(shared: Path, name: str, algorithm: str) -> dict[str, str]:
    place = shared / "conformance" / "graphalytics" / "graphs" / f"{name}-{algorithm}"
    return {padded(a): b for a, b in (line.split() for line in place.read_text().splitlines())}


def setting(shared: Path, name: str, key: str) -> str:
    place = shared / "conformance" / "graphalytics" / "graphs" / f"{name}.properties"
    lines = place.read_text().splitlines()
    return next(line.split(" = ")[1] for line in lines if line.startswith(f"graph.{name}.{key}"))


def padded(number: str) -> str:
    return number.strip().zfill(6)


def partition(labels: dict[str, str]) -> set[frozenset[str]]:
    parts: dict[str, set[str]] = {}
    for account, label in labels.items():
        parts.setdefault(label, set()).add(account)
    return {frozenset(part) for part in parts.values()}


def found(clustering) -> dict[str, str]:
    return {row["account"]: row["cluster"] for row in clustering.members.rows()}


BOTH_WAYS = ("directed", "undirected")


@pytest.mark.parametrize(
    "name", [f"{kind}-{way}" for kind in ("example", "test-pr") for way in BOTH_WAYS]
)
def test_pagerank_is_that_of_graphalytics(engine, shared, name):
    graph = graph_from_networkx(engine, reference(shared, name))

    ranking = pagerank(
        graph,
        damping=float(setting(shared, name, "pr.damping-factor")),
        iterations=int(setting(shared, name, "pr.num-iterations")),
        weighted=False,
    )

    expected = {account: float(score) for account, score in answer(shared, name, "PR").items()}
    scores = {row["account"]: row["score"] for row in ranking.scores.rows()}
    assert scores.keys() == expected.keys()
    worst = max(abs(scores[a] - expected[a]) / expected[a] for a in expected)
    # The benchmark allows 1e-4; its own answers have six to sixteen digits.
    assert worst < 2e-6


@pytest.mark.parametrize(
    "name", [f"{kind}-{way}" for kind in ("example", "test-wcc") for way in BOTH_WAYS]
)
def test_components_are_those_of_graphalytics(engine, shared, name):
    graph = graph_from_networkx(engine, reference(shared, name))

    labels = found(components(graph))

    assert partition(labels) == partition(answer(shared, name, "WCC"))
    assert all(labels[account] == min(part) for part in partition(labels) for account in part)


@pytest.mark.parametrize(
    "name", [f"{kind}-{way}" for kind in ("example", "test-cdlp") for way in BOTH_WAYS]
)
def test_labels_are_exactly_those_of_graphalytics(engine, shared, name):
    graph = graph_from_networkx(engine, reference(shared, name))
    rounds = int(setting(shared, name, "cdlp.max-iterations"))
    expected = {a: padded(label) for a, label in answer(shared, name, "CDLP").items()}

    given = dense(graph)
    labels = propagated_labels(
        given.accounts, given.src, given.dst, np.ones(len(given.src), np.int64), rounds=rounds
    )
    names = given.ids.to_pylist()
    assert {names[i]: names[label] for i, label in enumerate(labels)} == expected
    assert partition(found(label_propagation(graph, rounds=rounds))) == partition(expected)
