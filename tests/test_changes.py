"""What became of clusters from one run to the next, and two clusters side by side."""

from __future__ import annotations

import pytest

from graph.engines import open_engine
from graph.errors import ConfigError
from review.changes import changes_between
from review.compared import DAY_MS, compared
from review.run import open_run
from tests.web_consoles import START, publish

pytestmark = pytest.mark.local_only


def run_of(clusters, **more):
    """Rows of a run whose clusters are these names with these members; `~` before one is weak."""
    return {
        "clusters": [
            {"cluster": name, "place": place, "accounts": len(members), "says": f"{name} met"}
            for place, (name, members) in enumerate(clusters.items(), start=1)
        ],
        "members": [
            {
                "cluster": name,
                "account": account.lstrip("~"),
                "role": "weak" if account.startswith("~") else "core",
                "name": f"shown {account.lstrip('~')}",
            }
            for name, members in clusters.items()
            for account in members
        ],
        **more,
    }


MONDAY = {
    "a": ["a", "b", "c", "d"],
    "grows": ["e", "f", "g"],
    "parts": ["h", "i", "j", "k", "l", "m"],
    "one": ["n", "o", "p"],
    "two": ["q", "r", "s"],
    "lost": ["t", "u", "v"],
    "weak": ["w1", "w2", "~w3", "~w4"],
}
TUESDAY = {
    "a": ["a", "b", "c", "d"],
    "e": ["e", "f", "g", "x1", "x2"],
    "h": ["h", "i", "j"],
    "k": ["k", "l", "m"],
    "n": ["n", "o", "p", "q", "r", "s"],
    "w1": ["w1", "w2", "~w3", "~w4"],
    "y": ["y1", "y2", "y3"],
}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    acts = [
        {"cluster": "a", "account": "a", "object": "x", "acted_at": START + n * DAY_MS // 2}
        for n in range(4)
    ]
    shared = [
        {"cluster": "a", "layer": "links", "object_kind": "link", "object": f"x{n}", "members": 2}
        for n in range(3)
    ]
    publish(
        out, "monday", **run_of(MONDAY, member_interactions=acts[:2], cluster_objects=shared[:2])
    )
    publish(
        out,
        "tuesday",
        at=1,
        **run_of(TUESDAY, member_interactions=acts[1:], cluster_objects=shared[1:]),
    )
    return open_run(out, "monday"), open_run(out, "tuesday")


def test_clusters_are_new_continued_gone_split_and_merged(two):
    found = changes_between(*two)

    assert (found.before, found.after) == ("monday", "tuesday")
    # Two strong members are too few for a likeness; weak ones do not count.
    assert found.new_rows["cluster"].to_pylist() == ["w1", "y"]
    assert found.vanished_rows["cluster"].to_pylist() == ["lost", "weak"]
    assert (found.new, found.continued, found.vanished) == (2, 5, 2)
    assert (found.split, found.merged) == (1, 1)
    pairs = found.continued_rows.select(["before", "after", "shared"]).to_pylist()
    assert [tuple(row.values()) for row in pairs] == [
        ("a", "a", 4),
        ("grows", "e", 3),
        ("parts", "h", 3),
        ("parts", "k", 3),
        ("one", "n", 3),
        ("two", "n", 3),
    ]


def test_lists_are_bounded_and_numbers_are_not(two):
    found = changes_between(*two, limit=1)

    assert (found.new_rows.num_rows, found.vanished_rows.num_rows) == (1, 1)
    assert (found.new, found.vanished, found.continued_rows.num_rows) == (2, 2, 1)


def test_a_run_against_itself_has_nothing_new(two):
    found = changes_between(two[0], two[0])

    assert (found.new, found.vanished, found.split, found.merged) == (1, 1, 0, 0)
    assert found.new_rows["cluster"].to_pylist() == ["weak"]


def test_two_clusters_side_by_side_show_what_they_share(two):
    with open_engine("local", threads=1) as engine:
        found = compared((two[0], "a"), (two[1], "a"), engine=engine)

    assert (found.one["place"], found.other["accounts"]) == (1, 4)
    assert found.in_both(found.members, "role") == 4
    objects = found.objects.select(["object", "members_one", "members_other"]).to_pylist()
    assert [tuple(row.values()) for row in objects] == [("x1", 2, 2), ("x0", 2, 0), ("x2", 0, 2)]
    assert found.days.to_pylist() == [
        {"day": START, "acts_one": 2, "acts_other": 1},
        {"day": START + DAY_MS, "acts_one": 0, "acts_other": 2},
    ]
    assert (found.in_both(found.objects, "members"), found.in_both(found.days, "acts")) == (1, 1)


def test_members_of_both_come_first_then_those_of_the_first(two):
    found = compared((two[0], "grows"), (two[1], "e"))

    rows = found.members.select(["account", "role_one", "role_other"]).to_pylist()
    assert [row["account"] for row in rows] == ["e", "f", "g", "x1", "x2"]
    assert [row["role_one"] for row in rows] == ["core"] * 3 + [None] * 2


def test_a_cluster_that_a_run_has_not_is_named(two):
    with pytest.raises(ConfigError, match="run `tuesday` has no cluster `lost`"):
        compared((two[0], "a"), (two[1], "lost"))
