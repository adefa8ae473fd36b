"""Nearness to accounts judged before, beside a member's role and outside of flagged clusters."""

from __future__ import annotations

import networkx as nx
import pytest

from algorithms.nearness import NEARNESS, nearest_outside, nearness
from algorithms.seeds import seed_propagation
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERS, EDGES, MEMBERS

SEEDS = Schema("seeds", (Column("account", "VARCHAR", "an account"),), key=("account",))
# A chain from the known-bad b by c and d to e, thin before e; g is known-good and stands beside e;
# p and q stand apart.
TIES = """
    src | dst | layer | weight
    b   | c   | links | 1
    c   | d   | links | 0.5
    c   | d   | texts | 0.5
    d   | e   | links | 0.25
    e   | g   | links | 1
    p   | q   | links | 1
"""


def near(engine, table, bad="b", good="g"):
    lists = (table(engine, SEEDS, "\n".join(["account", *names.split()])) for names in (bad, good))
    bad_ones, good_ones = lists
    return nearness(InteractionGraph(table(engine, EDGES, TIES)), bad=bad_ones, good=good_ones)


def by_account(found):
    return {row["account"]: row for row in found.rows()}


def test_nearness_falls_with_the_way_from_the_known_bad_and_turns_beside_the_known_good(
    engine, table
):
    rows = by_account(near(engine, table))

    way = [rows[name]["nearness"] for name in ("b", "c", "d", "e", "g")]
    assert way == sorted(way, reverse=True)
    assert way[2] > 0 > way[3]
    expected = seed_propagation(
        InteractionGraph(table(engine, EDGES, TIES)), bad=["b"], good=["g"]
    ).scores
    assert {name: row["nearness"] for name, row in rows.items()} == pytest.approx(
        {row["account"]: row["score"] for row in expected.rows()}, abs=1e-6
    )


def test_the_rank_is_the_share_of_walkers_from_the_known_bad_times_the_accounts(engine, table):
    rows = by_account(near(engine, table))
    graph = nx.Graph()
    graph.add_weighted_edges_from(
        [("b", "c", 1), ("c", "d", 1), ("d", "e", 0.25), ("e", "g", 1), ("p", "q", 1)]
    )
    walkers = nx.pagerank(graph, personalization={"b": 1}, tol=1e-12, max_iter=1000)

    assert {name: row["seed_rank"] for name, row in rows.items()} == pytest.approx(
        {name: 7 * share for name, share in walkers.items()}, abs=1e-5
    )
    assert sum(row["seed_rank"] for row in rows.values()) == pytest.approx(7)


def test_who_was_judged_before_is_marked_and_who_is_not_in_the_graph_says_nothing(engine, table):
    rows = by_account(near(engine, table, bad="b nobody", good="g no_one"))

    assert {name: row["seed"] for name, row in rows.items() if row["seed"]} == {
        "b": "bad",
        "g": "good",
    }
    assert set(rows) == set("bcdegpq")
    assert rows == by_account(near(engine, table))


def test_no_way_from_any_seed_is_nought_and_not_unknown(engine, table):
    rows = by_account(near(engine, table))

    assert (rows["p"]["nearness"], rows["p"]["seed_rank"]) == (0.0, 0.0)
    absent = by_account(near(engine, table, bad="nobody"))
    assert {(row["nearness"], row["seed_rank"]) for row in absent.values()} == {(0.0, 0.0)}
    assert absent["g"]["seed"] == "good"


@pytest.fixture
def outside(engine, table):
    """The nearest accounts of no flagged cluster, `most` of them, in the order of their ids."""

    def of(most, flagged="true"):
        clusters = table(engine, CLUSTERS, f"cluster | place | flagged\nc | 1 | {flagged}")
        members = table(engine, MEMBERS, "cluster | account\nc | c")
        found = nearest_outside(
            near(engine, table),
            InteractionGraph(table(engine, EDGES, TIES)),
            clusters,
            members,
            most=most,
        )
        return found.rows()

    return of


def test_only_accounts_of_no_flagged_cluster_that_suspicion_reaches_are_listed(outside):
    # b and g are seeds, c is in a flagged cluster, e nearer to the good, p and q are nowhere near.
    assert [(row["account"], row["cluster"], row["seeds"]) for row in outside(10)] == [
        ("d", None, 0)
    ]


def test_a_member_of_an_unflagged_cluster_is_listed_with_the_seeds_it_is_joined_to(outside):
    rows = {row["account"]: row for row in outside(10, flagged="false")}

    assert set(rows) == {"c", "d"}
    assert (rows["c"]["cluster"], rows["c"]["seeds"], rows["c"]["strength"]) == ("c", 1, 1.0)


def test_the_list_is_bounded_and_keeps_the_nearest(outside):
    assert [row["account"] for row in outside(1, flagged="false")] == ["c"]


def test_equals_are_taken_by_rank_then_id(engine, table):
    rows = """
        account | nearness | seed_rank
        b       | 0.5      | 2
        a       | 0.5      | 2
        c       | 0.5      | 3
    """
    found = nearest_outside(
        table(engine, NEARNESS, rows),
        InteractionGraph(table(engine, EDGES, TIES)),
        table(engine, CLUSTERS, "cluster"),
        table(engine, MEMBERS, "cluster | account"),
        most=2,
    )

    assert [row["account"] for row in found.rows()] == ["a", "c"]
