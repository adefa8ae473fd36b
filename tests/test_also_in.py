"""Accounts of two rings: told in both, though the division gives an account to one cluster."""

from __future__ import annotations

import pytest

from algorithms.also_in import also_in
from algorithms.facts import inner_edges, member_interactions, platforms_of
from algorithms.roles import member_roles
from graph.model import Clustering, InteractionGraph
from graph.schemas import ACCOUNTS, CLUSTERING, CLUSTERS, EDGES, INTERACTIONS, JOINT_ACTS

CLUSTERING_OF_TWO_RINGS = """
    account | cluster
    a1      | a1
    a2      | a1
    a3      | a1
    a4      | a1
    b1      | b1
    b2      | b1
    b3      | b1
    b4      | b1
"""
JUDGED = """
    cluster | place | flagged
    a1      | 1     | true
    b1      | 2     | true
"""
# Two rings of four, every pair joined; a4 also works with three of the other ring, x with all of
# it, and y and z stand nearby.
TIES = """
    src | dst | layer | weight
    a1  | a2  | links | 1
    a1  | a3  | links | 1
    a1  | a4  | links | 1
    a2  | a3  | links | 1
    a2  | a4  | links | 1
    a3  | a4  | links | 1
    b1  | b2  | links | 1
    b1  | b3  | links | 1
    b1  | b4  | links | 1
    b2  | b3  | links | 1
    b2  | b4  | links | 1
    b3  | b4  | links | 1
    a4  | b1  | links | 0.5
    a4  | b2  | links | 0.5
    a4  | b3  | links | 0.5
"""


@pytest.fixture
def told(engine, table):
    """Who belongs where too, as (cluster, account) to its row, for some edges beside the rings'."""

    def of(more="", judged=JUDGED, clustering=CLUSTERING_OF_TWO_RINGS, least=0.1, **asked):
        edges = table(engine, EDGES, TIES.rstrip() + more)
        clusters = Clustering(table(engine, CLUSTERING, clustering), method="by hand")
        nothing = table(engine, INTERACTIONS, "account")
        no_acts = table(engine, JOINT_ACTS, "src")
        graph = InteractionGraph(edges)
        members = member_roles(
            graph,
            clusters,
            inner_edges(edges, clusters),
            member_interactions(nothing, clusters, no_acts, within_seconds=60),
            table(engine, ACCOUNTS, "account"),
            platforms_of(nothing),
            least_belonging=least,
        )
        found = also_in(
            graph,
            table(engine, CLUSTERS, judged),
            members,
            least_belonging=least,
            **{"least_partners": 3, **asked},
        )
        return {(row["cluster"], row["account"]): row for row in found.rows()}

    return of


def test_an_account_of_two_rings_is_told_in_the_second_too(told):
    found = told()

    assert found.keys() == {("b1", "a4")}
    row = found["b1", "a4"]
    assert (row["home"], row["partners"], row["strength"]) == ("a1", 3, 1.5)
    # A third of its weight leads there, and the median member of b1 has twice as much.
    assert row["score"] == pytest.approx((1.5 / 4.5) * (1.5 / 3.0))


def test_an_account_of_no_cluster_may_belong_to_a_ring(told):
    found = told("\n    b1 | x | links | 1\n    b2 | x | links | 1\n    b4 | x | links | 1")

    row = found["b1", "x"]
    assert (row["home"], row["partners"], row["score"]) == (None, 3, 1.0)


def test_members_of_a_cluster_belong_to_it_once(told):
    assert not {("a1", "a4"), ("a1", "a1"), ("b1", "b1")} & told(least=0.0).keys()


def test_edges_to_fewer_members_than_asked_for_say_nothing(told):
    two = "\n    b1 | x | links | 9\n    b2 | x | links | 9"

    assert ("b1", "x") not in told(two)
    assert ("b1", "x") in told(two, least_partners=2)


def test_who_has_little_of_its_weight_there_does_not_belong(told):
    nearby = "\n    b1 | y | links | 0.2\n    b2 | y | links | 0.2\n    b3 | y | links | 0.2"

    assert ("b1", "y") in told(nearby)
    assert ("b1", "y") not in told(nearby + "\n    y | z | links | 3")


def test_nobody_belongs_too_to_a_cluster_that_is_not_flagged(told):
    judged = JUDGED.replace("b1      | 2     | true", "b1      | 2     | false")

    assert told(judged=judged) == {}


def test_a_member_of_an_unflagged_cluster_may_belong_to_a_flagged_one(told):
    judged = JUDGED.replace("a1      | 1     | true", "a1      | 1     | false")

    assert told(judged=judged)["b1", "a4"]["home"] == "a1"


def test_weak_members_are_nobodys_company(told):
    # w1 to w3 hang on b1 by a thread: they are weak there, and x is joined to them alone.
    weak = CLUSTERING_OF_TWO_RINGS.rstrip() + "".join(f"\n    w{n} | b1" for n in (1, 2, 3))
    threads = "".join(
        f"\n    b1 | w{n} | links | 0.05\n    w{n} | x | links | 0.5" for n in (1, 2, 3)
    )

    assert ("b1", "x") not in told(threads, clustering=weak)


def test_one_crowd_at_one_post_makes_nobody_a_member_of_a_second_ring(told):
    crowd = "".join(f"\n    b{n} | x | swarm | 1" for n in (1, 2, 3, 4))

    assert ("b1", "x") in told(crowd)
    assert ("b1", "x") not in told(crowd, leaning=["swarm", "seeded"])
    # Where another layer joins the pairs, the crowd's weight counts with it.
    both = crowd + "".join(f"\n    b{n} | x | links | 0.5" for n in (1, 2, 3))
    row = told(both, leaning=["swarm", "seeded"])["b1", "x"]
    assert (row["partners"], row["strength"]) == (3, 4.5)


def test_an_account_may_belong_to_two_rings_beside_its_own(told):
    # c1 to c4 are a third ring, and a4 works there as well.
    third = CLUSTERING_OF_TWO_RINGS.rstrip() + "".join(f"\n    c{n} | c1" for n in (1, 2, 3, 4))
    pairs = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    ties = "".join(f"\n    c{s} | c{d} | links | 1" for s, d in pairs)
    ties += "".join(f"\n    a4 | c{n} | links | 0.75" for n in (1, 2, 3))
    judged = JUDGED.rstrip() + "\n    c1 | 3 | true"

    def of_a4(least):
        found = told(ties, judged=judged, clustering=third, least=least)
        return {cluster for cluster, account in found if account == "a4"}

    assert of_a4(0.1) == {"b1", "c1"}
    assert of_a4(0.2) == {"c1"}
