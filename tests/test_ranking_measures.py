"""Average precision and its companions, against plain arithmetic and every order of the ties."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.ranking_measures import (
    Tied,
    average_precision,
    harmonic_mean,
    precision_at,
    wilson,
)


def plainly(order):
    """Average precision of a ranking without ties."""
    at = [sum(order[: n + 1]) / (n + 1) for n, hit in enumerate(order) if hit]
    return sum(at) / len(at)


def blocks():
    block = st.integers(0, 4).flatmap(
        lambda items: st.integers(0, items).map(lambda hits: Tied(items, hits))
    )
    return st.lists(block, min_size=1, max_size=3)


def orders(ranked):
    """Every order of hits and misses that the blocks allow, each as likely as another."""
    found = [()]
    for block in ranked:
        inner = [
            tuple(place in chosen for place in range(block.items))
            for chosen in combinations(range(block.items), block.hits)
        ]
        found = [order + more for order in found for more in inner]
    return found


def test_hits_at_the_first_and_third_place_give_five_sixths():
    ranked = [Tied(1, 1), Tied(1, 0), Tied(1, 1), Tied(2, 0)]

    assert average_precision(ranked) == pytest.approx((1 + 2 / 3) / 2)


@given(blocks())
def test_ties_give_the_mean_over_every_order_of_them(ranked):
    if not any(block.hits for block in ranked):
        assert average_precision(ranked) is None
        return
    every = [plainly(order) for order in orders(ranked)]

    assert average_precision(ranked) == pytest.approx(math.fsum(every) / len(every))


@given(blocks(), st.integers(1, 12))
def test_the_precision_of_the_first_is_the_mean_over_every_order(ranked, first):
    every = orders(ranked)
    if len(every[0]) < first:
        assert precision_at(ranked, first) is None
        return
    shares = [sum(order[:first]) / first for order in every]

    assert precision_at(ranked, first) == pytest.approx(math.fsum(shares) / len(shares))


def test_a_ranking_that_orders_nobody_is_as_good_as_chance():
    assert average_precision([Tied(10_000, 100)]) == pytest.approx(0.01, rel=0.1)
    assert precision_at([Tied(10_000, 100)], 100) == pytest.approx(0.01)


def test_a_block_is_summed_alike_in_one_piece_and_in_several(monkeypatch):
    ranked = [Tied(3, 1), Tied(50, 7)]
    whole = average_precision(ranked)
    monkeypatch.setattr("algorithms.ranking_measures._ROWS_AT_ONCE", 4)

    assert average_precision(ranked) == pytest.approx(whole, rel=1e-14)


def test_f1_is_nought_where_nothing_is_hit_and_undefined_where_nothing_is_flagged():
    assert harmonic_mean(0.5, 1.0) == pytest.approx(2 / 3)
    assert harmonic_mean(0.0, 0.0) == 0.0
    assert harmonic_mean(None, 0.0) is None


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_wilson_interval_holds_its_share(counts):
    hits, of = counts
    low, high = wilson(hits, of)

    assert 0 <= low <= hits / of + 1e-12 and hits / of - 1e-12 <= high <= 1


def test_wilson_of_nine_of_ten_is_as_in_the_tables():
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)


@pytest.mark.parametrize(("items", "hits"), [(1, 2), (0, 1), (3, -1)])
def test_a_block_that_cannot_be_is_refused(items, hits):
    with pytest.raises(ValueError, match="cannot hold"):
        Tied(items, hits)
