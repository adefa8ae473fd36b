"""One network from interactions, by the house's definition or another tool's."""

from __future__ import annotations

import pytest

from builders.network import network
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS

WORLD = """
    account | action | object | acted_at | content
    A       | post   | o1     | 0        | a1
    B       | post   | o1     | 1000     | b1
    B       | post   | o1     | 2000     | b2
    C       | post   | o2     | 0        | c1
"""


def weights(graph):
    return {(row["src"], row["dst"]): row["weight"] for row in graph.edges.rows()}


def test_by_default_post_pairs_are_counted_and_nothing_is_filtered(engine, table):
    graph = network(table(engine, INTERACTIONS, WORLD), within_seconds=10)

    assert (weights(graph), graph.directed) == ({("A", "B"): 2}, False)


def test_as_coortweet_accounts_need_two_posts(engine, table):
    rows = table(engine, INTERACTIONS, WORLD)

    assert weights(network(rows, within_seconds=10, compat="coortweet")) == {}
    one = network(rows, within_seconds=10, compat="coortweet", min_participation=1)
    assert (weights(one), one.directed) == ({("A", "B"): 2}, False)
    heavier = {"min_participation": 1, "min_weight": 3}
    assert weights(network(rows, within_seconds=10, compat="coortweet", **heavier)) == {}


def test_as_cnt_each_direction_has_its_own_weight_and_threshold(engine, table):
    rows = table(engine, INTERACTIONS, WORLD)

    both = network(rows, within_seconds=10, compat="cnt")
    one = network(rows, within_seconds=10, compat="cnt", min_weight=2)

    assert (weights(both), both.directed) == ({("A", "B"): 1, ("B", "A"): 2}, True)
    assert weights(one) == {("B", "A"): 2}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"compat": "cnt", "within_seconds": None}, "`cnt` has no network without a window"),
        ({"compat": "cnt", "count": "posts"}, "`cnt` counts `own-posts`, not `posts`"),
        ({"compat": "cnt", "min_participation": 2}, "`cnt` has no least participation"),
        ({"compat": "coornet"}, "unknown tool `coornet`; there is `coortweet`, `cnt`"),
        ({"compat": "coortweet", "count": "objects"}, "`coortweet` counts `posts`"),
    ],
)
def test_what_a_tool_does_not_have_is_refused(engine, table, settings, says):
    rows = table(engine, INTERACTIONS, WORLD)

    with pytest.raises(ConfigError, match=says):
        network(rows, **{"within_seconds": 10, **settings})
