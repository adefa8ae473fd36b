"""Roles: who is at the core of a cluster, who at its edge, who leads out of it."""

from __future__ import annotations

import networkx as nx
import pytest

from algorithms.facts import inner_edges, member_interactions, platforms_of
from algorithms.roles import member_roles
from graph.model import Clustering, InteractionGraph
from graph.schemas import ACCOUNTS, CLUSTERING, EDGES, INTERACTIONS, JOINT_ACTS

MEMBERS = """
    account | cluster
    a1      | a1
    a2      | a1
    a3      | a1
    a4      | a1
    b1      | b1
    b2      | b1
    b3      | b1
"""
# a1 is the hub of a star; b1, b2, b3 are a triangle, and b3 leads out as strongly as it holds in.
TIES = """
    src | dst | layer | weight
    a1  | a2  | x     | 0.5
    a1  | a2  | y     | 0.5
    a1  | a3  | x     | 1
    a1  | a4  | x     | 1
    b1  | b2  | x     | 1
    b1  | b3  | x     | 0.5
    b2  | b3  | x     | 0.5
    b3  | c1  | x     | 0.75
    a4  | b3  | x     | 0.25
"""


@pytest.fixture
def members(engine, table):
    """Each member's row of `MEMBERS`, by account."""
    clustering = Clustering(table(engine, CLUSTERING, MEMBERS), method="by hand")
    edges = table(engine, EDGES, TIES)
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | platform
        a1      | post   | o      | 0        | one
        a2      | post   | o      | 0        | one
        a2      | post   | p      | 0        | one
        b1      | post   | q      | 0        | two
        """,
    )
    accounts = table(
        engine,
        ACCOUNTS,
        """
        account | name  | created_at | platform
        a1      | Ann   | 5          | three
        """,
    )
    found = member_roles(
        InteractionGraph(edges),
        clustering,
        inner_edges(edges, clustering),
        member_interactions(
            interactions, clustering, table(engine, JOINT_ACTS, "src"), within_seconds=60
        ),
        accounts,
        platforms_of(interactions),
    )
    return {row["account"]: row for row in found.rows()}


def test_the_hub_of_a_star_is_its_core_and_the_points_are_peripheral(members):
    assert {name: members[name]["role"] for name in ("a1", "a2", "a3", "a4")} == {
        "a1": "core",
        "a2": "peripheral",
        "a3": "peripheral",
        "a4": "peripheral",
    }


def test_a_member_that_leads_out_as_strongly_as_it_holds_in_is_a_bridge(members):
    assert {name: members[name]["role"] for name in ("b1", "b2", "b3")} == {
        "b1": "core",
        "b2": "core",
        "b3": "bridge",
    }
    # To an account of no cluster, and to one of another.
    assert members["b3"]["outside"] == 1.0
    assert members["b3"]["strength"] == 1.0


def test_a_member_belongs_by_its_inner_share_and_its_weight_beside_the_median(members):
    # Of a1's points a4 leads out with a fifth of its weight; the median member has 1.
    assert members["a1"]["score"] == 1.0
    assert members["a4"]["score"] == pytest.approx(0.8, abs=1e-9)
    assert members["b3"]["score"] == pytest.approx(0.5 * 1.0 / median_strength(members, "b1"))


def median_strength(members, cluster):
    inner = sorted(row["strength"] for row in members.values() if row["cluster"] == cluster)
    return inner[(len(inner) - 1) // 2]


def test_who_hardly_belongs_is_weak_whatever_else_it_is(engine, table):
    clustering = Clustering(
        table(engine, CLUSTERING, "account | cluster\na | a\nb | a\nc | a\nd | a\ne | a"),
        method="by hand",
    )
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        a   | b   | one   | 1
        a   | c   | one   | 1
        b   | c   | one   | 1
        c   | d   | one   | 0.1
        d   | x   | one   | 0.2
        b   | e   | one   | 0.1
        """,
    )
    found = member_roles(
        InteractionGraph(edges),
        clustering,
        inner_edges(edges, clustering),
        member_interactions(
            table(engine, INTERACTIONS, "account"),
            clustering,
            table(engine, JOINT_ACTS, "src"),
            within_seconds=60,
        ),
        table(engine, ACCOUNTS, "account"),
        platforms_of(table(engine, INTERACTIONS, "account")),
        least_belonging=0.04,
    )

    by_account = {row["account"]: (row["role"], row["score"]) for row in found.rows()}
    # d: a third of its weight inside, and a twentieth of the median member's weight.
    assert by_account["d"] == ("weak", pytest.approx(0.1 / 0.3 * 0.1 / 2))
    assert by_account["e"] == ("peripheral", pytest.approx(0.05))
    assert by_account["a"] == ("core", 1.0)


def test_partners_are_accounts_and_strength_adds_up_layers(members):
    assert (members["a2"]["partners"], members["a2"]["strength"]) == (1, 1.0)
    assert (members["a1"]["partners"], members["a1"]["strength"]) == (3, 3.0)
    assert (members["a4"]["partners"], members["a4"]["outside"]) == (1, 0.25)


@pytest.mark.parametrize("cluster", ["a1", "b1"])
def test_shares_are_the_clusters_own_weighted_pagerank(members, cluster):
    rows = {name: row for name, row in members.items() if row["cluster"] == cluster}
    graph = nx.Graph()
    for line in TIES.splitlines()[2:]:
        src, dst, _, weight = (
            (cell.strip() for cell in line.split("|")) if "|" in line else [""] * 4
        )
        if src in rows and dst in rows:
            already = graph.get_edge_data(src, dst, {"weight": 0.0})["weight"]
            graph.add_edge(src, dst, weight=already + float(weight))

    expected = nx.pagerank(graph, alpha=0.85, tol=1e-12, max_iter=1000)

    assert {name: row["pagerank"] for name, row in rows.items()} == pytest.approx(
        expected, abs=1e-6
    )
    assert sum(row["pagerank"] for row in rows.values()) == pytest.approx(1)


def test_what_is_known_of_an_account_stands_beside_its_role(members):
    ann = members["a1"]
    assert (ann["name"], ann["created_at"], ann["platform"]) == ("Ann", 5, "three")
    assert members["a2"]["platform"] == "one"
    assert members["a3"]["platform"] is None


def test_the_joint_share_is_of_the_members_own_acts(members):
    assert members["a1"]["joint_share"] == 1
    assert members["a2"]["joint_share"] == 0.5
    assert members["b1"]["joint_share"] == 0
    assert members["a3"]["joint_share"] is None
