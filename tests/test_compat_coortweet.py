"""CooRTweet's own answers, reproduced; where it strays from its definition, ours does not."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from builders.coortweet import coortweet_network
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS

CASES = {
    "boundary": (10, 1),
    "multipost": (10, 1),
    "selfpair": (10, 1),
    "dupcontent": (10, 1),
    "objectiscontent": (10, 1),
    "minpart_or": (10, 2),
    "tie": (0, 1),
    "order_desc": (10, 1),
    "percentile": (10, 1),
    "symmetry_bug": (10, 1),
}
PAIR = ("object_id", "account_id", "content_id", "account_id_y", "content_id_y")


def interactions(engine, objects, accounts, contents, seconds):
    rows = len(objects)
    given = {
        "account": accounts,
        "object": objects,
        "content": contents,
        "acted_at": [int(second) * 1000 for second in seconds],
        "action": ["post"] * rows,
        "object_kind": ["object"] * rows,
    }
    full = {name: given.get(name, [None] * rows) for name in INTERACTIONS.names}
    return engine.from_arrow(pa.table(full, schema=INTERACTIONS.arrow), INTERACTIONS)


def read(path):
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(text.splitlines()))


def case(engine, folder, name):
    rows = read(folder / f"coortweet_{name}_input.csv")
    columns = ("object_id", "account_id", "content_id", "timestamp_share")
    return interactions(engine, *([row[column] for row in rows] for column in columns))


@pytest.fixture
def russian(engine, shared):
    posts = pq.read_table(shared / "data" / "real" / "russian_coord_tweets.parquet")
    columns = ("object_id", "account_id", "content_id", "timestamp_share")
    return interactions(engine, *(posts[column].to_pylist() for column in columns))


@pytest.fixture
def answers(shared):
    return shared / "conformance" / "coortweet"


def sorted_pair(row):
    """A pair whose sides are in order; at equal times the tool's order is that of its rows."""
    one, other = (row[1], row[2]), (row[3], row[4])
    if row[5] == 0 and other < one:
        one, other = other, one
    return (row[0], *one, *other, row[5])


def tool_pairs(rows):
    return Counter(
        sorted_pair((*(row[name] for name in PAIR), int(row["time_delta"]))) for row in rows
    )


def our_pairs(pairs):
    names = ("object", "account", "content", "account_y", "content_y")
    return Counter(
        sorted_pair((*(row[name] for name in names), row["delta_ms"] // 1000))
        for row in pairs.rows()
    )


def tool_edges(rows):
    # The graph is undirected: the tool's larger outputs name an edge's ends in no fixed order.
    return {
        tuple(sorted((row["from"], row["to"]))): (
            int(row["weight"]),
            pytest.approx(float(row["avg_time_delta"]), rel=1e-12),
            row["weight_threshold"] == "1",
        )
        for row in rows
    }


def our_edges(edges):
    return {
        (row["src"], row["dst"]): (row["weight"], row["mean_delta_ms"] / 1000, row["heavy"])
        for row in edges.rows()
    }


def own_posts(rows):
    """Each pair of accounts' distinct posts by account, from the tool's own pair table."""
    posts = defaultdict(lambda: defaultdict(set))
    for row in rows:
        pair = tuple(sorted((row["account_id"], row["account_id_y"])))
        posts[pair][row["account_id"]].add(row["content_id"])
        posts[pair][row["account_id_y"]].add(row["content_id_y"])
    return {
        pair: (len(by_account[pair[0]]), len(by_account[pair[1]]))
        for pair, by_account in posts.items()
    }


def our_posts(edges):
    return {(r["src"], r["dst"]): (r["src_count"], r["dst_count"]) for r in edges.rows()}


@pytest.mark.local_only
@pytest.mark.parametrize("name", CASES)
def test_each_small_case_gives_the_pairs_and_edges_of_coortweet(engine, answers, name):
    window, participation = CASES[name]
    rows = case(engine, answers, name)

    pairs, edges = coortweet_network(rows, within_seconds=window, min_participation=participation)

    expected = read(answers / f"coortweet_{name}_pairs.csv")
    assert our_pairs(pairs) == tool_pairs(expected)
    assert our_posts(edges) == own_posts(expected)
    if name != "selfpair":
        assert our_edges(edges) == tool_edges(read(answers / f"coortweet_{name}_edges.csv"))
    else:
        assert edges.count() == 0


@pytest.mark.local_only
@pytest.mark.parametrize(
    ("name", "window", "participation", "remove_loops"),
    [
        ("russian_w10_mp2", 10, 2, True),
        ("russian_w60_mp2", 60, 2, True),
        ("russian_w10_mp5_loops", 10, 5, False),
    ],
)
def test_real_reposts_give_every_pair_and_edge_of_coortweet(
    russian, answers, name, window, participation, remove_loops
):
    pairs, edges = coortweet_network(
        russian,
        within_seconds=window,
        min_participation=participation,
        remove_loops=remove_loops,
    )

    expected = read(answers / f"coortweet_{name}_pairs.csv.gz")
    assert our_pairs(pairs) == tool_pairs(expected)
    assert our_posts(edges) == own_posts(expected)
    assert our_edges(edges) == tool_edges(read(answers / f"coortweet_{name}_edges.csv.gz"))


@pytest.mark.parametrize("name", ["percentile", "multipost"])
def test_pairs_and_edges_are_those_of_coortweet_on_every_engine(engine, answers, name):
    window, participation = CASES[name]

    pairs, edges = coortweet_network(
        case(engine, answers, name), within_seconds=window, min_participation=participation
    )

    assert our_pairs(pairs) == tool_pairs(read(answers / f"coortweet_{name}_pairs.csv"))
    assert our_edges(edges) == tool_edges(read(answers / f"coortweet_{name}_edges.csv"))


def test_own_posts_follow_the_account_where_coortweet_follows_the_order_in_time(engine, answers):
    # B posts at 0 and 10, A at 5. CooRTweet counts the distinct *older* and *newer* posts, says
    # 2 and 2 and a symmetry of 1. Its words promise the posts of each account: 1 and 2, so 0.5.
    rows = case(engine, answers, "symmetry_counterexample")
    [told] = read(answers / "coortweet_symmetry_counterexample_edges.csv")
    assert (told["n_content_id"], told["n_content_id_y"]) == ("2", "2")
    assert told["edge_symmetry_score"] == "1"

    _, edges = coortweet_network(rows, within_seconds=5, min_participation=1)

    [edge] = edges.rows()
    assert (edge["src"], edge["src_count"], edge["dst_count"]) == ("A", 1, 2)
    assert edge["symmetry"] == 0.5
    assert edge["weight"] == int(told["weight"])


def test_the_older_and_newer_posts_of_the_tool_are_not_those_of_its_accounts(engine, answers):
    # Told 2 older and 3 newer posts; A wrote p1, p4, p5 and B wrote p2, p3.
    [told] = read(answers / "coortweet_symmetry_bug_edges.csv")
    assert (told["n_content_id"], told["n_content_id_y"]) == ("2", "3")

    _, edges = coortweet_network(
        case(engine, answers, "symmetry_bug"), within_seconds=10, min_participation=1
    )

    assert our_posts(edges) == {("A", "B"): (3, 2)}


def test_the_mean_delay_of_an_account_counts_every_edge(engine, answers):
    # A's edges have delays of 1, 1 and 4 s: mean 2. CooRTweet drops the repeated 1 and says 2.5.
    told = {row["account_id"]: row for row in read(answers / "coortweet_accountstats_expected.csv")}
    assert told["A"]["avg_time_delta"] == "2.5"

    _, edges = coortweet_network(
        case(engine, answers, "accountstats"), within_seconds=10, min_participation=1
    )

    delays = [row["mean_delta_ms"] / 1000 for row in edges.rows() if "A" in row["src"]]
    assert sum(delays) / len(delays) == 2.0


def test_equal_times_are_ordered_by_account_so_that_row_order_does_not_matter(engine, answers):
    # CooRTweet gives C as the older of (C, A) since C's row comes first.
    rows = case(engine, answers, "tie")

    pairs, _ = coortweet_network(rows, within_seconds=0, min_participation=1)

    assert [(p["account"], p["account_y"]) for p in pairs.rows()] == [
        ("A", "B"),
        ("A", "C"),
        ("B", "C"),
    ]


def test_posts_without_an_id_are_posts_of_their_own(engine):
    rows = interactions(engine, ["o"] * 4, ["A", "A", "B", "B"], [None] * 4, [0, 1, 2, 3])

    pairs, edges = coortweet_network(rows, within_seconds=9)

    assert pairs.count() == 4
    assert our_posts(edges) == {("A", "B"): (2, 2)}


def test_a_quantile_beyond_one_is_refused(engine):
    with pytest.raises(ConfigError, match=r"`edge_weight` is a quantile in \[0, 1\], not 50"):
        coortweet_network(interactions(engine, [], [], [], []), within_seconds=1, edge_weight=50)
