"""Accounts that post the same words, on whatever objects."""
# ruff: noqa: RUF001

import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders.text import copied_text_graph
from builders.text_acts import joint_text_acts
from graph.engines import open_engine
from graph.schemas import INTERACTIONS
from tests.text_worlds import HOUR_MS, a_world, one_cluster, pairs, plainly, posts

SPAM = "this new coin will make all of us rich"


def test_comments_copied_under_different_objects_join_their_authors(engine):
    interactions = posts(
        engine,
        [
            ("a1", 1, SPAM),
            ("a1", 2, f"@bob {SPAM.upper()}!!! https://t.co/1"),
            ("a2", 3, SPAM.replace("a", "а")),
            ("a2", 4, f"\u202e{SPAM} 🔥"),
            ("a3", 5, "what a lovely dog you have there my friend"),
            ("a3", 6, "what a lovely dog you have there my friend"),
        ],
    )

    found = pairs(copied_text_graph(interactions))

    edge = found.pop(("a1", "a2"))
    assert not found
    assert (edge["weight"], edge["objects"], edge["object_days"]) == (1, 1, 1)
    assert (edge["src_count"], edge["dst_count"], edge["post_pairs"]) == (2, 2, 4)
    assert (edge["first_at"], edge["last_at"]) == (1, 4)


def test_the_likeness_bound_is_inclusive(engine):
    interactions = posts(
        engine, [("a1", 0, "a b c d e f g h i"), ("a2", 0, "a b c d e f g h i j k l")]
    )

    assert pairs(copied_text_graph(interactions, likeness=0.75, at_least=1))
    assert not pairs(copied_text_graph(interactions, likeness=0.7501, at_least=1))


def test_a_window_apart_is_together_and_a_millisecond_more_is_not(engine):
    interactions = posts(engine, [("a1", 0, SPAM), ("a2", 60_000, SPAM), ("a3", 120_001, SPAM)])

    found = copied_text_graph(interactions, within_seconds=60, at_least=1)

    assert set(pairs(found)) == {("a1", "a2")}
    anytime = copied_text_graph(interactions, within_seconds=None, at_least=1)
    assert set(pairs(anytime)) == {("a1", "a2"), ("a1", "a3"), ("a2", "a3")}


def test_the_weight_is_distinct_own_texts_of_the_side_with_fewer(engine):
    other = "our leader keeps every promise he ever made"
    interactions = posts(
        engine,
        [
            ("a1", 1, SPAM),
            ("a1", 2, f"{SPAM} tomorrow"),
            ("a1", 3, other),
            ("a2", 4, SPAM),
            ("a2", 5, other),
        ],
    )

    (edge,) = pairs(copied_text_graph(interactions)).values()

    assert (edge["weight"], edge["objects"]) == (2, 2)
    assert (edge["src_count"], edge["dst_count"], edge["post_pairs"]) == (3, 2, 3)


def test_one_post_in_several_rows_is_one_post(engine):
    rows = [
        ("a1", 1, SPAM, {"content": "c1", "object": "#x"}),
        ("a1", 1, SPAM, {"content": "c1", "object": "#y"}),
        ("a2", 2, SPAM, {"content": None, "object": "#x"}),
        ("a2", 2, SPAM, {"content": None, "object": "#y"}),
    ]

    (edge,) = pairs(copied_text_graph(posts(engine, rows), at_least=1)).values()

    assert (edge["src_count"], edge["dst_count"], edge["post_pairs"]) == (1, 1, 1)
    assert not pairs(copied_text_graph(posts(engine, rows), at_least=2))


def test_greetings_join_nobody_and_are_counted(engine):
    interactions = posts(
        engine, [(f"a{n}", n, "happy birthday to you happy birthday") for n in range(4)]
    )

    found = copied_text_graph(interactions, at_least=1)

    assert not pairs(found)
    (bound,) = found.bounds.rows()
    assert (bound["bound"], bound["subject"]) == ("at-least-words", "1 texts")
    assert (bound["accounts"], bound["interactions"], bound["pairs_not_counted"]) == (4, 4, 6)


def test_a_viral_text_joins_nobody_and_is_counted(engine):
    interactions = posts(
        engine,
        [(f"a{n}", n, SPAM) for n in range(4)]
        + [
            ("a0", 9, "an entirely other text of the two"),
            ("a1", 9, "an entirely other text of the two"),
        ],
    )

    found = copied_text_graph(interactions, at_least=1, hub_accounts=3)

    assert set(pairs(found)) == {("a0", "a1")}
    (bound,) = found.bounds.rows()
    assert (bound["bound"], bound["subject"]) == ("hub-accounts", SPAM)
    assert (bound["accounts"], bound["interactions"], bound["pairs_not_counted"]) == (4, 4, 6)


def test_a_viral_text_is_viral_in_its_variants_together(engine):
    variants = [(f"a{n}", n, f"{SPAM} number {n}") for n in range(5)]

    found = copied_text_graph(posts(engine, variants), at_least=1, hub_accounts=4, likeness=0.7)

    assert not pairs(found)
    assert found.bounds.count() == 5


def test_variants_by_one_account_do_not_make_a_text_viral(engine):
    variants = [("a1", n, f"{SPAM} number {n}") for n in range(9)]

    found = copied_text_graph(
        posts(engine, [*variants, ("a2", 5, SPAM)]), at_least=1, hub_accounts=2, likeness=0.7
    )

    assert pairs(found)[("a1", "a2")]["src_count"] == 9


def test_reposts_are_no_copies_and_are_counted(engine):
    repost = {"action": "repost"}
    interactions = posts(engine, [("a1", 1, SPAM, repost), ("a2", 2, SPAM, repost)])

    found = copied_text_graph(interactions, at_least=1)

    assert not pairs(found)
    (bound,) = found.bounds.rows()
    assert (bound["bound"], bound["subject"]) == ("ignored-action", "repost")
    assert (bound["accounts"], bound["interactions"]) == (2, 2)


def test_chinese_copies_are_found_and_other_chinese_texts_are_not_alike(engine):
    copied, other = "这个新币会让我们所有人发财", "今天天气很好我们去公园散步"
    interactions = posts(
        engine,
        [("a1", 1, copied), ("a2", 2, f"{copied}！"), ("a3", 3, other), ("a4", 4, copied[::-1])],
    )

    assert set(pairs(copied_text_graph(interactions, at_least=1))) == {("a1", "a2")}


def test_hostile_texts_do_no_harm(engine):
    megabyte = "word " * 200_000
    hostile = [
        "",
        None,
        "\x00",
        "\u202e\u0301" * 1000,
        "🔥" * 5000,
        megabyte,
        "{edges} $layer ; drop table x -- '\" one two three four",
        "<script>alert(1)</script> =1+1 one two three four five",
    ]
    interactions = posts(
        engine, [(account, n, text) for n, text in enumerate(hostile) for account in ("a", "b")]
    )

    found = copied_text_graph(interactions, at_least=2)

    (edge,) = pairs(found).values()
    assert edge["src_count"] == edge["dst_count"] == 2
    assert all(len(row["object"]) <= 200 for row in found.texts.rows())


def test_without_texts_there_is_an_empty_graph(engine):
    found = copied_text_graph(posts(engine, [("a1", 0, None), ("a2", 0, "")]))

    assert (found.graph.edges.count(), found.bounds.count(), found.texts.count()) == (0, 0, 0)


def test_the_texts_that_join_have_readable_names_and_populations(engine):
    interactions = posts(
        engine,
        [
            ("a1", 1, "Привет всем кто читает этот пост"),
            ("a2", 2, "привет всем, кто читает этот пост!"),
            ("a2", 3, "привет всем, кто читает этот пост!"),
            ("a3", 4, "привет всем кто читает этот пост сегодня"),
        ],
    )

    texts = copied_text_graph(interactions, at_least=1).texts.rows()

    assert {t["object"] for t in texts} == {"привет всем, кто читает этот пост!"}
    assert sorted((t["posts"], t["accounts"], t["words"]) for t in texts) == [(1, 1, 7), (3, 2, 6)]
    assert {t["object_accounts"] for t in texts} == {3}


def test_the_posts_behind_an_edge_come_likest_and_nearest_first(engine):
    interactions = posts(
        engine, [("a1", 0, SPAM), ("a1", 50, f"{SPAM} now"), ("a2", 60, SPAM), ("a3", 70, SPAM)]
    )
    found = copied_text_graph(interactions, at_least=1)
    clustering = one_cluster(engine, "a1", "a2")

    def acts(**bound):
        shown = joint_text_acts(
            interactions, found.graph.edges, clustering, texts=found.texts, **bound
        ).rows()
        return [(a["src_content"], a["dst_content"], a["object"], a["object_kind"]) for a in shown]

    assert acts() == [("c0", "c2", SPAM, "text"), ("c1", "c2", SPAM, "text")]
    assert acts(at_most=1) == [("c0", "c2", SPAM, "text")]


def test_likeness_is_that_of_the_toolkits_similar_tweets(engine, shared):
    cases = json.loads(
        (shared / "conformance/coordination_network_toolkit/cnt_micro_cases.json").read_text()
    )
    case = cases["similar_jaccard"]
    rows = [dict(zip(case["columns"], row, strict=True)) for row in case["rows"]]
    interactions = posts(
        engine, [(row["user_id"], row["timestamp"] * 1000, row["message"]) for row in rows]
    )

    # 0.9 is the toolkit's bound when none is given; it keeps loops, which are no pairs here.
    found = copied_text_graph(
        interactions, likeness=0.9, within_seconds=case["time_window"], at_least=1
    )

    expected = case["expected_directed_edges_including_loops"]
    assert set(pairs(found)) == {(src, dst) for src, dst, _ in expected if src < dst}


def test_settings_beyond_sense_are_refused(engine):
    interactions = posts(engine, [])

    for setting, says in (
        ({"likeness": 0}, r"likeness is a share of words in \(0, 1\], not 0"),
        ({"likeness": 1.1}, r"likeness is a share"),
        ({"within_seconds": -1}, "within_seconds is a length of time, not -1"),
        ({"at_least": 0}, "at_least is a count from 1 up, not 0"),
        ({"at_least_words": 0}, "at_least_words is a count from 1 up, not 0"),
        ({"hub_accounts": 1}, "hub_accounts is a count from 2 up, not 1"),
    ):
        with pytest.raises(ValueError, match=says):
            copied_text_graph(interactions, **setting)


@pytest.mark.local_only
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 10_000),
    size=st.integers(0, 40),
    likeness=st.sampled_from([0.5, 0.55, 0.6, 0.8, 1.0]),
    at_least_words=st.integers(1, 4),
    within_ms=st.sampled_from([-1, 0, 5, HOUR_MS, 24 * HOUR_MS, 48 * HOUR_MS]),
    at_least=st.integers(1, 3),
    hub_accounts=st.sampled_from([2, 3, 100]),
)
def test_edges_and_acts_agree_with_comparing_every_pair_of_posts(
    engine, seed, size, likeness, at_least_words, within_ms, at_least, hub_accounts
):
    rows = a_world(seed, size)
    alike = {"likeness": likeness, "at_least_words": at_least_words}
    expected, viral = plainly(
        rows, **alike, within_ms=within_ms, at_least=at_least, hub_accounts=hub_accounts
    )
    alike["within_seconds"] = None if within_ms < 0 else within_ms / 1000
    interactions = posts(engine, rows)

    found = copied_text_graph(interactions, **alike, at_least=at_least, hub_accounts=hub_accounts)
    acts = joint_text_acts(
        interactions,
        found.graph.edges,
        one_cluster(engine, *(f"a{n}" for n in range(6))),
        texts=found.texts,
        at_most=10_000,
        **alike,
    )

    measured = {
        pair: {name: edge[name] for name in expected.get(pair, edge)}
        for pair, edge in pairs(found).items()
    }
    assert measured == expected
    bounded = [b["subject"] for b in found.bounds.rows() if b["bound"] == "hub-accounts"]
    assert set(bounded) == viral
    assert acts.count() == sum(edge["post_pairs"] for edge in expected.values())


def test_the_answer_depends_neither_on_row_order_nor_on_threads(engine, tmp_path):
    rows = a_world(17, 150)
    settings_of_it = {"likeness": 0.6, "at_least_words": 4, "hub_accounts": 6, "at_least": 1}

    def answers(on, order):
        held = posts(on, rows).arrow().take(order)
        found = copied_text_graph(on.from_arrow(held, INTERACTIONS), **settings_of_it)
        return [table.rows() for table in (found.graph.edges, found.bounds, found.texts)]

    shuffled = random.Random(1).sample(range(len(rows)), len(rows))
    with open_engine("local", threads=1, spill=tmp_path / "one") as single:
        assert answers(engine, list(range(len(rows)))) == answers(single, shuffled)
    assert answers(engine, shuffled)[0]
