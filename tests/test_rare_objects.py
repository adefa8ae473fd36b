"""Accounts that keep meeting on little-known things, whatever they do there."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from builders.joint_acts import joint_acts
from builders.rare_objects import WHATEVER, mixes_actions, on_rare_objects, with_rarity
from graph.model import Clustering
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS
from jobs.detector import World
from jobs.detectors.rare_objects import RARE_OBJECTS, RareObjects

DAY = 86_400_000
MIXED = """
    account | action  | object | acted_at
    a       | like    | both   | 1
    b       | comment | both   | 2
    a       | like    | talked | 3
    b       | like    | talked | 4
    c       | comment | talked | 5
    d       | comment | talked | 6
    a       | like    | alone  | 7
    a       | comment | alone  | 8
"""


def told(found):
    return sorted((row["object"], row["account"], row["action"]) for row in found.rows())


def test_who_likes_and_who_comments_are_counted_together_where_actions_are_not_told_apart(
    engine, table
):
    acts = table(engine, INTERACTIONS, MIXED)

    found = rare(acts, 2, rarity="whatever action")

    assert told(found) == [("both", "a", WHATEVER), ("both", "b", WHATEVER)]


def test_what_is_rare_one_way_or_the_other_keeps_its_action(engine, table):
    acts = table(engine, INTERACTIONS, MIXED)

    found = rare(acts, 2, rarity="either")

    assert told(found) == [
        ("both", "a", "like"),
        ("both", "b", "comment"),
        ("talked", "a", "like"),
        ("talked", "b", "like"),
        ("talked", "c", "comment"),
        ("talked", "d", "comment"),
    ]


def rare(acts, most, **settings):
    """Of the rows that are rare for more accounts than these, those that are so for these."""
    found = with_rarity(acts, at_most_accounts=most + 3)
    return on_rare_objects(found, acts.schema, at_most_accounts=most, **settings)


@pytest.mark.parametrize(
    ("rows", "mixed"),
    [
        ("a | like | o | 1\nb | comment | o | 2", True),
        ("a | like | o | 1\nb | comment | p | 2", False),
        ("a | like |  | 1\nb | comment |  | 2", False),
    ],
)
def test_actions_are_mixed_where_one_thing_is_acted_on_in_two_ways(engine, table, rows, mixed):
    acts = table(engine, INTERACTIONS, "account | action | object | acted_at\n" + rows)

    assert mixes_actions(acts) is mixed


def test_two_different_acts_that_join_name_both(engine, table):
    acts = table(engine, INTERACTIONS, MIXED)
    edges = table(engine, EDGES, "src | dst | layer\na | b | rare-objects")
    members = table(engine, CLUSTERING, "account | cluster\na | a\nb | a")

    apart = joint_acts(acts, edges, members, within_seconds=None).acts
    mixed = joint_acts(acts, edges, members, within_seconds=None, whatever_action=True).acts

    assert [(r["action"], r["object"]) for r in apart.rows()] == [("like", "talked")]
    assert sorted((r["action"], r["object"]) for r in mixed.rows()) == [
        ("comment / like", "both"),
        ("like", "talked"),
    ]


def crowd(toss, *, accounts, things, acts):
    """People who do this and that with what they come across."""
    return [
        (
            f"p{toss.randrange(accounts):04}",
            toss.choice(["like", "comment", "share"]),
            f"t{toss.randrange(things):04}",
            toss.randrange(14 * DAY),
        )
        for _ in range(acts)
    ]


def pod(toss, *, members, posts, share, actions):
    """A ring that comes to its posts at its leisure, each member in whatever way."""
    return [
        (f"ring{n:03}", toss.choice(actions), f"post{post}", toss.randrange(14 * DAY))
        for post in range(posts)
        for n in range(members)
        if toss.random() < share
    ]


def world(engine, acts):
    """A world of such acts."""
    rows = [
        {"account": who, "action": how, "object": what, "object_kind": "post", "acted_at": at}
        for who, how, what, at in acts
    ]
    table = pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow)
    return World(engine.from_arrow(table, INTERACTIONS))


def met(layer):
    """Members that the layer joins to another, and edges to anybody else."""
    edges = layer.graph.edges.rows()
    inside = [(r["src"], r["dst"]) for r in edges if "ring" in r["src"] and "ring" in r["dst"]]
    return {account for pair in inside for account in pair}, len(edges) - len(inside)


def test_a_pod_whose_members_like_share_or_comment_at_will_is_joined(engine):
    toss = random.Random(5)
    acts = pod(toss, members=8, posts=11, share=0.55, actions=["like", "comment", "share"])
    of = world(engine, acts + crowd(toss, accounts=300, things=900, acts=2500))

    apart, _ = met(RARE_OBJECTS.draw(of, RareObjects(whatever_action=())))
    joined, others = met(RARE_OBJECTS.draw(of, RareObjects()))

    assert len(joined) == 8
    assert len(apart) < 8
    assert others == 0


@pytest.mark.slow_on_spark
def test_a_ring_that_is_its_own_crowd_is_joined(engine):
    toss = random.Random(6)
    acts = pod(toss, members=60, posts=9, share=0.9, actions=["like"])
    of = world(engine, acts + crowd(toss, accounts=300, things=900, acts=2500))

    small, _ = met(
        RARE_OBJECTS.draw(of, RareObjects(at_most_accounts=(10, 25, 40), whatever_action=()))
    )
    joined, others = met(RARE_OBJECTS.draw(of, RareObjects()))

    assert len(joined) == 60
    assert (small, others) == (set(), 0)


@pytest.mark.slow_on_spark
def test_where_nothing_is_acted_on_in_two_ways_no_look_is_paid_for_in_vain(engine):
    toss = random.Random(7)
    acts = crowd(toss, accounts=60, things=50, acts=400)
    likes = [(who, "like", what, at) for who, _, what, at in acts]

    layer = RARE_OBJECTS.draw(world(engine, likes), RareObjects())

    assert not [name for name in layer.facts if "whatever action" in name]
    assert [name for name in layer.facts if name.startswith("observed")] == [
        f"observed on objects of {most}" for most in (10, 25, 40, 160)
    ]


@pytest.mark.slow_on_spark
def test_the_acts_behind_a_pods_edges_are_told_whatever_they_were(engine, table):
    toss = random.Random(5)
    acts = pod(toss, members=8, posts=11, share=0.55, actions=["like", "comment", "share"])
    of = world(engine, acts + crowd(toss, accounts=300, things=900, acts=2500))
    layer = RARE_OBJECTS.draw(of, RareObjects())
    rows = "\n".join(f"ring{n:03} | ring000" for n in range(8))
    members = Clustering(table(engine, CLUSTERING, "account | cluster\n" + rows), "by hand")

    found, left_out = RARE_OBJECTS.acts(of, RareObjects(), layer, members)

    behind = found.rows()
    edges = {(row["src"], row["dst"]): row["objects"] for row in layer.graph.edges.rows()}
    assert left_out == 0
    assert {(row["src"], row["dst"]) for row in behind} == set(edges)
    assert any(" / " in row["action"] for row in behind)
    for pair, objects in edges.items():
        seen = {row["object"] for row in behind if (row["src"], row["dst"]) == pair}
        assert len(seen) >= objects
