"""One act that is told under several objects is one meeting of a cluster, on each engine."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.chance import clusters_against_chance, meetings_against_chance
from graph.engines.kernels.cells import SIZES
from graph.engines.kernels.one_act import meetings_of_acts, met_by_acts
from graph.model import Clustering, kernel
from graph.schemas import CLUSTERING, INTERACTIONS

HOUR = 3_600_000
TAGS = ("url/1", "tag/1", "tag/2", "tag/3")
FIVE = tuple(f"m{n}" for n in range(5))

acts_of_two_clusters = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 7), st.integers(0, 3)), max_size=40
)


def met(acts):
    """`seen` of accounts 0-2 (cluster 0) and 3-5 (cluster 1) that acted on cells by posts."""
    account, cell, post = np.array(acts, np.int64).reshape(-1, 3).T
    found = met_by_acts(account // 3, cell, account, post, sizes=SIZES)
    return meetings_of_acts(*found, sizes=SIZES, clusters=2)


def by_hand(acts, cluster, size):
    """The greatest number of meetings that distinct cells allow and acts can fill."""
    cells = defaultdict(set)
    for account, cell, post in acts:
        if account // 3 == cluster:
            cells[cell].add((account, post))
    large = {frozenset(told) for told in cells.values() if len({a for a, _ in told}) >= size}
    own = Counter(account for account, _ in set().union(*large))
    return max(
        most
        for most in range(len(large) + 1)
        if sum(min(n, most) for n in own.values()) >= size * most
    )


@given(acts=acts_of_two_clusters)
def test_as_many_meetings_as_distinct_cells_allow_and_acts_can_fill(acts):
    found = met(acts)
    for cluster in (0, 1):
        for column, size in enumerate(SIZES):
            assert found[cluster, column] == by_hand(acts, cluster, size)


@given(acts=acts_of_two_clusters)
def test_an_act_in_a_cell_of_its_own_is_counted_as_it_is(acts):
    """Where no post is told twice, meetings are cells of so many members."""
    own = [(account, cell, number) for number, (account, cell, _) in enumerate(acts)]
    found = met(own)
    for cluster in (0, 1):
        people = defaultdict(set)
        for account, cell, _ in own:
            if account // 3 == cluster:
                people[cell].add(account)
        for column, size in enumerate(SIZES):
            assert found[cluster, column] == sum(len(who) >= size for who in people.values())


@given(acts=acts_of_two_clusters)
def test_two_members_meet_as_often_as_an_edge_between_them_counts(acts):
    """The least of shared objects and of both sides' own posts on them."""
    two = [act for act in acts if act[0] < 2]
    posts = [
        {cell: {(a, p) for a, c, p in two if (a, c) == (n, cell)} for cell in range(8)}
        for n in (0, 1)
    ]
    shared = [cell for cell in range(8) if posts[0][cell] and posts[1][cell]]
    distinct = {frozenset(posts[0][cell] | posts[1][cell]) for cell in shared}
    own = [len(set().union(*(posts[n][cell] for cell in shared))) for n in (0, 1)]
    assert met(two)[0, 0] == min(len(distinct), *own)


def seen(engine, acts, unnamed="moments"):
    """Meetings of the members by their least size; acts are account, object, time, post."""
    crowd = [(f"u{n % 90:02}", f"o{n % 37}", n * 400_000, None) for n in range(900)]
    rows = [
        {
            "account": who,
            "action": "post",
            "object": what,
            "object_kind": "thing",
            "acted_at": when,
            "content": post,
        }
        for who, what, when, post in crowd + list(acts)
    ]
    interactions = engine.from_arrow(
        pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow), INTERACTIONS
    )
    who = sorted({row[0] for row in acts})
    members = engine.from_arrow(
        pa.table({"account": who, "cluster": ["m"] * len(who)}, schema=CLUSTERING.arrow),
        CLUSTERING,
    )
    found = kernel(members, "cluster-meetings")(
        members, interactions, width_ms=HOUR, least=1, unnamed=unnamed
    )
    return {row["size"]: row["seen"] for row in found.rows() if row["seen"]}


def test_one_post_of_four_objects_is_one_meeting(engine):
    acts = [(who, tag, 5 * HOUR + n, f"p{n}") for n, who in enumerate(FIVE) for tag in TAGS]
    assert seen(engine, acts) == {2: 1, 3: 1, 4: 1}


def test_what_an_account_did_at_one_time_is_one_meeting_where_no_content_tells_it_apart(engine):
    acts = [(who, tag, 5 * HOUR + n, None) for n, who in enumerate(FIVE) for tag in TAGS]
    assert seen(engine, acts) == {2: 1, 3: 1, 4: 1}
    assert seen(engine, acts, unnamed="rows") == {2: 4, 3: 4, 4: 4}


def test_a_post_for_each_object_is_a_meeting_for_each(engine):
    acts = [
        (who, tag, 5 * HOUR + place, f"{who}/{tag}")
        for who in FIVE
        for place, tag in enumerate(TAGS)
    ]
    assert seen(engine, acts) == {2: 4, 3: 4, 4: 4}


def test_ten_links_under_one_tag_are_ten_meetings_and_not_eleven(engine):
    acts = [
        (who, thing, 5 * HOUR + n, f"{who}/{n}")
        for who in FIVE[:4]
        for n in range(10)
        for thing in (f"url/{n}", "tag/all")
    ]
    assert seen(engine, acts) == {2: 11, 3: 11, 4: 10}


def test_one_post_of_many_objects_meets_as_often_as_it_was_written(engine):
    """One member's single post has every tag; the other has a post for each."""
    once = [("m0", f"tag/{n}", 5 * HOUR, "all") for n in range(12)]
    often = [("m1", f"tag/{n}", 5 * HOUR + n, f"p{n}") for n in range(12)]
    assert seen(engine, once + often) == {2: 1}


def test_posts_of_overlapping_tags_do_not_make_a_meeting_for_each_pair_of_them(engine):
    tags = {"m0": "abc", "m1": "abd", "m2": "acd"}
    acts = [(who, f"tag/{tag}", 5 * HOUR, None) for who, own in tags.items() for tag in own]
    assert seen(engine, acts) == {2: 1, 3: 1}


def test_a_group_that_posts_once_is_no_surprise_however_many_tags_it_uses(engine):
    rng = np.random.default_rng(3)
    crowd = [
        (f"u{a:03}", f"o{o}", int(t))
        for a, o, t in zip(
            rng.integers(0, 200, 4000),
            rng.integers(0, 150, 4000),
            rng.integers(0, 96 * HOUR, 4000),
            strict=True,
        )
    ]
    tags = [(f"m{n}", f"tag/{tag}", 5 * HOUR + n) for n in range(3) for tag in range(20)]
    often = [(f"r{n}", f"x{day}", day * 4 * HOUR + n) for n in range(3) for day in range(20)]
    rows = [
        {"account": who, "action": "post", "object": what, "object_kind": "thing", "acted_at": when}
        for who, what, when in crowd + tags + often
    ]
    interactions = engine.from_arrow(
        pa.Table.from_pylist(rows, schema=INTERACTIONS.arrow), INTERACTIONS
    )
    names = [f"{kind}{n}" for kind in "mr" for n in range(3)]
    groups = pa.table(
        {"account": names, "cluster": [name[0] for name in names]}, schema=CLUSTERING.arrow
    )
    clustering = Clustering(engine.from_arrow(groups, CLUSTERING), method="by hand")

    found = {
        row["cluster"]: row for row in meetings_against_chance(clustering, interactions).rows()
    }
    after = {
        row["cluster"]: row for row in clusters_against_chance(clustering, interactions).rows()
    }

    assert (found["m"]["meetings"], found["r"]["meetings"]) == (1, 20)
    assert found["m"]["log10_p"] > -5
    assert after["m"]["log10_p"] == 0
    assert after["r"]["log10_p"] < -20


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_acts_are_told_together_alike_on_both_engines(engine, tmp_path):
    from graph.engines import open_engine

    rng = np.random.default_rng(9)
    acts = [
        (f"m{a}", f"t{o}", int(t) * 60_000, None if p == 0 else "" if p == 1 else f"p{p}")
        for a, o, t, p in zip(
            rng.integers(0, 12, 600),
            rng.integers(0, 25, 600),
            rng.integers(-200, 200, 600),
            rng.integers(0, 9, 600),
            strict=True,
        )
    ]
    local = open_engine("local", memory="1GB", threads=2, spill=tmp_path / "local")
    try:
        for unnamed in ("moments", "rows"):
            assert seen(engine, acts, unnamed) == seen(local, acts, unnamed)
    finally:
        local.close()
