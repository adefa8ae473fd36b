"""Pairs of word sets: every one that reaches the likeness, however the search meets it."""

import random

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.engines.kernels.jaccard import Posters, like_pairs, word_sets

# The sizes at which sets stop meeting by two words and start meeting by one, by likeness.
LONGEST_BY_TWO = {0.2: 12, 0.5: 19, 0.65: 28, 0.8: 49, 0.9: 99}


def posted_once_each(sets):
    each = np.arange(sets, dtype=np.int64)
    at = np.zeros(sets, np.int64)
    return Posters(np.arange(sets + 1, dtype=np.int64), each, at, at)


def found(lists, likeness, *, hub_accounts):
    starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    words = np.array([word for one in lists for word in one], np.int64)
    return like_pairs(
        word_sets(starts, words),
        posted_once_each(len(lists)),
        likeness=likeness,
        within=-1,
        hub_accounts=hub_accounts,
    )


def by_every_pair(lists, likeness, *, hub_accounts):
    """Shared words of like pairs, and who is viral, by a table of sets and words."""
    held = np.zeros((len(lists), 1 + max((max(one, default=0) for one in lists), default=0)))
    for row, one in zip(held, lists, strict=True):
        row[one] = 1
    shared = (held @ held.T).astype(np.int64)
    sizes = shared.diagonal()
    united = np.maximum(sizes[:, None] + sizes - shared, 1)
    alike = (shared / united >= likeness) & ~np.eye(len(lists), dtype=bool)
    viral = 1 + alike.sum(axis=1) > hub_accounts
    pairs = np.argwhere(alike & ~viral[:, None] & ~viral)
    return {(a, b): shared[a, b] for a, b in pairs.tolist()}, viral.tolist()


def as_dict(answer):
    pairs = zip(answer.left.tolist(), answer.right.tolist(), strict=True)
    return dict(zip(pairs, answer.shared.tolist(), strict=True)), answer.viral.tolist()


def variants(rng, size_from, size_to, sets):
    """Sets with the first words of one pattern, a few of them exchanged for others."""
    pattern = rng.sample(range(150), 140)
    for _ in range(sets):
        one = pattern[: rng.randint(size_from, size_to)]
        for _ in range(rng.randint(0, 3)):
            if one:
                one[rng.randrange(len(one))] = rng.randrange(150)
        yield rng.sample(one, len(one))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    likeness=st.sampled_from([0.05, *LONGEST_BY_TWO, 1.0]),
    short=st.integers(0, 14),
    hub_accounts=st.sampled_from([4, 1000]),
)
def test_sets_of_sizes_around_each_bound_pair_as_comparing_all_says(
    seed, likeness, short, hub_accounts
):
    rng = random.Random(seed)
    cut = LONGEST_BY_TWO.get(likeness, 20)
    lists = [
        *variants(rng, 0, 5, short),
        *variants(rng, max(cut - 8, 0), min(cut + 8, 140), 12),
        *variants(rng, 0, 60, 6),
    ]

    answer = found(lists, likeness, hub_accounts=hub_accounts)

    assert as_dict(answer) == by_every_pair(lists, likeness, hub_accounts=hub_accounts)


@pytest.mark.parametrize("likeness", LONGEST_BY_TWO)
def test_a_set_that_meets_by_two_words_and_one_that_meets_by_one_are_found_alike(likeness):
    cut = LONGEST_BY_TWO[likeness]
    lists = [list(range(size)) for size in range(1, cut + 12)]

    answer = found(lists, likeness, hub_accounts=1000)

    pairs, viral = by_every_pair(lists, likeness, hub_accounts=1000)
    assert (cut - 1, cut) in pairs
    assert as_dict(answer) == (pairs, viral)


def test_thousands_of_texts_of_few_words_pair_alike_on_one_thread_and_on_several():
    rng = random.Random(5)
    lists = [rng.sample(range(40), rng.randint(6, 11)) for _ in range(5000)]
    expected = by_every_pair(lists, 0.5, hub_accounts=6)
    assert any(expected[1])
    assert expected[0]

    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone = found(lists, 0.5, hub_accounts=6)
    finally:
        numba.set_num_threads(threads)

    together = found(lists, 0.5, hub_accounts=6)
    assert as_dict(alone) == expected
    assert np.array_equal(alone.left, together.left)
    assert np.array_equal(alone.right, together.right)
    assert np.array_equal(alone.viral, together.viral)
