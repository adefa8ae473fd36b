"""The sweep against a slow twin in plain Python that looks at every pair of interactions."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.coaction import CoactionBounds, coaction_graph
from graph.engines.kernels import bounds, coaction, company, ordering, sweep
from graph.schemas import INTERACTIONS

DAY_MS = 86_400_000
COUNTS = ("posts", "own-posts", "objects", "object-days")

interaction = st.tuples(
    st.sampled_from("ABCDE"),
    st.sampled_from(["post", "like"]),
    st.sampled_from(["o1", "o2", "o3"]),
    st.one_of(st.integers(-20, 20), st.integers(DAY_MS - 10, DAY_MS + 10)),
    st.sampled_from([None, "1", "2", "3"]),
)
worlds = st.lists(interaction, max_size=40)
window = st.one_of(st.none(), st.integers(0, 25), st.just(DAY_MS))


def twin(rows, within_ms, *, count="objects", at_least=1):
    """Every edge with its counts, the slow and obvious way."""
    found = defaultdict(list)
    for (i, a), (j, b) in itertools.combinations(enumerate(rows), 2):
        same_act = a[1:3] == b[1:3]
        near = within_ms is None or abs(a[3] - b[3]) <= within_ms
        if same_act and near and a[0] != b[0]:
            found[min(a[0], b[0]), max(a[0], b[0])].append((i, j) if a[0] < b[0] else (j, i))
    counted = {pair: _counts(rows, posts) for pair, posts in found.items()}
    chosen = {
        "posts": lambda c: c[4],
        "own-posts": lambda c: min(c[0], c[1]),
        "objects": lambda c: c[2],
        "object-days": lambda c: c[3],
    }[count]
    return {pair: c for pair, c in counted.items() if chosen(c) >= at_least}


def _counts(rows, posts):
    def own(places):
        return len({rows[p][4] if rows[p][4] is not None else p for p in places})

    times = [rows[place][3] for pair in posts for place in pair]
    return (
        own({i for i, _ in posts}),
        own({j for _, j in posts}),
        len({rows[i][1:3] for i, _ in posts}),
        len({(rows[i][1:3], min(rows[i][3], rows[j][3]) // DAY_MS) for i, j in posts}),
        len(posts),
        min(times),
        max(times),
    )


def as_table(engine, rows):
    columns = zip(*rows, strict=True) if rows else [()] * 5
    names = ("account", "action", "object", "acted_at", "content")
    given_columns = dict(zip(names, map(list, columns), strict=True))
    nothing = [None] * len(rows)
    full = {
        name: given_columns.get(name, ["post"] * len(rows) if name == "object_kind" else nothing)
        for name in INTERACTIONS.names
    }
    return engine.from_arrow(pa.table(full, schema=INTERACTIONS.arrow), INTERACTIONS)


def counts(found):
    names = ("src_count", "dst_count", "objects", "object_days", "post_pairs")
    return {
        (row["src"], row["dst"]): (*(row[n] for n in names), row["first_at"], row["last_at"])
        for row in found.graph.edges.rows()
    }


def swept(rows, within_ms, *, count="objects", at_least=1):
    """The kernel's edges on arrays, and its raw pairs."""
    accounts = sorted({row[0] for row in rows})
    objects = sorted({row[1:3] for row in rows})
    contents = [0 if row[4] is None else 1 + int(row[4]) for row in rows]
    kernel_window = company.NO_TIME if within_ms is None else within_ms
    ready = coaction.prepare(
        ordering.ordered(
            np.array([accounts.index(row[0]) for row in rows], np.int32),
            np.array([objects.index(row[1:3]) for row in rows], np.int32),
            np.array([row[3] for row in rows], np.int64),
            np.array(contents, np.int64),
            len(objects),
        ),
        kernel_window,
        accounts=len(accounts),
        object_sizes=np.zeros(len(objects), np.int64),
        limits=bounds.Limits(None, None, None),
        count=count,
        at_least=at_least,
    )
    blocks = coaction.swept(ready, count=count, at_least=at_least, threads=2)
    found = {
        (accounts[row[0]], accounts[row[1]]): (
            *(row[sweep.OWN_ROW], row[sweep.OWN_PARTNER], row[sweep.OBJECTS]),
            *(row[sweep.OBJECT_DAYS], row[sweep.POSTS], row[sweep.FIRST], row[sweep.LAST]),
        )
        for block in blocks
        for row in block.tolist()
    }
    return found, ready.raw_pairs


@settings(max_examples=300, deadline=None)
@given(rows=worlds, within_ms=window, count=st.sampled_from(COUNTS), at_least=st.integers(1, 4))
def test_every_count_equals_the_slow_twin(rows, within_ms, count, at_least):
    found, raw_pairs = swept(rows, within_ms, count=count, at_least=at_least)

    assert found == twin(rows, within_ms, count=count, at_least=at_least)
    assert raw_pairs == sum(c[4] for c in twin(rows, within_ms).values())


WORLDS = 60


def many_worlds(seed):
    """Random worlds side by side: accounts and objects of two worlds never meet."""
    dice = random.Random(seed)
    return [
        [
            (
                f"{world:02}{dice.choice('ABCDE')}",
                dice.choice(["post", "like"]),
                f"{world:02}{dice.choice(['o1', 'o2', 'o3'])}",
                dice.choice([dice.randint(-20, 20), DAY_MS + dice.randint(-10, 10)]),
                dice.choice([None, "1", "2", "3"]),
            )
            for _ in range(dice.randrange(40))
        ]
        for world in range(WORLDS)
    ]


def together(found_worlds):
    return {pair: c for found in found_worlds for pair, c in found.items()}


@pytest.mark.parametrize(
    ("within_ms", "count", "at_least"),
    [
        (0, "posts", 1),
        (7, "own-posts", 2),
        (25, "objects", 2),
        (DAY_MS, "object-days", 2),
        (None, "objects", 3),
    ],
)
def test_a_graph_from_a_table_equals_the_slow_twin(engine, within_ms, count, at_least):
    made = many_worlds(seed=at_least)
    expected = together(twin(rows, within_ms, count=count, at_least=at_least) for rows in made)

    found = coaction_graph(
        as_table(engine, [row for rows in made for row in rows]),
        within_seconds=None if within_ms is None else within_ms / 1000,
        count=count,
        at_least=at_least,
    )

    assert len(expected) > 20
    assert counts(found) == expected


@pytest.mark.parametrize("within_ms", [0, 25, None])
def test_moments_equal_a_name_for_each_time_at_which_an_account_named_no_post(engine, within_ms):
    only_ones = {"1": "1"}
    made = [
        [(*row[:3], row[3] // 8 * 8, only_ones.get(row[4])) for row in rows]
        for rows in many_worlds(seed=4)
    ]
    named = [[(*row[:4], row[4] or f"at {row[3]}") for row in rows] for rows in made]
    expected = together(twin(rows, within_ms, count="own-posts", at_least=2) for rows in named)
    by_rows = together(twin(rows, within_ms, count="own-posts", at_least=2) for rows in made)

    found = coaction_graph(
        as_table(engine, [row for rows in made for row in rows]),
        within_seconds=None if within_ms is None else within_ms / 1000,
        count="own-posts",
        at_least=2,
        unnamed="moments",
    )

    assert counts(found) == expected
    assert 20 < len(expected) < len(by_rows)


@pytest.mark.parametrize("within_ms", [7, None])
def test_the_order_of_rows_changes_nothing(engine, within_ms):
    rows = [row for world in many_worlds(seed=7) for row in world]
    within_seconds = None if within_ms is None else within_ms / 1000

    one = coaction_graph(as_table(engine, rows), within_seconds=within_seconds, at_least=1)
    other = coaction_graph(as_table(engine, rows[::-1]), within_seconds=within_seconds, at_least=1)

    assert one.graph.edges.count() > 50
    assert one.graph.edges.arrow().equals(other.graph.edges.arrow())


@pytest.mark.parametrize("within_ms", [7, 25, None])
@pytest.mark.parametrize(
    "bounds",
    [
        CoactionBounds(object_interactions=9),
        CoactionBounds(window_interactions=4),
        CoactionBounds(raw_pairs=300),
        CoactionBounds(object_interactions=12, window_interactions=8, raw_pairs=150),
    ],
    ids=["objects", "windows", "pairs", "all three"],
)
def test_a_bound_loses_just_the_pairs_that_it_reports(engine, within_ms, bounds):
    made = many_worlds(seed=3)
    exact = together(twin(rows, within_ms) for rows in made)

    found = coaction_graph(
        as_table(engine, [row for rows in made for row in rows]),
        within_seconds=None if within_ms is None else within_ms / 1000,
        at_least=1,
        bounds=bounds,
    )

    lost = sum(row["pairs_not_counted"] for row in found.bounds.rows())
    assert lost > 0
    assert found.raw_pairs + lost == sum(c[4] for c in exact.values())
    assert sum(c[4] for c in counts(found).values()) == found.raw_pairs
    assert found.raw_pairs <= (bounds.raw_pairs or found.raw_pairs)
    assert all(c[4] <= exact[pair][4] for pair, c in counts(found).items())


def large_world():
    """Two viral objects, an account with hundreds of posts, and posts with several objects."""
    dice = np.random.default_rng(7)
    accounts = np.where(dice.random(1_500) < 0.2, 0, dice.integers(1, 60, 1_500))
    objects = np.where(dice.random(1_500) < 0.5, 0, dice.integers(0, 60, 1_500))
    at = dice.integers(0, 200_000, 1_500)
    content = dice.integers(0, 450, 1_500)
    rows = zip(*(x.tolist() for x in (accounts, objects, at, content)), strict=True)
    return [(a, "post", o, t, c or None) for a, o, t, c in rows]


@pytest.mark.parametrize("count", COUNTS)
def test_viral_objects_and_busy_accounts_equal_the_slow_twin(count):
    rows = large_world()
    every = twin(rows, 20_000)

    assert swept(rows, 20_000, count=count) == (every, sum(c[4] for c in every.values()))
    for at_least in (3, 300):
        found, _ = swept(rows, 20_000, count=count, at_least=at_least)
        assert found == twin(rows, 20_000, count=count, at_least=at_least)


def test_accounts_with_millions_of_post_pairs_are_counted_in_full():
    # More than a row holds at once: 1,500 posts each of three accounts, all on one object.
    rows = [(name, "post", "o", number, None) for name in "ABC" for number in range(1_500)]

    found, raw_pairs = swept(rows, None, at_least=1_500, count="own-posts")

    counted = (1_500, 1_500, 1, 1, 1_500**2, 0, 1_499)
    assert found == dict.fromkeys([("A", "B"), ("A", "C"), ("B", "C")], counted)
    assert raw_pairs == 3 * 1_500**2
