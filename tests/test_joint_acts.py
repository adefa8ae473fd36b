"""The posts behind every edge inside a cluster."""

from __future__ import annotations

import pytest

from builders.coaction import coaction_graph
from builders.joint_acts import joint_acts
from graph.errors import ConfigError
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS

WORLD = """
    account | action | object | acted_at | content
    A       | post   | o1     | 0        | a1
    B       | post   | o1     | 60000    | b1
    B       | post   | o1     | 60001    | b2
    A       | post   | o2     | 500000   | a2
    B       | post   | o2     | 499999   | b3
    C       | post   | o2     | 500000   | c1
    D       | post   | o2     | 500000   | d1
    A       | like   | o1     | 60000    | -
    A       | post   |        | 0        | a3
    B       | post   |        | 0        | b4
"""
MEMBERS = """
    account | cluster
    A       | A
    B       | A
    C       | C
    D       | C
"""


def posts(acts):
    return [(r["src_content"], r["dst_content"], r["object"]) for r in acts.rows()]


def test_the_posts_behind_an_edge_are_those_that_made_it(engine, table):
    interactions = table(engine, INTERACTIONS, WORLD)
    edges = coaction_graph(interactions, within_seconds=60, at_least=1).graph.edges
    clusters = table(engine, CLUSTERING, MEMBERS)

    acts, left_out = joint_acts(interactions, edges, clusters, within_seconds=60)

    assert sorted(posts(acts)) == [("a1", "b1", "o1"), ("a2", "b3", "o2"), ("c1", "d1", "o2")]
    assert {row["cluster"] for row in acts.rows()} == {"A", "C"}
    assert left_out == 0


def test_edges_between_clusters_or_outside_them_have_no_posts(engine, table):
    interactions = table(engine, INTERACTIONS, WORLD)
    edges = coaction_graph(interactions, within_seconds=60, at_least=1).graph.edges
    clusters = table(engine, CLUSTERING, "account | cluster\nA | A\nC | C")

    acts, left_out = joint_acts(interactions, edges, clusters, within_seconds=60)

    assert (acts.count(), left_out) == (0, 0)


def test_the_nearest_in_time_come_first_and_the_rest_is_counted(engine, table):
    interactions = table(engine, INTERACTIONS, WORLD)
    edges = table(engine, EDGES, "src | dst | layer\nA | B | shared-objects")
    clusters = table(engine, CLUSTERING, MEMBERS)

    acts, left_out = joint_acts(interactions, edges, clusters, within_seconds=None, per_edge=2)

    assert posts(acts) == [("a1", "b1", "o1"), ("a2", "b3", "o2")]
    assert left_out == 1


def test_only_the_actions_and_kinds_of_the_edges_are_given(engine, table):
    interactions = table(engine, INTERACTIONS, WORLD)
    edges = table(engine, EDGES, "src | dst | layer\nA | B | shared-objects")
    clusters = table(engine, CLUSTERING, MEMBERS)

    likes, _ = joint_acts(interactions, edges, clusters, within_seconds=60, actions=("like",))
    pages, _ = joint_acts(interactions, edges, clusters, within_seconds=60, object_kinds=("page",))

    assert (likes.count(), pages.count()) == (0, 0)


def test_a_bound_below_one_is_refused(engine, table):
    interactions = table(engine, INTERACTIONS, WORLD)
    edges = table(engine, EDGES, "src | dst | layer")
    clusters = table(engine, CLUSTERING, MEMBERS)

    with pytest.raises(ConfigError, match="`per_edge` is 0"):
        joint_acts(interactions, edges, clusters, within_seconds=60, per_edge=0)
