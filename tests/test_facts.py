"""Facts of clusters, worked out by hand on worlds small enough for the eye."""

from __future__ import annotations

import pytest

from algorithms.cluster_objects import cluster_objects, layer_objects, object_facts
from algorithms.delays import delay_facts, nearest_acts
from algorithms.facts import (
    PLATFORMS,
    act_facts,
    age_facts,
    edge_facts,
    inner_edges,
    member_interactions,
    platforms_of,
)
from graph.model import Clustering
from graph.schemas import (
    ACCOUNTS,
    CLUSTER_OBJECTS,
    CLUSTERING,
    EDGES,
    INTERACTIONS,
    JOINT_ACTS,
    MEMBER_INTERACTIONS,
)
from jobs.measure import bounded_acts

DAY = 86_400_000

MEMBERS = """
    account | cluster
    a1      | a1
    a2      | a1
    a3      | a1
    b1      | b1
    b2      | b1
"""


@pytest.fixture
def clustering(engine, table):
    return Clustering(table(engine, CLUSTERING, MEMBERS), method="by hand")


def only(table):
    (row,) = table.rows()
    return row


def by_cluster(table):
    return {row["cluster"]: row for row in table.rows()}


def test_only_edges_with_both_ends_in_one_cluster_are_inside(engine, table, clustering):
    edges = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        a1  | a2  | x     | 1
        a1  | b1  | x     | 1
        a3  | c1  | x     | 1
        b1  | b2  | y     | 1
        """,
    )

    inside = inner_edges(edges, clustering)

    assert [(row["src"], row["dst"]) for row in inside.rows()] == [("a1", "a2"), ("b1", "b2")]


def test_a_pair_that_two_layers_join_is_one_edge_of_the_density(engine, table, clustering):
    inner = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        a1  | a2  | x     | 0.25
        a1  | a2  | y     | 0.75
        a2  | a3  | x     | 0.25
        """,
    )
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | platform
        a1      | post   | o      | 1        | one
        a2      | post   | o      | 1        | two
        a2      | post   | o      | 2        | two
        a2      | post   | o      | 3        | one
        a3      | post   | o      | 4        | two
        """,
    )

    facts = by_cluster(edge_facts(inner, clustering, platforms_of(interactions)))

    first = facts["a1"]
    assert (first["accounts"], first["edges"], first["density"]) == (3, 2, pytest.approx(2 / 3))
    assert first["layers"] == "y,x"
    assert first["cross_platform_edges"] == 1
    # Two accounts without an edge are still a cluster that one may ask about.
    assert (facts["b1"]["edges"], facts["b1"]["layers"]) == (0, "")


def test_a_pair_counts_once_against_chance_in_the_layer_in_which_it_surprises_most(
    engine, table, clustering
):
    inner = table(
        engine,
        EDGES,
        """
        src | dst | layer | objects | src_count | dst_count | expected | log10_p
        a1  | a2  | x     | 9       | 7         | 8         | 0.5      | -6
        a1  | a2  | y     | 5       | 5         | 5         | 0.125    | -7
        a1  | a3  | x     | 3       | 4         | 4         | 0.25     | -3
        a1  | a3  | z     | 1       | 1         | 1         | -        | -20
        a2  | a3  | z     | 1       | 1         | 1         | -        | -4
        b1  | b2  | z     | 1       | 1         | 1         | -        | -
        """,
    )
    platforms = engine.from_arrow(PLATFORMS.arrow.empty_table(), PLATFORMS)

    facts = by_cluster(edge_facts(inner, clustering, platforms))

    first, second = facts["a1"], facts["b1"]
    assert (first["seen"], first["expected"], first["typical"]) == (8, 0.375, -4)
    assert (second["seen"], second["expected"], second["typical"]) == (0, None, None)


def test_each_layer_keeps_so_many_objects_and_a_cluster_lists_the_first_of_all(engine, table):
    acts = table(
        engine,
        JOINT_ACTS,
        """
        cluster | layer | src | dst | action | object | src_at | dst_at
        a1      | x     | a1  | a2  | post   | o      | 1      | 1
        a1      | x     | a1  | a3  | post   | o      | 1      | 1
        a1      | x     | a1  | a2  | post   | p      | 1      | 1
        a1      | y     | a1  | a2  | post   | q      | 1      | 1
        a1      | y     | a1  | a2  | post   | r      | 1      | 1
        """,
    )
    nothing = table(engine, INTERACTIONS, "account | action | object | acted_at\nz | post | z | 1")

    of_layers = layer_objects(acts, nothing, most_per_layer=1)

    assert {(row["layer"], row["object"], row["place"]) for row in of_layers.rows()} == {
        ("x", "o", 1),
        ("y", "q", 3),
    }
    listed = cluster_objects(layer_objects(acts, nothing), most_per_cluster=2)
    assert {row["object"] for row in listed.rows()} == {"o", "p"}


def test_layers_of_one_weight_stand_by_name(engine, table, clustering):
    inner = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        b1  | b2  | y     | 0.5
        b1  | b2  | x     | 0.5
        """,
    )
    platforms = platforms_of(table(engine, INTERACTIONS, "account | acted_at"))

    assert by_cluster(edge_facts(inner, clustering, platforms))["b1"]["layers"] == "x,y"


def test_an_account_lives_where_it_acts_most_and_by_name_on_a_tie(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | object | acted_at | platform
        a1      | o      | 1        | two
        a1      | o      | 2        | two
        a1      | o      | 3        | one
        a2      | o      | 1        | two
        a2      | o      | 2        | one
        a3      | o      | 2        | -
        """,
    )

    assert {row["account"]: row["platform"] for row in platforms_of(interactions).rows()} == {
        "a1": "two",
        "a2": "one",
    }


ACTS = """
    account | action | object | acted_at
    a1      | post   | o      | 0
    a2      | post   | o      | 60000
    a3      | post   | o      | 120001
    a1      | post   | p      | 0
    a1      | post   | p      | 1
    a2      | like   | p      | 1
    b1      | post   | q      | 5
    b2      | post   | q      | 5
    c1      | post   | p      | 0
"""


def within_a_minute(engine, table, clustering, behind="src"):
    interactions = table(engine, INTERACTIONS, ACTS)
    return member_interactions(
        interactions, clustering, table(engine, JOINT_ACTS, behind), within_seconds=60
    )


def test_acts_are_joint_with_another_member_at_the_windows_end_and_no_later(
    engine, table, clustering
):
    acts = within_a_minute(engine, table, clustering)

    joint = {
        (row["account"], row["object"], row["acted_at"]) for row in acts.rows() if row["joint"]
    }
    # One's own repeats, another action and a stranger make nothing joint.
    assert joint == {("a1", "o", 0), ("a2", "o", 60_000), ("b1", "q", 5), ("b2", "q", 5)}
    assert acts.count() == 8


FOLLOWS = """
    account | action | object | acted_at | content
    a1      | follow | a2     | 5        | -
    a1      | follow | c1     | 5        | -
    a1      | follow | c2     | 6        | -
    a2      | follow | a1     | 9000000  | -
    a2      | say    | x      | 7        | post
    a3      | say    | y      | 8        | other
"""
BEHIND_FOLLOWS = """
    src | dst | layer | cluster | action | object | src_at | dst_at  | src_content | dst_content
    a1  | a2  | m     | a1      | follow | a2     | 5      | 9000000 | -           | -
    a2  | a3  | t     | a1      | say    | words  | 7      | 8       | post        | other
"""


@pytest.mark.parametrize(
    ("unnamed", "more"),
    [("moments", {("a1", "c1"), ("a2", "x"), ("a3", "y")}), ("rows", set())],
)
def test_acts_behind_an_edge_are_joint_though_each_is_on_something_else(
    engine, table, clustering, unnamed, more
):
    acts = member_interactions(
        table(engine, INTERACTIONS, FOLLOWS),
        clustering,
        table(engine, JOINT_ACTS, BEHIND_FOLLOWS),
        within_seconds=60,
        unnamed=unnamed,
    )

    joint = {(row["account"], row["object"]) for row in acts.rows() if row["joint"]}
    # Where times tell acts apart, what an account did at one time is one act.
    assert joint == {("a1", "a2"), ("a2", "a1")} | more
    assert acts.count() == 6


def test_the_joint_share_is_the_mean_over_members_not_over_acts(engine, table, clustering):
    acts = within_a_minute(engine, table, clustering)

    facts = by_cluster(act_facts(acts))

    assert facts["a1"]["joint_share"] == pytest.approx((1 / 3 + 1 / 2 + 0) / 3)
    assert facts["a1"]["joint_cells"] == 1
    assert (facts["a1"]["first_at"], facts["a1"]["last_at"]) == (0, 60_000)
    assert facts["b1"]["joint_share"] == 1


def test_joint_days_are_a_share_of_the_days_on_which_a_member_acts_at_all(
    engine, table, clustering
):
    day = 86_400_000
    rows = [("a1", 0, True), ("a1", 1, False), ("a1", day, False), ("a2", 2 * day - 1, True)]
    acts = table(
        engine,
        MEMBER_INTERACTIONS,
        "cluster | account | object | acted_at | joint\n"
        + "\n".join(f"a1 | {who} | o | {at} | {str(joint).lower()}" for who, at, joint in rows),
    )

    facts = by_cluster(act_facts(acts))

    assert facts["a1"]["joint_days"] == pytest.approx((1 / 2 + 1) / 2)


TOGETHER = """
    src | dst | layer | cluster | action | object_kind | object | src_at | dst_at
    a1  | a2  | x     | a1      | post   | link        | o      | 0      | 9000
    a1  | a2  | x     | a1      | post   | link        | o      | 7000   | 9000
    a1  | a2  | x     | a1      | post   | link        | p      | 4000   | 0
    a2  | a3  | x     | a1      | post   | link        | o      | 9000   | 10000
"""


def test_synchrony_is_the_median_of_each_edges_nearest_acts_on_each_object(engine, table):
    # a1-a2 on o: 2 s, on p: 4 s; a2-a3 on o: 1 s.
    assert (
        only(delay_facts(nearest_acts(table(engine, JOINT_ACTS, TOGETHER))))["delay_seconds"] == 2.0
    )


def test_a_quarter_of_the_delays_are_no_longer_than_the_low_one_and_three_quarters_than_the_high(
    engine, table
):
    rows = "\n".join(f"a{n} | b | x | a1 | post | link | o | 0 | {1000 * n}" for n in range(1, 9))
    columns = "src | dst | layer | cluster | action | object_kind | object | src_at | dst_at"

    acts = table(engine, JOINT_ACTS, f"{columns}\n{rows}")
    found = only(delay_facts(nearest_acts(acts)))

    assert (found["low_seconds"], found["delay_seconds"], found["high_seconds"]) == (2.0, 4.5, 6.0)


def test_shared_objects_are_counted_among_members_and_among_everybody(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object_kind | object | acted_at
        a1      | post   | link        | o      | 0
        a2      | post   | link        | o      | 9000
        a3      | post   | link        | o      | 10000
        c1      | like   | link        | o      | 5
        c1      | like   | tag         | p      | 5
        c2      | like   | tag         | p      | 5
        """,
    )

    acts = table(engine, JOINT_ACTS, TOGETHER)
    o, p = cluster_objects(layer_objects(acts, interactions)).rows()

    assert (o["object"], o["members"], o["population"], o["population_rate"]) == ("o", 3, 4, 0.8)
    # A tag of the same name is another thing: nobody else acted on the link p.
    assert (p["object"], p["members"], p["population"]) == ("p", 2, 2)
    assert o["interactions"] == 4


def test_exclusivity_is_a_median_and_popular_means_twenty_outsiders_a_member(engine, table):
    objects = table(
        engine,
        CLUSTER_OBJECTS,
        """
        cluster | object | members | population
        a1      | o      | 2       | 2
        a1      | p      | 2       | 8
        a1      | q      | 2       | 42
        a1      | r      | 2       | 41
        """,
    )

    facts = only(object_facts(objects))

    assert facts["objects"] == 4
    assert facts["popular_share"] == 0.25
    assert facts["exclusivity"] == pytest.approx((2 / 8 + 2 / 41) / 2)


def test_the_age_span_is_the_shortest_that_holds_half_of_the_members(engine, table, clustering):
    accounts = table(
        engine,
        ACCOUNTS,
        f"""
        account | created_at
        a1      | 0
        a2      | {100 * DAY}
        a3      | {103 * DAY}
        b1      | {7 * DAY}
        b2      | -
        """,
    )

    facts = by_cluster(age_facts(accounts, clustering))

    assert (facts["a1"]["dated"], facts["a1"]["half_days"]) == (3, 3.0)
    assert (facts["b1"]["dated"], facts["b1"]["half_days"]) == (1, 0.0)


def test_a_members_list_keeps_joint_acts_first_and_counts_the_rest(engine, table, clustering):
    acts = within_a_minute(engine, table, clustering)

    shown, left_out = bounded_acts(acts, most_per_member=2)

    kept = [(row["object"], row["acted_at"]) for row in shown.rows() if row["account"] == "a1"]
    assert kept == [("o", 0), ("p", 1)]
    row = only(left_out)
    assert (row["bound"], row["subject"], row["accounts"]) == ("member-interactions", "a1", 1)
    assert row["interactions"] == 3
    assert row["says"].endswith("leave out 1 others")
