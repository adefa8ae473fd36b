"""The Coordination Network Toolkit's own answers, reproduced, for its release and its head."""

from __future__ import annotations

import csv
import itertools
import json
import random

import pyarrow as pa
import pytest

from builders.cnt import CNT_MESSAGES, cnt_network
from builders.cnt_text import similar_pairs, word_set
from graph.engines import open_engine
from graph.errors import ConfigError, NotOnThisEngine

MICRO = (
    "retweet_boundary",
    "retweet_multipost",
    "retweet_self",
    "retweet_mew2_asym",
    "retweet_dupmsg",
    "link_repost_ignored",
    "link_two_urls_one_message",
    "reply_same_parent",
    "reply_repost_ignored",
    "tweet_case_mentions_space",
    "tweet_empty_after_mentions",
    "post_any",
    "similar_jaccard",
)
FILES = {"1.5.2": "", "head": "_head"}


def messages(engine, rows):
    """The toolkit's eight columns as a table; its links are a list."""
    columns = {
        "message": [row[0] for row in rows],
        "account": [row[1] for row in rows],
        "repost": [row[3] for row in rows],
        "reply": [row[4] for row in rows],
        "text": [row[5] for row in rows],
        "acted_at": [int(row[6]) * 1000 for row in rows],
        "urls": [" ".join(row[7]) for row in rows],
    }
    return engine.from_arrow(pa.table(columns, schema=CNT_MESSAGES.arrow), CNT_MESSAGES)


def weights(edges):
    return {(row["src"], row["dst"], row["weight"]) for row in edges.rows()}


def told(expected):
    return {tuple(edge) for edge in expected}


@pytest.fixture
def answers(shared):
    return shared / "conformance" / "coordination_network_toolkit"


@pytest.mark.local_only
@pytest.mark.parametrize("release", FILES)
@pytest.mark.parametrize("name", MICRO)
def test_each_small_case_gives_the_edges_of_the_toolkit(engine, answers, name, release):
    case = json.loads((answers / f"cnt_micro_cases{FILES[release]}.json").read_text())[name]

    edges = cnt_network(
        messages(engine, case["rows"]),
        network=case["network"],
        within_seconds=case["time_window"],
        min_edge_weight=case["min_edge_weight"],
        loops=True,
        release=release,
    )

    assert weights(edges) == told(case["expected_directed_edges_including_loops"])


@pytest.mark.parametrize(
    "name", ["link_two_urls_one_message", "tweet_case_mentions_space", "retweet_multipost"]
)
def test_cases_of_links_texts_and_reposts_are_those_of_the_toolkit_on_every_engine(
    engine, answers, name
):
    case = json.loads((answers / "cnt_micro_cases_head.json").read_text())[name]

    edges = cnt_network(
        messages(engine, case["rows"]),
        network=case["network"],
        within_seconds=case["time_window"],
        min_edge_weight=case["min_edge_weight"],
        loops=True,
    )

    assert weights(edges) == told(case["expected_directed_edges_including_loops"])


@pytest.mark.spark
def test_similar_tweets_are_refused_where_posts_may_be_too_many(tmp_path, spark_in_tests):
    with (
        open_engine("spark", threads=2, spill=tmp_path, spark=spark_in_tests) as engine,
        pytest.raises(NotOnThisEngine, match="does not run on the spark engine"),
    ):
        cnt_network(messages(engine, []), network="co_similar_tweet", within_seconds=1)


def test_every_small_case_is_tried(answers):
    cases = json.loads((answers / "cnt_micro_cases.json").read_text())

    assert set(cases) == {*MICRO, "link_empty_url_field"}


def test_an_empty_field_of_links_joins_nobody_where_the_toolkit_joins_all(engine, answers):
    # The toolkit reads an empty field as one link, "", that all such messages share.
    case = json.loads((answers / "cnt_micro_cases_head.json").read_text())["link_empty_url_field"]
    assert told(case["expected_directed_edges_including_loops"]) == {("A", "B", 1), ("B", "A", 1)}

    edges = cnt_network(
        messages(engine, case["rows"]),
        network="co_link",
        within_seconds=10,
        min_edge_weight=1,
        loops=True,
    )

    assert edges.count() == 0


@pytest.mark.local_only
@pytest.mark.parametrize("release", FILES)
@pytest.mark.parametrize("number", range(6))
def test_the_toolkits_own_test_file_gives_its_edges(engine, answers, number, release):
    with (answers / "cnt_coretweet_test_input.csv").open(encoding="utf-8-sig") as lines:
        rows = [
            (*(row[name] or None for name in reader.fieldnames[:7]), row["urls"].split())
            for reader in [csv.DictReader(lines)]
            for row in reader
        ]
    expected = json.loads(
        (answers / f"cnt_coretweet_test_expected{FILES[release]}.json").read_text()
    )[number]

    edges = cnt_network(
        messages(engine, rows),
        network="co_retweet",
        within_seconds=expected["time_window"],
        min_edge_weight=expected["min_edge_weight"],
        loops=expected["loops"],
        release=release,
    )

    assert weights(edges) == told(expected["edges"])


def test_a_message_id_counts_once_and_the_earliest_row_wins(engine, table):
    rows = table(
        engine,
        CNT_MESSAGES,
        """
        message | account | repost | acted_at
        p1      | A       | o1     | 90000
        p1      | A       | o1     | 0
        p2      | B       | o1     | 90000
        """,
    )

    edges = cnt_network(rows, network="co_retweet", within_seconds=1, min_edge_weight=1)

    assert edges.count() == 0


def test_the_other_counts_of_a_directed_edge_are_right(engine, table):
    rows = table(
        engine,
        CNT_MESSAGES,
        """
        message | account | repost | acted_at
        a1      | A       | o1     | 1000
        b1      | B       | o1     | 0
        b2      | B       | o1     | 2000
        a2      | A       | o2     | 86400000
        b3      | B       | o2     | 86400000
        """,
    )

    edges = cnt_network(rows, network="co_retweet", within_seconds=1, min_edge_weight=1)

    names = ("src_count", "dst_count", "objects", "object_days", "post_pairs", "first_at")
    counts = {row["src"]: tuple(row[name] for name in names) for row in edges.rows()}
    assert counts == {"A": (2, 3, 2, 2, 3, 0), "B": (3, 2, 2, 2, 3, 0)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, world", {"hello", ",", "world"}),
        ("it's 'orange'", {"it's", "orange"}),
        ("a.b 3.14 1,000 e_f don\u2019t", {"a.b", "3.14", "1,000", "e_f", "don\u2019t"}),
        ("日本語 カタカナ", {"日", "本", "語", "カタカナ"}),
        ("नमस्ते दुनिया", {"नमस्ते", "दुनिया"}),
        ("#tag @who https://t.co/aB1", {"#", "tag", "https", ":", "/", "t.co", "ab1"}),
        ("👍🏽 🇩🇪", {"👍🏽", "🇩🇪"}),
    ],
)
def test_texts_are_cut_into_words_as_the_toolkit_cuts_them(text, words):
    # The expected sets are those of the toolkit's own tokenizer.
    assert word_set(text) == words


@pytest.mark.parametrize("at_least", [0.3, 0.5, 0.8, 0.9, 1.0])
def test_the_filter_for_similar_texts_loses_none(at_least):
    dice = random.Random(3)
    texts = [" ".join(dice.choices("abcdefgh", k=dice.randint(0, 9))) for _ in range(200)]
    times = sorted(dice.randrange(0, 2_000) for _ in texts)

    found = similar_pairs(texts, times, within_ms=300, at_least=at_least, min_words=2, itself=False)

    sets = [frozenset(text.split()) for text in texts]
    expected = {
        (a, b)
        for a, b in itertools.permutations(range(len(texts)), 2)
        if min(len(sets[a]), len(sets[b])) >= 2
        and abs(times[a] - times[b]) <= 300
        and len(sets[a] & sets[b]) / len(sets[a] | sets[b]) >= at_least
    }
    assert len(found) == len(set(found))
    assert set(found) == expected != set()


@pytest.mark.local_only
def test_an_unknown_network_or_similarity_is_refused(engine, table):
    rows = table(engine, CNT_MESSAGES, "message | account | acted_at")

    with pytest.raises(ConfigError, match="there is no network `co_like`; there is `co_retweet`"):
        cnt_network(rows, network="co_like", within_seconds=1)
    with pytest.raises(ConfigError, match="a similarity is above 0 and at most 1, not 80"):
        cnt_network(rows, network="co_similar_tweet", within_seconds=1, similarity=80)
