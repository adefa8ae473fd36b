"""Co-action: who is together with whom, inside a window of time and without one."""

from __future__ import annotations

import pytest

from builders.coaction import CoactionBounds, coaction_graph, coaction_graphs
from graph.engine import Engine
from graph.engines import open_engine
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from tests.co_actions import counts, edges


def test_a_minute_apart_is_together_and_a_millisecond_more_is_not(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        a1      | post   | x/1    | 0
        a2      | post   | x/1    | 60000
        a3      | post   | x/1    | 120001
        """,
    )

    assert edges(coaction_graph(interactions, within_seconds=60, at_least=1)) == {("a1", "a2"): 1}


def test_a_pair_either_side_of_a_bin_edge_or_of_midnight_is_found(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        a1      | post   | x/1    | 59999
        a2      | post   | x/1    | 60000
        b1      | post   | x/2    | 86399999
        b2      | post   | x/2    | 86400000
        """,
    )

    found = coaction_graph(interactions, within_seconds=0.001, at_least=1)

    assert set(edges(found)) == {("a1", "a2"), ("b1", "b2")}


def test_posts_at_the_very_same_time_are_together_in_a_window_of_zero(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        C       | post   | o      | 5000
        A       | post   | o      | 5000
        B       | post   | o      | 5000
        D       | post   | o      | 5001
        """,
    )

    found = coaction_graph(interactions, within_seconds=0, at_least=1)

    assert set(edges(found)) == {("A", "B"), ("A", "C"), ("B", "C")}


def test_an_account_is_never_paired_with_itself(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o      | 0
        A       | post   | o      | 1
        A       | post   | o      | 2
        B       | post   | o      | 50000
        """,
    )

    found = coaction_graph(interactions, within_seconds=10, at_least=1)

    assert edges(found) == {}
    assert (found.raw_pairs, found.interactions_used) == (0, 0)


def test_an_empty_object_or_account_joins_nobody(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   |        | 0
        B       | post   |        | 0
                | post   | o      | 0
        C       | post   | o      | 0
        """,
    )

    assert edges(coaction_graph(interactions, within_seconds=10, at_least=1)) == {}


def test_another_action_or_another_kind_of_object_is_not_the_same_act(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | object_kind | acted_at
        A       | like   | 7      | post        | 0
        B       | repost | 7      | post        | 0
        C       | like   | 7      | page        | 0
        D       | like   | 7      | page        | 0
        """,
    )

    assert set(edges(coaction_graph(interactions, within_seconds=9, at_least=1))) == {("C", "D")}
    likes = coaction_graph(interactions, within_seconds=9, at_least=1, actions=("repost",))
    assert edges(likes) == {}
    posts = coaction_graph(interactions, within_seconds=9, at_least=1, object_kinds=("post",))
    assert edges(posts) == {}


def test_without_a_window_time_does_not_matter(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | follow | page   | -9000000000000000000
        B       | follow | page   | 9000000000000000000
        """,
    )

    found = coaction_graph(interactions, within_seconds=None, at_least=1)

    assert counts(found)["A", "B"][5:] == (-9000000000000000000, 9000000000000000000)


def test_edges_name_the_lesser_id_in_byte_order_first(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        é       | post   | o      | 0
        z       | post   | o      | 0
        Z       | post   | o      | 0
        007     | post   | o      | 0
        7       | post   | o      | 0
        """,
    )

    found = edges(coaction_graph(interactions, within_seconds=0, at_least=1))

    assert len(found) == 10
    assert all(src.encode() < dst.encode() for src, dst in found)


def test_accounts_that_took_part_too_seldom_are_left_out(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o1     | 0
        A       | post   | o2     | 0
        B       | post   | o1     | 0
        B       | post   | o3     | 0
        C       | post   | o1     | 0
        """,
    )

    found = coaction_graph(interactions, within_seconds=9, at_least=1, min_participation=2)

    assert set(edges(found)) == {("A", "B")}


def test_several_windows_from_one_pass_equal_runs_of_their_own(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o1     | 0
        B       | post   | o1     | 4000
        C       | post   | o1     | 30000
        A       | post   | o2     | 0
        B       | post   | o2     | 9000
        C       | post   | o2     | 8000000
        """,
    )
    windows = (60.0, 5.0, None)

    together = coaction_graphs(interactions, windows=windows, at_least=1)

    apart = [coaction_graph(interactions, within_seconds=w, at_least=1) for w in windows]
    assert [counts(one) for one in together] == [counts(one) for one in apart]
    assert [one.raw_pairs for one in together] == [one.raw_pairs for one in apart] == [4, 1, 6]


def test_no_interactions_give_a_graph_without_edges(engine, table):
    interactions = table(engine, INTERACTIONS, "account | action | object | acted_at")

    found = coaction_graph(interactions, within_seconds=60)

    assert (found.graph.edges.count(), found.bounds.count(), found.raw_pairs) == (0, 0, 0)
    assert coaction_graphs(interactions, windows=()) == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"within_seconds": -1}, "a window is 0 seconds or more, not -1"),
        ({"within_seconds": float("nan")}, "a window is 0 seconds or more, not nan"),
        ({"within_seconds": 1, "at_least": 0}, "`at_least` is 0"),
        ({"within_seconds": 1, "count": "likes"}, "`likes` cannot be counted; there is `posts`"),
        ({"within_seconds": 1, "min_participation": 0}, "`min_participation` is 0"),
        ({"within_seconds": 1, "unnamed": "days"}, "cannot be `days`; they are `rows`, `moments`"),
    ],
)
def test_a_setting_out_of_range_is_refused_in_words(engine, table, settings, says):
    interactions = table(engine, INTERACTIONS, "account | action | object | acted_at")

    with pytest.raises(ConfigError, match=says):
        coaction_graph(interactions, **settings)


def test_a_bound_below_one_is_refused():
    with pytest.raises(ConfigError, match="`raw_pairs` is 0; give 1 or more"):
        CoactionBounds(raw_pairs=0)


def test_one_processor_and_two_give_the_same_bytes(tmp_path, table):
    def written(threads: int) -> bytes:
        alone: Engine = open_engine("local", memory="1GB", threads=threads, spill=tmp_path)
        text = "\n".join(
            ["account | action | object | acted_at"]
            + [f"a{n * 7 % 13} | post | o{n * 5 % 11} | {n * 17 % 400}" for n in range(600)]
        )
        found = coaction_graph(table(alone, INTERACTIONS, text), within_seconds=0.1)
        found.graph.edges.write_parquet(tmp_path / f"{threads}.parquet")
        alone.close()
        return (tmp_path / f"{threads}.parquet").read_bytes()

    assert written(1) == written(2)
