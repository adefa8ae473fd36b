"""Agreement of a clustering with the truth: closed forms against plain readings."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from algorithms.agreement import agreement
from graph.model import Clustering
from graph.schemas import CLUSTERING


def clustering(engine, groups) -> Clustering:
    rows = [{"account": a, "cluster": min(group)} for group in groups for a in sorted(group)]
    members = engine.from_arrow(pa.Table.from_pylist(rows, schema=CLUSTERING.arrow), CLUSTERING)
    return Clustering(members, method="given")


def compared(engine, predicted: str, true: str, **settings):
    return agreement(
        clustering(engine, [set(group) for group in predicted.split()]),
        clustering(engine, [set(group) for group in true.split()]),
        **settings,
    )


def test_equal_clusterings_agree_wholly(engine):
    found = compared(engine, "abc de", "abc de")

    assert found.accounts == 5
    assert found.ring_recall == found.bcubed_f == found.element_centric == found.adjusted_rand == 1


def test_a_ring_is_found_when_cluster_and_ring_share_half_of_each(engine):
    assert compared(engine, "abxy", "abcd").ring_recall == 1
    assert compared(engine, "abxyz", "abcd").ring_recall == 0
    assert compared(engine, "abxy", "abcde").ring_recall == 0
    assert compared(engine, "abcx", "abcd", held_share=0.8).ring_recall == 0


def test_accounts_that_both_sides_leave_alone_hide_no_mistake(engine):
    """Half of the rings missed among many organic accounts still shows."""
    alone = [{f"organic-{n}"} for n in range(1_000)]
    truth = clustering(engine, [{"a", "b"}, {"c", "d"}, *alone])

    found = agreement(clustering(engine, [{"a", "b"}, *alone]), truth)

    assert found.accounts == 4
    assert (found.rings, found.rings_found, found.ring_recall) == (2, 1, 0.5)
    assert found.bcubed_precision == 1
    assert found.bcubed_recall == 0.75


def test_accounts_that_one_side_lacks_count_as_alone_there(engine):
    whole = compared(engine, "ab c d", "cd a b")
    short = compared(engine, "ab", "cd")

    assert whole == short
    assert (short.accounts, short.ring_recall) == (4, 0)


def test_a_cluster_that_is_named_as_an_absent_account_is_another_cluster(engine):
    rows = [{"account": "b", "cluster": "x"}, {"account": "c", "cluster": "x"}]
    named = engine.from_arrow(pa.Table.from_pylist(rows, schema=CLUSTERING.arrow), CLUSTERING)

    found = agreement(Clustering(named, "given"), clustering(engine, [{"x", "y"}]))

    assert found.bcubed_precision == 0.75


def test_nothing_to_compare_is_refused(engine):
    with pytest.raises(ValueError, match="neither side has a cluster of two accounts"):
        compared(engine, "a b", "b c")
    with pytest.raises(ValueError, match="`held_share` is in"):
        compared(engine, "ab", "ab", held_share=0)


# Fifty examples; the test below has some on Spark.
@pytest.mark.local_only
@settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(given_to=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=14))
def test_the_closed_forms_are_the_definitions_read_account_by_account(engine, given_to):
    predicted, true = (groups_of(list(labels)) for labels in zip(*given_to, strict=True))
    assume(any(len(group) > 1 for group in (*predicted, *true)))

    assert_as_defined(engine, predicted, true)


@pytest.mark.parametrize(
    ("predicted", "true"),
    [
        pytest.param([0, 0, 0, 1, 1, 2, 3, 3, 4], [0, 0, 1, 1, 1, 2, 2, 3, 4], id="overlapping"),
        pytest.param([0, 1, 2, 3, 4, 4], [0, 0, 0, 1, 1, 2], id="nothing in common"),
        pytest.param([0] * 7, [0, 0, 0, 1, 1, 1, 2], id="all in one"),
    ],
)
def test_on_every_engine_they_are_the_definitions(engine, predicted, true):
    assert_as_defined(engine, groups_of(predicted), groups_of(true))


def assert_as_defined(engine, predicted: list[set[str]], true: list[set[str]]) -> None:
    kept = {a for group in (*predicted, *true) if len(group) > 1 for a in group}
    mine = {a: group & kept for group in predicted for a in group if a in kept}
    theirs = {a: group & kept for group in true for a in group if a in kept}

    found = agreement(clustering(engine, predicted), clustering(engine, true))

    def mean(values) -> float:
        return sum(values) / len(kept)

    assert found.accounts == len(kept)
    both = {a: len(mine[a] & theirs[a]) for a in kept}
    assert found.bcubed_precision == pytest.approx(mean([both[a] / len(mine[a]) for a in kept]))
    assert found.bcubed_recall == pytest.approx(mean([both[a] / len(theirs[a]) for a in kept]))
    # Gates et al.: 1 - half the summed difference of the two walks from each account.
    walks = [1 - sum(abs(share(x, mine[a]) - share(x, theirs[a])) for x in kept) / 2 for a in kept]
    assert found.element_centric == pytest.approx(mean(walks))
    pairs = list(itertools.combinations(sorted(kept), 2))
    in_mine = [b in mine[a] for a, b in pairs]
    in_theirs = [b in theirs[a] for a, b in pairs]
    chance = sum(in_mine) * sum(in_theirs) / len(pairs)
    most = (sum(in_mine) + sum(in_theirs)) / 2
    joint = sum(map(min, in_mine, in_theirs))
    expected = 1 if most == chance else (joint - chance) / (most - chance)
    assert found.adjusted_rand == pytest.approx(expected)


def share(account: str, group: set[str]) -> float:
    return (account in group) / len(group)


def groups_of(labels: list[int]) -> list[set[str]]:
    found: dict[int, set[str]] = {}
    for place, label in enumerate(labels):
        found.setdefault(label, set()).add(f"a{place:02}")
    return list(found.values())
