"""The analyst's graph, and what other methods find in it."""

from __future__ import annotations

import math

import pytest

from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from jobs.evaluation.analyst import analyst_graph
from jobs.evaluation.baselines import BASELINES
from jobs.evaluation.fraudar import fraudar


@pytest.fixture
def interactions(engine, table):
    """`a1` and `a2` meet on three objects, `a3` on two; `p` is liked by five at other times."""
    return table(
        engine,
        INTERACTIONS,
        """
        account | action | object | object_kind | acted_at
        a1      | like   | p      | post        | 0
        a2      | like   | p      | post        | 600000
        a3      | like   | p      | post        | 600001
        b1      | like   | p      | post        | 9000000
        b2      | like   | p      | post        | 19000000
        a1      | like   | q      | post        | -1
        a2      | like   | q      | post        | -600001
        a1      | share  | r      | link        | 0
        a2      | share  | r      | link        | 0
        a1      | share  | r      | link        | 5
        a3      | like   | r      | link        | 0
        """,
    )


def test_an_edge_weighs_its_objects_by_how_few_accounts_they_have(interactions):
    [edge] = analyst_graph(interactions, within_seconds=600).edges.rows()

    assert (edge["src"], edge["dst"], edge["objects"]) == ("a1", "a2", 3)
    assert edge["weight"] == pytest.approx(1 / math.log(6) + 2 / math.log(3), abs=1e-9)


def test_a_millisecond_beyond_the_window_is_not_together(interactions):
    assert analyst_graph(interactions, within_seconds=599.999).edges.count() == 0


def test_a_window_below_nought_is_refused(interactions):
    with pytest.raises(ConfigError, match="a window is 0 seconds or more"):
        analyst_graph(interactions, within_seconds=-1)


@pytest.mark.local_only
@pytest.mark.parametrize("name", ["analyst-600s", "analyst-3600s", "label-propagation"])
def test_a_ring_of_four_is_found_and_its_one_time_guest_is_not(engine, table, name):
    rows = [
        f"m{n} | like | o{k} | post | {1000 * n + 10**7 * k}" for n in range(4) for k in range(3)
    ]
    rows.append("guest | like | o1 | post | 10000000")
    text = "account | action | object | object_kind | acted_at\n" + "\n".join(rows)

    found = BASELINES[name].find(table(engine, INTERACTIONS, text), 0)

    assert [sorted(cluster.members) for cluster in found.clusters] == [["m0", "m1", "m2", "m3"]]


@pytest.fixture
def two_blocks(engine, table):
    """Six accounts on five objects, and five others on four; everybody likes `news`."""
    rows = [f"a{n} | like | o{k} | post | {10**9 * n}" for n in range(6) for k in range(5)]
    rows += [f"b{n} | share | s{k} | link | 0" for n in range(5) for k in range(4)]
    rows += ["a0 | share | s0 | link | 0"]
    rows += [f"u{n} | like | news | post | {n}" for n in range(40)]
    rows += [f"a{n} | like | news | post | 0" for n in range(6)]
    return table(
        engine, INTERACTIONS, "\n".join(["account|action|object|object_kind|acted_at", *rows])
    )


def test_fraudar_gives_the_densest_block_first_at_whatever_times(two_blocks):
    found = BASELINES["fraudar"].find(two_blocks, 0)

    first, second = found.clusters[:2]
    assert first.members == ("a0", "a1", "a2", "a3", "a4", "a5")
    assert second.members == ("b0", "b1", "b2", "b3", "b4")
    assert found.flagged == found.clusters


def test_fraudar_counts_an_account_once(two_blocks):
    found = BASELINES["fraudar"].find(two_blocks, 0)

    named = [name for cluster in found.clusters for name in cluster.members]
    assert len(named) == len(set(named)) == len(found.flagged_accounts)


@pytest.mark.local_only
def test_fraudar_says_when_an_extract_is_too_large_for_it(two_blocks):
    assert fraudar(two_blocks, most_pairs=10) == (
        "97 pairs of an account and an object are more than 10"
    )
