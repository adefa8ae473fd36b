"""Co-action: what is counted of a pair, and what its weight is."""

from __future__ import annotations

import pytest

from builders.coaction import coaction_graph, estimate_pairs
from graph.schemas import INTERACTIONS
from tests.co_actions import counts, edges


def test_every_count_of_a_pair_is_its_own(engine, table):
    # u acts twice and v three times on x, 1 s apart; once each on y a day later.
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | post   | x      | 0        | u1
        u       | post   | x      | 1000     | u2
        v       | post   | x      | 2000     | v1
        v       | post   | x      | 3000     | v2
        v       | post   | x      | 4000     | v3
        v       | post   | y      | 90000000 | v4
        u       | post   | y      | 90005000 | u3
        """,
    )

    found = coaction_graph(interactions, within_seconds=10, at_least=2)

    assert counts(found) == {("u", "v"): (3, 4, 2, 2, 7, 0, 90005000)}
    assert edges(found) == {("u", "v"): 2}
    assert (found.raw_pairs, found.interactions_used) == (7, 7)


def test_own_posts_follow_the_account_and_not_who_was_first(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        B       | post   | o1     | 0        | b1
        A       | post   | o1     | 5000     | a1
        B       | post   | o1     | 10000    | b2
        """,
    )

    found = coaction_graph(interactions, within_seconds=5, at_least=2, count="posts")

    assert counts(found)["A", "B"][:2] == (1, 2)


@pytest.mark.parametrize(
    ("count", "weight"), [("posts", 7), ("own-posts", 3), ("objects", 2), ("object-days", 3)]
)
def test_the_weight_is_the_chosen_count_and_the_threshold_is_on_it(engine, table, count, weight):
    # own-posts counts the side with fewer: u's 3, not v's 4.
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | post   | x      | 86399000 | u1
        u       | post   | x      | 86400000 | u2
        v       | post   | x      | 86401000 | v1
        v       | post   | x      | 86402000 | v2
        v       | post   | x      | 86403000 | v3
        v       | post   | y      | 90000000 | v4
        u       | post   | y      | 90005000 | u3
        """,
    )
    settings = {"within_seconds": 10, "count": count}

    assert edges(coaction_graph(interactions, at_least=weight, **settings)) == {("u", "v"): weight}
    assert edges(coaction_graph(interactions, at_least=weight + 1, **settings)) == {}


def test_one_post_that_names_two_objects_is_one_own_post(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | object_kind | acted_at | content
        u       | post   | #red   | hashtag     | 0        | u1
        u       | post   | #blue  | hashtag     | 0        | u1
        v       | post   | #red   | hashtag     | 1        | v1
        v       | post   | #blue  | hashtag     | 2        | v2
        """,
    )

    found = coaction_graph(interactions, within_seconds=1, at_least=1)

    assert counts(found)["u", "v"][:3] == (1, 2, 2)


def test_interactions_without_a_post_are_posts_of_their_own(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | like   | x      | 0        | -
        u       | like   | y      | 0        | -
        v       | like   | x      | 0        |
        v       | like   | y      | 0        |
        """,
    )

    found = coaction_graph(interactions, within_seconds=0, at_least=1)

    assert counts(found)["u", "v"][:5] == (2, 2, 2, 2, 2)


def test_what_an_account_did_at_one_time_is_one_post_where_moments_are_asked_for(engine, table):
    # At 0, u has two rows without a post, and one of a post that has a name.
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | like   | x      | 0        | -
        u       | like   | y      | 0        |
        u       | like   | z      | 5        | -
        u       | post   | t      | 0        | u1
        v       | like   | x      | 0        | -
        v       | like   | y      | 1        | -
        v       | like   | z      | 2        | -
        v       | post   | t      | 0        | v1
        """,
    )

    by_moments = coaction_graph(interactions, within_seconds=1, at_least=1, unnamed="moments")
    by_rows = coaction_graph(interactions, within_seconds=1, at_least=1)

    assert counts(by_moments)["u", "v"][:5] == (3, 4, 4, 4, 4)
    assert counts(by_rows)["u", "v"][:5] == (4, 4, 4, 4, 4)


def test_repeated_rows_count_as_post_pairs_and_once_as_own_posts(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        A       | post   | o1     | 0        | p1
        A       | post   | o1     | 0        | p1
        B       | post   | o1     | 5000     | p2
        """,
    )

    found = coaction_graph(interactions, within_seconds=10, at_least=1)

    assert counts(found) == {("A", "B"): (1, 1, 1, 1, 2, 0, 5000)}


def test_two_posts_on_one_object_are_one_object(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o      | 0
        B       | post   | o      | 0
        A       | post   | o      | 90000
        B       | post   | o      | 90000
        """,
    )

    assert edges(coaction_graph(interactions, within_seconds=10, at_least=2)) == {}
    days = {"count": "object-days", "at_least": 1}
    assert edges(coaction_graph(interactions, within_seconds=10, **days)) == {("A", "B"): 1}


def test_the_day_of_an_object_day_is_that_of_the_earlier_post_also_before_1970(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o      | -1
        B       | post   | o      | 0
        A       | post   | o      | 1
        """,
    )

    found = coaction_graph(interactions, within_seconds=1, at_least=1, count="object-days")

    assert edges(found) == {("A", "B"): 2}


def test_the_pairs_are_known_before_the_run(engine, table):
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at
        A       | post   | o1     | 0
        A       | post   | o1     | 1
        B       | post   | o1     | 2
        C       | post   | o1     | 20000
        """,
    )

    assert estimate_pairs(interactions, 10) == 2
    assert estimate_pairs(interactions, None) == 5
    assert coaction_graph(interactions, within_seconds=10, at_least=9).raw_pairs == 2


def test_contents_that_hash_alike_are_told_apart(engine, table, monkeypatch):
    # With a text's length for its hash, every content of the account collides.
    monkeypatch.setattr("graph.engines.coaction_whole._HASH", "cast(length(content) as ubigint)")
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | post   | x      | 0        | u1
        u       | post   | y      | 0        | u2
        v       | post   | x      | 0        | v1
        v       | post   | y      | 0        | v1
        """,
    )

    found = coaction_graph(interactions, within_seconds=0, at_least=1)

    assert counts(found)["u", "v"][:2] == (2, 1)


def test_moments_that_hash_alike_are_told_apart(engine, table, monkeypatch):
    monkeypatch.setattr("graph.engines.coaction_whole._HASH", "cast(length(content) as ubigint)")
    interactions = table(
        engine,
        INTERACTIONS,
        """
        account | action | object | acted_at | content
        u       | like   | x      | 10       | -
        u       | like   | y      | 20       | -
        u       | like   | z      | 20       | -
        v       | like   | x      | 10       | -
        v       | like   | y      | 10       | -
        v       | like   | z      | 10       | v1x
        """,
    )

    found = coaction_graph(interactions, within_seconds=1, at_least=1, unnamed="moments")

    assert counts(found)["u", "v"][:3] == (2, 2, 3)
