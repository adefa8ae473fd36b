"""Two layers made from the same acts are one way of being joined."""

from __future__ import annotations

import pytest

from algorithms.ways import LAYERS_INSIDE, WHOLE, joined_by, layers_inside, ways
from graph.model import Clustering
from graph.schemas import CLUSTERING, EDGES, JOINT_ACTS

FAMILIES = {
    "mutual-ring": "social",
    "rare-objects": "time-object",
    "shared-objects": "time-object",
    "copied-text": "text",
    "swarm": "cohort",
}


def of(engine, table, layers, acts, *, unnamed="moments"):
    """`{left_out: ways}` of cluster `a`, whose layers stand in the order given."""
    header = "cluster | layer | place | alone"
    rows = "\n".join(f"a | {layer} | {place} | 0" for place, layer in enumerate(layers, start=1))
    inside = table(engine, LAYERS_INSIDE, f"{header}\n{rows}")
    header = "layer | src | dst | action | object | src_content | dst_content | src_at | dst_at"
    columns = f"cluster | {header}"
    rows = "\n".join(f"a | {act}" for act in acts)
    joint = table(engine, JOINT_ACTS, f"{columns}\n{rows}")
    found = ways(inside, joint, families=FAMILIES, unnamed=unnamed)
    return {row["left_out"]: row["ways"] for row in found.rows()}


FOLLOWING = [
    # Each of three follows the two others; whom two of them follow they have in common.
    "mutual-ring  | a | b | follow | b | - | - | 1 | 1",
    "mutual-ring  | a | c | follow | c | - | - | 1 | 1",
    "mutual-ring  | b | c | follow | c | - | - | 1 | 1",
    "rare-objects | a | b | follow | c | - | - | 1 | 1",
    "rare-objects | a | c | follow | b | - | - | 1 | 1",
    "rare-objects | b | c | follow | a | - | - | 1 | 1",
]


@pytest.mark.parametrize("stronger", ["mutual-ring", "rare-objects"])
def test_a_circle_that_follows_itself_is_joined_in_one_way(engine, table, stronger):
    layers = [stronger, *({"mutual-ring", "rare-objects"} - {stronger})]

    assert of(engine, table, layers, FOLLOWING, unnamed="rows")[WHOLE] == 1


def test_a_circle_that_follows_other_people_too_is_joined_in_two(engine, table):
    others = [f"rare-objects | a | b | follow | idol{n} | - | - | 1 | 1" for n in range(3)]

    found = of(engine, table, ["mutual-ring", "rare-objects"], FOLLOWING + others, unnamed="rows")

    # Of twelve follows behind `rare-objects`, six are those of the circle: not more than half.
    assert found[WHOLE] == 1
    more = [*others, "rare-objects | a | c | follow | idol9 | - | - | 1 | 1"]
    found = of(engine, table, ["mutual-ring", "rare-objects"], FOLLOWING + more, unnamed="rows")
    assert found == {WHOLE: 2, "mutual-ring": 1, "rare-objects": 1}


def test_one_act_under_two_objects_is_one_act(engine, table):
    acts = [
        "shared-objects | a | b | post | link | p1 | p2 | 1 | 2",
        "rare-objects   | a | b | post | tag  | p1 | p2 | 1 | 2",
    ]

    assert of(engine, table, ["shared-objects", "rare-objects"], acts)[WHOLE] == 1
    elsewhere = [*acts[:1], "rare-objects | a | b | post | tag | p3 | p4 | 1 | 2"]
    assert of(engine, table, ["shared-objects", "rare-objects"], elsewhere)[WHOLE] == 2


def test_words_and_creation_times_are_ways_of_their_own_on_the_same_acts(engine, table):
    acts = [
        f"{layer} | a | b | post | x | - | - | 1 | 2"
        for layer in ("shared-objects", "rare-objects", "copied-text", "swarm")
    ]

    found = of(engine, table, ["shared-objects", "rare-objects", "copied-text", "swarm"], acts)

    assert found[WHOLE] == 3
    # Without the stronger of two on the same acts, the other takes its place.
    assert found["shared-objects"] == found["rare-objects"] == 3
    assert found["copied-text"] == found["swarm"] == 2


def test_a_layer_without_acts_repeats_others_but_what_is_joined_is_joined_once(engine, table):
    acts = ["shared-objects | a | b | post | x | - | - | 1 | 2"]

    assert of(engine, table, ["shared-objects", "seeded"], acts) == {
        WHOLE: 1,
        "shared-objects": 1,
        "seeded": 1,
    }


def test_layers_stand_by_weight_and_then_by_name_with_the_pairs_that_no_other_joins(engine, table):
    members = table(
        engine, CLUSTERING, "account | cluster\n" + "\n".join(f"{a} | a" for a in "abcd")
    )
    inner = table(
        engine,
        EDGES,
        """
        src | dst | layer | weight
        a   | b   | y     | 0.25
        a   | b   | x     | 0.25
        a   | c   | y     | 0.25
        b   | c   | x     | 0.25
        c   | d   | z     | 0.75
        """,
    )

    found = layers_inside(inner, Clustering(members, method="by hand")).rows()

    assert sorted((row["place"], row["layer"], row["alone"]) for row in found) == [
        (1, "z", 1),
        (2, "x", 1),
        (3, "y", 1),
    ]


@pytest.fixture
def joined(engine, table):
    """By which layers a cluster is joined, each of them joining the members of its pairs."""

    def joined(accounts, **layers):
        members = "\n".join(f"m{n:02} | m00" for n in range(accounts))
        rows = "\n".join(
            f"m{a:02} | m{b:02} | {layer} | {weight}"
            for layer, (weight, pairs) in layers.items()
            for a, b in pairs
        )
        inner = table(engine, EDGES, f"src | dst | layer | weight\n{rows}")
        clustering = Clustering(
            table(engine, CLUSTERING, f"account | cluster\n{members}"), method="by hand"
        )
        [row] = joined_by(layers_inside(inner, clustering)).rows()
        return row["joined_by"]

    return joined


CHAIN = [(n, n + 1) for n in range(9)]


def test_two_friends_of_ten_are_a_fifth_and_count_and_two_of_eleven_do_not(joined):
    assert joined(10, links=(0.2, CHAIN), friends=(1.0, [(3, 4)])) == "links,friends"
    assert joined(11, links=(0.2, CHAIN), friends=(1.0, [(3, 4)])) == "links"


def test_where_no_layer_joins_a_fifth_each_counts(joined):
    assert joined(11, links=(0.9, [(0, 1)]), friends=(0.1, [(2, 3)])) == "links,friends"
