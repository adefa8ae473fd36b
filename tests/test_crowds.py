"""What is counted of a crowd by moment and by account is what its whole object says: no Spark."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.engines.kernels import bounds, company
from graph.engines.spark.chance_work import Clock, tally
from graph.engines.spark.crowd_work import (
    INSIDE,
    NEAR,
    Blocks,
    blocks,
    count_inside,
    find_near,
)
from graph.engines.spark.interest_work import count_cells
from graph.engines.spark.slices import Cutting

pytestmark = pytest.mark.local_only

LEAST, MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max

acts = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(-40, 40)), min_size=1, max_size=80
)


def inside_of(rows, cut):
    """How many are inside the window of each moment of an object, block by block."""
    moments = Counter((o, at) for _, o, at in rows)
    sums = Counter()
    for (o, at), n in moments.items():
        sums[o, at // cut.width_ms] += n
    there = [
        (o, at // cut.width_ms + away, False, at, n)
        for (o, at), n in moments.items()
        for away in cut.seen()
    ]
    if cut.whole:
        there += [
            (o, block, True, 0, sum(sums[o, block + k] for k in range(1 - cut.whole, cut.whole)))
            for o, block in sums
        ]
    names = ("o1", "o2", "block", "inner", "at", "n")
    columns = zip(*((o, 7, *rest) for o, *rest in sorted(there)), strict=True)
    batch = pa.RecordBatch.from_pydict(dict(zip(names, columns, strict=True)))
    found = pa.Table.from_batches(count_inside(iter([batch]), cut=cut), INSIDE).to_pylist()
    assert len(found) == len(moments)
    return {(row["o1"], row["at"]): row["inside"] for row in found}


def near_of(rows, cut):
    """`NEAR` of rows of (account, object, time), as a list of dictionaries."""
    inside = inside_of(rows, cut)
    columns = {
        "account": [row[0] for row in sorted(rows)],
        "o1": [row[1] for row in sorted(rows)],
        "o2": [7] * len(rows),
        "at": [row[2] for row in sorted(rows)],
        "c1": list(range(len(rows))),
        "c2": [0] * len(rows),
        "inside": [inside[o, at] for _, o, at in sorted(rows)],
    }
    # The order is that of objects, then accounts, as a worker gets them.
    batch = pa.RecordBatch.from_pydict(columns)
    batch = batch.take(pa.array(np.lexsort((columns["at"], columns["account"], columns["o1"]))))
    found = find_near(iter([batch]), within_ms=cut.within_ms)
    return pa.Table.from_batches(found, NEAR).to_pylist()


def whole_of(rows, within):
    """The kernel's `near` of the same rows, and the code of each account."""
    ordered = sorted(rows, key=lambda row: (row[1], row[2]))
    objects = np.array([row[1] for row in ordered])
    return bounds.near(
        company.Rows(
            account=np.array([row[0] for row in ordered], np.int32),
            at=np.array([row[2] for row in ordered], np.int64),
            content=np.zeros(len(ordered), np.int64),
            starts=np.searchsorted(objects, np.arange(4)).astype(np.int64),
            objects=np.arange(3, dtype=np.int32),
        ),
        within,
        7,
    )


@settings(max_examples=300, deadline=None)
@given(rows=acts, within=st.integers(0, 50), width=st.integers(1, 20))
def test_a_crowd_has_the_company_the_windows_and_the_pairs_of_the_whole_object(rows, within, width):
    found = near_of(rows, Blocks(within, width, within // width))

    whole = whole_of(rows, within)
    expected = zip(
        whole.rows.account, whole.rows.objects[whole.owner], whole.rows.at, whole.sizes(),
        strict=True,
    )  # fmt: skip
    told = sorted((row["account"], row["o1"], row["at"], row["size"]) for row in found)
    assert told == sorted(tuple(map(int, each)) for each in expected)
    assert sum(row["others"] for row in found) == 2 * whole.pairs().sum()


@settings(max_examples=150, deadline=None)
@given(rows=acts, within=st.integers(0, 50), width=st.one_of(st.none(), st.integers(60, 90)))
def test_pairs_of_moments_less_those_of_accounts_are_the_pairs_of_the_rows(rows, within, width):
    clock = Clock(np.array([-40, -7, 3, 30]), np.array([0, 1, 2, 1]), np.array([1, 2, -1]))
    cut = Cutting(width, within)

    def counted(rows, **columns):
        names = ("o1", "o2", "slice", "size", "at", *columns)
        batch = pa.RecordBatch.from_pydict(dict(zip(names, zip(*rows, strict=True), strict=True)))
        batch = batch.sort_by([("o1", "ascending"), ("slice", "ascending"), ("at", "ascending")])
        work = ((tally, {"clock": clock}), (count_cells, {}))
        sums = []
        for each, asked in work:
            found = pa.Table.from_batches(each(iter([batch]), within_ms=within, cut=cut, **asked))
            by = found.column_names[0]
            of = found.group_by(by).aggregate([(n, "sum") for n in found.column_names[1:]])
            told = [tuple(row.values()) for row in of.sort_by(by).to_pylist()]
            sums.append([row for row in told if any(row[1:])])
        return sums

    there = Counter((o, at) for _, o, at in rows)
    places = {
        at: [0] if width is None else {(at + k * within) // width for k in (-1, 0, 1)}
        for _, _, at in rows
    }
    size = 0 if width is None else 9
    apart = [
        (o, 0, place, size, at, o, n, True) for (o, at), n in there.items() for place in places[at]
    ]
    # Of each account an object by itself.
    apart += [(100 + 3 * account + o, 0, 0, 0, at, o, 1, False) for account, o, at in rows]

    found = counted(apart, grp=0, n=0, added=0)

    whole = [(o, 0, 0, 0, at, o, account) for account, o, at in rows]
    assert found == counted(whole, grp=0, account=0)


@pytest.mark.parametrize("end", [LEAST, MOST])
def test_moments_at_either_end_of_time_have_their_windows(end):
    away = 1 if end == LEAST else -1
    rows = [(account, 0, end + away * account * 30_000) for account in range(6)]

    found = inside_of(rows, blocks(60_000))

    assert [found[0, at] for _, _, at in rows] == [3, 4, 5, 5, 4, 3]


@pytest.mark.parametrize("within", [0, 1, 59_999, 60_000, 90_001, 3_600_000, 86_400_000, 1 << 61])
def test_few_blocks_are_in_a_window_and_no_block_is_shorter_than_a_minute(within):
    cut = blocks(within)

    assert cut.width_ms >= 60_000
    assert cut.whole <= 64
    assert len(cut.seen()) <= 5
    # What is farther than all that is seen is out of every window.
    assert (cut.whole + 1) * cut.width_ms > within >= cut.whole * cut.width_ms
