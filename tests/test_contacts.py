"""Who acts on whom, who acts back, and what makes a ring of it."""

import itertools
import random

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.contact_acts import joint_contact_acts
from builders.contacts import contact_graph, mutual_graph, overall_reciprocity, reciprocity
from builders.mutual_density import dense_mutual_graph
from graph.engines import open_engine
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS


def pairs(found):
    return {(e["src"], e["dst"]): e for e in found.graph.edges.rows()}


def follows(engine, edges):
    rows = [
        {"account": a, "action": "follow", "object": b, "object_kind": "account", "acted_at": n}
        for n, (a, b) in enumerate(edges)
    ]
    return engine.from_arrow(pa.Table.from_pylist(rows, INTERACTIONS.arrow), INTERACTIONS)


def both_ways(edges):
    return [pair for a, b in edges for pair in ((a, b), (b, a))]


def test_who_follows_an_id_that_acts_itself_follows_that_account(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action  | object | object_kind | acted_at
        7       | follow  | 8      | object      | 10
        8       | follow  | 7      | object      | 20
        8       | mention | 7      | object      | 30
        8       | follow  | 007    | object      | 40
        7       | like    | 8      | object      | 50
        8       | follow  | 7      | page        | 60
        """,
    )

    contacts = pairs(contact_graph(interactions, actions=["follow", "mention", "like"]))

    # Another id is another account, and a post or a page may bear the number of an account.
    assert {pair: edge["weight"] for pair, edge in contacts.items()} == {
        ("7", "8"): 1,
        ("8", "7"): 2,
    }


def test_an_act_on_an_account_or_on_what_it_owns_is_a_contact(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action  | object | object_kind | owner | acted_at | content
        a1      | follow  | a2     | account     | -     | 10       | -
        a1      | comment | p1     | post        | a2    | 20       | c1
        a1      | comment | p1     | post        | a2    | 86400000 | c2
        a2      | reply   | p9     | post        | a3    | 5        | c3
        a3      | login   | a1     | account     | -     | 6        | -
        """,
    )

    found = contact_graph(interactions)

    assert found.graph.directed
    contacts = pairs(found)
    assert set(contacts) == {("a1", "a2"), ("a2", "a3")}
    edge = contacts["a1", "a2"]
    assert (edge["weight"], edge["src_count"], edge["dst_count"]) == (3, 3, 0)
    assert (edge["objects"], edge["object_days"]) == (2, 3)
    assert (edge["first_at"], edge["last_at"]) == (10, 86400000)


def test_acts_on_oneself_and_on_nobody_known_are_counted(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action  | object | object_kind | owner
        a1      | comment | p1     | post        | a1
        a2      | comment | p1     | post        | -
        a3      | comment | p1     | post        | -
        a1      | follow  | a1     | account     | a2
        """,
    )

    found = contact_graph(interactions)

    assert not pairs(found)
    assert {
        (b["bound"], b["subject"], b["accounts"], b["interactions"]) for b in found.bounds.rows()
    } == {
        ("self-acts", "comment", 1, 1),
        ("self-acts", "follow", 1, 1),
        ("no-target", "comment", 2, 2),
    }


def test_reciprocity_is_what_comes_back_of_what_was_given(engine, table):
    graph = InteractionGraph(
        table(
            engine,
            EDGES,
            """
            src | dst | weight
            a1  | a2  | 4
            a2  | a1  | 1
            a1  | a3  | 5
            """,
        ),
        directed=True,
    )

    by_account = {row.pop("account"): row for row in reciprocity(graph).rows()}

    assert by_account == {
        "a1": {"given": 9, "received": 1, "returned": 1, "reciprocity": 1 / 9},
        "a2": {"given": 1, "received": 4, "returned": 1, "reciprocity": 1},
        "a3": {"given": 0, "received": 5, "returned": 0, "reciprocity": None},
    }
    assert overall_reciprocity(graph) == 2 / 10


def test_without_contacts_nothing_is_returned(engine, table):
    nobody = contact_graph(table(engine, INTERACTIONS, "account")).graph

    assert overall_reciprocity(nobody) == 0
    assert reciprocity(nobody).count() == 0


def test_reciprocity_of_real_follows_agrees_with_networkx(engine, shared):
    rows = pa.parquet.read_table(shared / "data/real/pokec_follows.parquet").to_pylist()[:20_000]
    follow = [(str(row["src"]), str(row["dst"])) for row in rows if row["src"] != row["dst"]]

    graph = contact_graph(follows(engine, follow)).graph

    expected = nx.overall_reciprocity(nx.DiGraph(follow))
    assert overall_reciprocity(graph) == pytest.approx(expected, abs=1e-12)
    assert 0 < expected < 1


def test_two_that_act_on_each_other_are_joined_by_the_lesser_side(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action  | object | object_kind | owner | acted_at | content
        b       | comment | p1     | post        | a     | 10       | c1
        b       | comment | p2     | post        | a     | 20       | c2
        b       | like    | p2     | post        | a     | 30       | -
        a       | follow  | b      | account     | -     | 40       | -
        a       | follow  | c      | account     | -     | 50       | -
        """,
    )

    found = pairs(mutual_graph(interactions))

    edge = found.pop(("a", "b"))
    assert not found
    assert (edge["weight"], edge["src_count"], edge["dst_count"]) == (1, 1, 3)
    assert (edge["objects"], edge["post_pairs"]) == (3, 3)
    assert (edge["first_at"], edge["last_at"]) == (10, 40)
    assert not pairs(mutual_graph(interactions, at_least=2))


def test_a_celebrity_that_follows_back_joins_nobody_and_is_counted(engine):
    fans = [f"fan{n}" for n in range(4)]
    found = mutual_graph(
        follows(engine, both_ways([*(("star", fan) for fan in fans), ("fan0", "fan1")])),
        hub_accounts=3,
    )

    assert set(pairs(found)) == {("fan0", "fan1")}
    (bound,) = found.bounds.rows()
    assert (bound["subject"], bound["accounts"], bound["interactions"]) == ("star", 4, 8)
    assert bound["pairs_not_counted"] == 4


def test_a_ring_is_dense_and_a_chain_of_friends_is_not(engine):
    ring = list(itertools.combinations(["r1", "r2", "r3", "r4"], 2))
    chain = [("f1", "f2"), ("f2", "f3"), ("f3", "f4"), ("f4", "r1")]
    mutual = mutual_graph(follows(engine, both_ways(ring + chain)))

    dense = dense_mutual_graph(mutual, common_partners=2)

    assert set(pairs(dense)) == set(ring)
    (bound,) = dense.bounds.rows()
    assert (bound["bound"], bound["subject"], bound["accounts"]) == (
        "common-partners",
        "4 pairs",
        5,
    )
    assert (bound["pairs_not_counted"], bound["interactions"]) == (4, 8)


ACCOUNTS = st.sampled_from("abcdefg")


def assert_agrees_with_networkx(engine, edges, bound):
    acts = {pair for pair in edges if pair[0] != pair[1]}
    friends = nx.Graph((a, b) for a, b in acts if (b, a) in acts)

    mutual = mutual_graph(follows(engine, edges))
    dense = dense_mutual_graph(mutual, common_partners=bound)

    assert set(pairs(mutual)) == {tuple(sorted(pair)) for pair in friends.edges}
    assert set(pairs(dense)) == {
        tuple(sorted((a, b)))
        for a, b in friends.edges
        if len(list(nx.common_neighbors(friends, a, b))) >= bound
    }


@settings(max_examples=25, deadline=None)
@given(edges=st.lists(st.tuples(ACCOUNTS, ACCOUNTS), max_size=45), bound=st.integers(1, 3))
def test_common_partners_agree_with_networkx(edges, bound):
    with open_engine("local", memory="1GB", threads=2) as engine:
        assert_agrees_with_networkx(engine, edges, bound)


def test_common_partners_of_many_worlds_at_once_agree_with_networkx(engine):
    rng = random.Random(11)
    edges = [
        (f"w{world}-{rng.randrange(7)}", f"w{world}-{rng.randrange(7)}")
        for world in range(60)
        for _ in range(rng.randrange(45))
    ]

    assert_agrees_with_networkx(engine, edges, bound=2)


def test_each_act_comes_with_the_nearest_answer(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action  | object | object_kind | owner | acted_at | content
        a       | comment | p1     | post        | b     | 100      | c1
        a       | comment | p2     | post        | b     | 900      | c2
        b       | reply   | c1     | post        | a     | 130      | c3
        b       | comment | p7     | post        | a     | 1000     | c4
        """,
    )
    edges = mutual_graph(interactions).graph.edges
    members = pa.table({"account": ["a", "b"], "cluster": ["a", "a"]}, schema=CLUSTERING.arrow)
    clustering = Clustering(engine.from_arrow(members, CLUSTERING), method="given")

    acts = joint_contact_acts(interactions, edges, clustering).rows()
    nearest = joint_contact_acts(interactions, edges, clustering, at_most=1).rows()

    assert [(a["src_content"], a["dst_content"], a["action"]) for a in acts] == [
        ("c1", "c3", "comment/reply"),
        ("c2", "c4", "comment"),
    ]
    assert [(a["src_content"], a["object"], a["object_kind"]) for a in nearest] == [
        ("c1", "b", "account")
    ]


def test_edges_between_two_clusters_show_no_acts(engine):
    interactions = follows(engine, [("a", "b"), ("b", "a")])
    edges = mutual_graph(interactions).graph.edges
    members = pa.table({"account": ["a", "b"], "cluster": ["a", "b"]}, schema=CLUSTERING.arrow)
    clustering = Clustering(engine.from_arrow(members, CLUSTERING), method="given")

    assert joint_contact_acts(interactions, edges, clustering).count() == 0


def test_contacts_do_not_depend_on_the_order_of_rows(engine):
    rng = random.Random(3)
    edges = [(f"a{rng.randrange(9)}", f"a{rng.randrange(9)}") for _ in range(150)]
    rows = follows(engine, edges).arrow().to_pylist()

    def answers(order):
        held = engine.from_arrow(pa.Table.from_pylist(order, INTERACTIONS.arrow), INTERACTIONS)
        directed, mutual = contact_graph(held), mutual_graph(held, hub_accounts=8)
        return [found.rows() for found in (directed.graph.edges, mutual.graph.edges, mutual.bounds)]

    assert answers(rows) == answers(rng.sample(rows, len(rows)))
    assert answers(rows)[1]


def test_bounds_below_one_are_refused(engine):
    interactions = follows(engine, [("a", "b"), ("b", "a")])

    with pytest.raises(ValueError, match="at_least is a count from 1 up, not 0"):
        mutual_graph(interactions, at_least=0)
    with pytest.raises(ValueError, match="common_partners is a count from 1 up, not 0"):
        dense_mutual_graph(mutual_graph(interactions), common_partners=0)
