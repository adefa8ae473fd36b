"""Components are packed into buckets of even loads, whatever their sizes and however many."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.engines.spark.loops import settling
from graph.engines.spark.packing import in_buckets, itemised, packed

SIZES = st.lists(st.integers(1, 1_000), max_size=60).map(lambda drawn: sorted(drawn)[::-1])


def loads(sizes, dealt):
    return np.bincount(dealt, weights=sizes).astype(int) if len(sizes) else np.zeros(1, int)


@given(SIZES, st.integers(1, 9))
def test_no_bucket_has_more_than_the_mean_and_one_item(sizes, buckets):
    found = loads(sizes, packed(sizes, buckets=buckets, most=10**9))

    assert len(found) <= buckets
    assert found.max() <= sum(sizes) / buckets + max(sizes, default=0)


@given(SIZES, st.integers(1, 9), st.integers(1, 2_000))
def test_only_what_is_one_item_is_more_than_a_bucket_may_hold(sizes, buckets, most):
    dealt = packed(sizes, buckets=buckets, most=most)

    for bucket, load in enumerate(loads(sizes, dealt)):
        assert load <= most or dealt.count(bucket) == 1


def test_the_largest_go_first_each_where_least_is():
    assert packed([9, 5, 4, 3, 2, 1], buckets=2, most=100) == [0, 1, 1, 0, 1, 1]
    assert packed([9, 5, 4, 3, 2, 1], buckets=2, most=10) == [0, 1, 1, 2, 2, 2]
    assert packed([], buckets=3, most=10) == []


def in_worlds():
    """Sizes of components: a crowd of small ones, with some of half a bucket, or alike ones."""
    dice = np.random.default_rng(6)
    small = dice.integers(1, 40, 20_000)
    heavy = (dice.pareto(1.1, 3_000) * 20).astype(int) + 1
    return {
        "small": small,
        "small and large": np.concatenate((small[:5_000], np.full(9, 12_000))),
        "of every size": np.minimum(heavy, 8_000),
        "alike": np.full(160, 1_000),
    }


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_the_largest_bucket_is_near_the_mean_and_packed_alike_again(engine):
    for name, drawn in in_worlds().items():
        parts = np.random.default_rng(1).permutation(len(drawn)) * 7
        rows = engine.session.createDataFrame(pa.table({"part": parts, "edges": drawn}))
        total, wanted = int(drawn.sum()), 16
        asked = {"buckets": wanted, "most": total}

        with settling(engine, itemised(rows, edges=total, buckets=wanted)) as sized:
            items = sized.select("item").distinct().count()
            places, buckets = in_buckets(sized, **asked)
            found = places.join(rows, "part").toArrow().to_pandas()
            again = in_buckets(sized.repartition(7), **asked)[0].toArrow().to_pandas()

        held = found.groupby("bucket").edges.sum()
        assert (len(found), found.edges.sum(), buckets) == (len(drawn), total, wanted), name
        assert held.max() <= 1.05 * max(held.mean(), drawn.max()), name
        assert items <= 2 * 16 * wanted, name
        assert dict(zip(again.part, again.bucket, strict=True)) == dict(
            zip(found.part, found.bucket, strict=True)
        ), name
