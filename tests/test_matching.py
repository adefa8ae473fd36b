"""Pairs of interactions that match are those that one would count by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.engines.kernels.matching import matches
from graph.engines.kernels.strata import HOUR_MS, one_stratum, time_strata

ACTS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 40)), min_size=0, max_size=40
)
WINDOWS = st.sampled_from([-1, 0, HOUR_MS // 10, HOUR_MS])


def arrays(acts):
    """Accounts, objects and times; a tenth of an hour is the clock's step."""
    found = np.array(acts, dtype=np.int64).reshape(-1, 3)
    return found[:, 0], found[:, 1], found[:, 2] * (HOUR_MS // 10)


def strata_of(at, within_ms, least=2):
    return one_stratum(len(at)) if within_ms < 0 else time_strata(at, width_ms=HOUR_MS, least=least)


def by_hand(account, object_, at, within_ms, strata, *, oneself=False):
    """Each ordered pair of rows looked at."""
    same, across = np.zeros(strata.count), np.zeros(strata.count)
    whole = 0
    for one, two in permutations(range(len(at)), 2):
        near = within_ms < 0 or abs(at[one] - at[two]) <= within_ms
        if object_[one] != object_[two] or not near:
            continue
        if account[one] == account[two] and not oneself:
            continue
        whole += 1
        if strata.of[one] == strata.of[two]:
            same[strata.of[one]] += 1
        if strata.next[strata.of[one]] == strata.of[two] and within_ms >= 0:
            across[strata.of[one]] += 1
    return same, across, whole


@given(acts=ACTS, within_ms=WINDOWS)
def test_matches_are_those_counted_by_hand(acts, within_ms):
    account, object_, at = arrays(acts)
    strata = strata_of(at, within_ms)

    found = matches(account, object_, at, within_ms=within_ms, strata=strata)

    same, across, whole = by_hand(account, object_, at, within_ms, strata)
    assert found.same.tolist() == same.tolist()
    assert found.across.tolist() == across.tolist()
    assert found.whole == whole


@given(acts=ACTS, within_ms=WINDOWS, seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(acts, within_ms, seed):
    account, object_, at = arrays(acts)
    order = np.random.default_rng(seed).permutation(len(at))

    one = matches(account, object_, at, within_ms=within_ms, strata=strata_of(at, within_ms))
    other = matches(
        account[order],
        object_[order],
        at[order],
        within_ms=within_ms,
        strata=strata_of(at[order], within_ms),
    )

    assert one.same.tolist() == other.same.tolist()
    assert one.across.tolist() == other.across.tolist()
    assert one.whole == other.whole


@given(acts=ACTS, within_ms=WINDOWS, times=st.lists(st.integers(1, 3), min_size=40, max_size=40))
def test_a_row_that_stands_for_many_counts_as_so_many_rows(acts, within_ms, times):
    _, object_, at = arrays(acts)
    many = np.array(times[: len(at)], dtype=np.int64)
    again = np.repeat(np.arange(len(at)), many)
    strata = strata_of(at[again], within_ms)

    found = matches(
        None,
        object_,
        at,
        within_ms=within_ms,
        strata=type(strata)(strata.of[np.cumsum(many) - many], strata.next),
        times=many,
    )

    same, across, whole = by_hand(again, object_[again], at[again], within_ms, strata, oneself=True)
    assert found.same.tolist() == same.tolist()
    assert found.across.tolist() == across.tolist()
    assert found.whole == whole


@pytest.mark.parametrize("within_ms", [-1, HOUR_MS])
def test_an_extract_without_interactions_has_no_match(within_ms):
    none = np.empty(0, np.int64)

    found = matches(none, none, none, within_ms=within_ms, strata=one_stratum(0))

    assert (found.same.tolist(), found.across.tolist(), found.whole) == ([0.0], [0.0], 0.0)
