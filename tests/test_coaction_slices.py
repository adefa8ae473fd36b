"""Rows that are cut by time and dealt to buckets give the pairs of the whole: without Spark."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.engines.kernels import bounds, company
from graph.engines.kernels.dealing import dealt, home
from graph.engines.spark import coaction_company
from graph.engines.spark.coaction_company import CUT, HELD, ROW, TOTAL, Asked, find_company
from graph.engines.spark.coaction_sweep import SWEPT, sweep_bucket
from graph.engines.spark.slices import Cutting
from graph.engines.spark.whole_groups import whole_groups

LEAST, MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
GIVEN = ("account", "o1", "o2", "slice", "size", "at", "c1", "c2")

acts = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(-30, 60), st.integers(0, 3)),
    max_size=60,
)


def spread(rows, cut, hot):
    """The rows as they reach a worker: those of hot objects in their slices and near others'."""
    size = {o: sum(row[1] == o for row in rows) for o in hot}
    there = []
    for account, o, at, content in rows:
        places = {0}
        if o in hot:
            ends = (at - cut.reach_ms, at, at + cut.reach_ms)
            places = set(range(ends[0] // cut.width_ms, ends[2] // cut.width_ms + 1))
        there += [
            (account, o, 0, place, size.get(o, 0), at, content, content and 7) for place in places
        ]
    there.sort(key=lambda row: (*row[1:4], row[5]))
    columns = zip(*there, strict=True) if there else [()] * len(GIVEN)
    arrays = [pa.array(column, pa.int64()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(GIVEN))


def found_in(rows, asked, hot):
    """What a worker finds, and the pairs that the buckets sweep."""
    batches = list(find_company(iter([spread(rows, asked.cut, hot)]), asked=asked))
    found = pa.Table.from_batches(batches).to_pylist() if batches else []
    dealt_rows = [row for row in found if row["kind"] == ROW]
    swept = []
    for bucket in range(asked.buckets):
        mine = [row for row in dealt_rows if row["bucket"] == bucket]
        names = ("bucket", "account", "o1", "o2", "at", "c1", "c2")
        batch = pa.RecordBatch.from_pylist(
            [{name: row[name] for name in names} for row in mine],
            schema=pa.schema([(name, pa.int64()) for name in names]),
        )
        for some in sweep_bucket(
            iter([batch]),
            within_ms=asked.within_ms,
            buckets=asked.buckets,
            count="posts",
            at_least=1,
        ):
            swept += some.to_pylist()
    return found, swept


@settings(max_examples=150, deadline=None)
@given(
    rows=acts,
    within=st.integers(0, 6),
    hot=st.sets(st.integers(0, 3)),
    buckets=st.integers(1, 5),
    window=st.sampled_from([None, 2, 4]),
    affordable=st.sampled_from([None, 2, 3]),
)
def test_slices_find_and_lose_what_the_whole_objects_do(
    rows, within, hot, buckets, window, affordable
):
    def asked(width):
        # The farthest that any answer looks, and slices not longer than that.
        return Asked(
            within_ms=within,
            buckets=buckets,
            window_interactions=window,
            affordable=affordable,
            cut=Cutting(width, 5 * within),
        )

    in_slices, swept_in_slices = found_in(rows, asked(max(5 * within, 1)), hot)
    whole, swept_whole = found_in(rows, asked(None), set())

    assert totals(in_slices) == totals(whole)
    assert cuts(in_slices) == cuts(whole)
    assert by_pair(swept_in_slices) == by_pair(swept_whole)
    pairs = sum(row["post_pairs"] for row in swept_whole)
    assert pairs == totals(whole)[1]
    assert len(by_pair(swept_whole)) == len(swept_whole)


@settings(max_examples=100, deadline=None)
@given(rows=acts, within=st.integers(0, 40), most=st.integers(0, 40))
def test_what_is_too_much_already_is_counted_but_not_dealt(rows, within, most):
    asked = Asked(within_ms=within, buckets=3, sized=True, cut=Cutting(None, 0))
    all_of_it, _ = found_in(rows, asked, set())

    found, _ = found_in(rows, replace(asked, most_pairs=most), set())

    pairs = totals(all_of_it)[1]
    held = sum(row["interactions"] for row in found if row["kind"] == HELD)
    # So few rows come in one piece, which is dealt as a whole or not at all.
    assert held == (totals(all_of_it)[0] if pairs > most else 0)
    left = [row for row in all_of_it if row["kind"] != ROW or pairs <= most]
    assert [row for row in found if row["kind"] != HELD] == left


def test_a_task_deals_until_its_pairs_are_too_many_and_none_from_there_on(monkeypatch):
    # Two accounts meet on each of three objects, and each object comes by itself.
    rows = [(account, o, 0, 0) for o in range(3) for account in range(2)]
    asked = Asked(within_ms=0, buckets=1, most_pairs=2, cut=Cutting(None, 0))
    monkeypatch.setattr(coaction_company, "whole_groups", lambda given, _: given)
    batches = (spread([row for row in rows if row[1] == o], asked.cut, set()) for o in range(3))

    found = pa.Table.from_batches(find_company(batches, asked=asked)).to_pylist()

    assert sorted(row["o1"] for row in found if row["kind"] == ROW) == [0, 0, 1, 1]
    assert totals(found) == (6, 3)
    assert [row["interactions"] for row in found if row["kind"] == HELD] == [2]


@settings(max_examples=100, deadline=None)
@given(rows=acts, within=st.integers(0, 40), buckets=st.integers(1, 5))
def test_a_row_is_dealt_to_just_the_owners_of_its_pairs(rows, within, buckets):
    rows = sorted(rows, key=lambda row: (row[1], row[2]))
    objects = np.array([row[1] for row in rows], np.int64)
    starts = np.searchsorted(objects, np.arange(5)).astype(np.int64)
    near = bounds.near(
        company.Rows(
            account=np.array([row[0] for row in rows], np.int32),
            at=np.array([row[2] for row in rows], np.int64),
            content=np.arange(len(rows)),
            starts=starts,
            objects=np.arange(4, dtype=np.int32),
        ),
        within,
        10,
    )
    homes = home(np.arange(10), buckets)

    given_out = [
        (int(near.rows.content[row]), int(bucket))
        for some in dealt(near, np.ones(len(near.rows.at), np.bool_), homes, buckets)
        for row, bucket in zip(some.row, some.bucket, strict=True)
    ]

    expected = {
        (i, int(homes[min(a[0], b[0])]))
        for i, a in enumerate(rows)
        for b in rows
        if a[1] == b[1] and a[0] != b[0] and abs(a[2] - b[2]) <= within
    }
    assert sorted(given_out) == sorted(expected)


def test_a_slice_at_either_end_of_time_has_no_end_of_its_own():
    cut = Cutting(60_000, 10)
    places = np.array([LEAST // 60_000, 0, 5, MOST // 60_000])

    times = cut.times(places, np.array([9, 9, 0, 9]))

    assert times is not None
    assert list(times.first) == [LEAST, 0, LEAST, MOST // 60_000 * 60_000]
    assert list(times.last) == [LEAST // 60_000 * 60_000 + 59_999, 59_999, MOST, MOST]


@pytest.mark.parametrize("rows", [1, 3, 100])
@pytest.mark.parametrize("arriving", [1, 4])
def test_a_group_is_never_cut_however_the_rows_arrive(rows, arriving):
    keys = [0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 3, 4, 4]
    batch = pa.RecordBatch.from_pydict({"k": keys, "n": list(range(len(keys)))})
    parts = [batch.slice(first, arriving) for first in range(0, len(keys), arriving)]

    pieces = list(whole_groups(iter(parts), ["k"], rows))

    assert [n for piece in pieces for n in piece["n"].to_pylist()] == batch["n"].to_pylist()
    ends = [(piece["k"][0].as_py(), piece["k"][-1].as_py()) for piece in pieces]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ends))


def totals(found):
    rows = [row for row in found if row["kind"] == TOTAL]
    return sum(row["interactions"] for row in rows), sum(row["pairs"] for row in rows)


def cuts(found):
    """Accounts, interactions and lost pairs by object and bound."""
    answer = {}
    for row in found:
        if row["kind"] == CUT:
            who, counts = answer.setdefault((row["o1"], row["bucket"]), (set(), [0, 0, 0]))
            who |= {row["account"]} - {None}
            for place, name in enumerate(("accounts", "interactions", "pairs")):
                counts[place] += row[name]
    return {key: (c[0] + len(who), *c[1:]) for key, (who, c) in answer.items()}


def by_pair(swept):
    return {(row["row"], row["partner"]): tuple(row[n] for n in SWEPT.names) for row in swept}
