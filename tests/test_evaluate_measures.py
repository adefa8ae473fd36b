"""What was found held against labels: counted by hand on a world that one can see whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.ranking_measures import average_precision, precision_at
from graph.schemas import CLUSTERS, MEMBERS
from jobs.evaluation.document import brief, labels_told, measured
from jobs.evaluation.found import Cluster, Found, found_in
from jobs.evaluation.intervals import over_groups, over_seeds
from jobs.evaluation.labels import Group, Labels
from jobs.evaluation.measures import Held, Population

pytestmark = pytest.mark.local_only


def group(name, accounts, ring=True, kind=None, level=None):
    return Group(
        name=name, is_ring=ring, accounts=frozenset(accounts.split()), kind=kind, level=level
    )


def cluster(name, accounts, **told):
    return Cluster(name=name, members=tuple(accounts.split()), **told)


LABELS = Labels(
    (
        group("fans", "f1 f2 f3 f4", ring=False, kind="fan-club"),
        group("one", "a1 a2 a3 a4", kind="farm", level="L0"),
        group("two", "b1 b2", kind="drip"),
    )
)
FOUND = Found(
    (
        cluster("a1", "a1 a2 a3"),
        cluster("f1", "f1 x1"),
        cluster("f3", "f3 f4 b1", flagged=False, explained="audience"),
    )
)
HELD = Held(FOUND, LABELS, Population(20, frozenset({"b2"})))


@pytest.fixture
def document(engine):
    return measured(HELD, engine, draws=200, seed=0)


def test_flagged_accounts_in_rings_give_precision_and_recall():
    assert (HELD.flagged, HELD.hits, HELD.controls_flagged) == (5, 3, 1)
    assert HELD.precision == 3 / 5
    assert HELD.recall == 3 / 6
    assert HELD.recall_of_present == 3 / 5


def test_listed_clusters_rank_accounts_and_the_rest_is_tied():
    # a1 a2 a3 | f1 x1 | f3 f4 b1 | twelve others and b2, who is absent; two of them hits
    assert sum(block.items for block in HELD.ranking) == 21
    assert HELD.ranking[-1].items == 13 and HELD.ranking[-1].hits == 2
    rest = sum(2 / 13 * (5 + (j - 1) / 12) / (8 + j) for j in range(1, 14))
    assert average_precision(HELD.ranking) == pytest.approx((3 + 4 / 8 + rest) / 6)
    assert precision_at(HELD.ranking, 8) == 4 / 8


def test_a_ring_is_told_with_the_cluster_most_like_it():
    one, two = HELD.rings

    assert (one.jaccard, one.cluster, one.place, one.found) == (3 / 4, "a1", 1, True)
    assert (two.jaccard, two.cluster, two.found) == (0.0, None, False)
    assert two.explained == {"audience": 1}


def test_a_look_alike_is_told_with_what_explained_it():
    [fans] = HELD.look_alikes

    assert (fans.flagged, fans.share, fans.explained) == (1, 1 / 4, {"audience": 2})


def test_the_document_has_every_number_of_the_world(document):
    assert document["account"]["precision"]["value"] == 3 / 5
    assert document["rings"]["recall_at_jaccard_0.5"]["value"] == 1 / 2
    assert document["look_alike_worst_share"] == 1 / 4
    assert document["by_level"]["L0"] == {
        "rings": 1, "found": 1, "found_at_jaccard_0.5": 1, "accounts": 4, "named": 3,
        "recall": 3 / 4, "recall_of_rings": 1.0, "precision": 1.0,
    }  # fmt: skip
    assert document["by_kind"]["drip"]["precision"] is None
    assert document["look_alikes_by_kind"]["fan-club"]["share"] == 1 / 4
    assert document["clusters"] == {"listed": 3, "flagged": 2, "without_ring": 1}
    assert document["account"]["precision_at"]["100"] is None


def test_b_cubed_is_over_accounts_that_are_flagged_or_in_a_ring(document):
    # a1-a4, b1, b2, f1, x1; a4, b1, b2 stand alone in what was found, f1 and x1 in the truth.
    assert document["partition"]["bcubed_precision"] == pytest.approx((3 + 3 + 1) / 8)
    assert document["partition"]["bcubed_recall"] == pytest.approx((9 / 4 + 1 / 4 + 1 + 2) / 8)


def test_labels_are_counted():
    assert labels_told(HELD) == {
        "rings": 2, "ring_accounts": 6, "look_alike_groups": 1, "look_alike_accounts": 4,
        "controls": 11, "absent": 1,
    }  # fmt: skip


def test_a_run_that_flags_nobody_has_no_precision(engine):
    none = Held(Found(()), LABELS, Population(20))

    told = measured(none, engine, draws=50, seed=0)

    assert told["account"]["precision"]["value"] is None
    assert (told["account"]["recall"]["value"], told["account"]["f1"]) == (0.0, None)
    assert (told["rings"]["fragmentation"], told["rings"]["merging"]) == (None, None)


def test_a_ring_in_pieces_and_two_rings_in_one_cluster_are_told_apart():
    rings = Labels((group("one", "a1 a2 a3 a4"), group("two", "b1 b2")))
    pieces = Held(Found((cluster("x", "a1 a2"), cluster("y", "a3 a4"))), rings, Population(9))
    merged = Held(Found((cluster("x", "a1 a2 a3 b1 b2"),)), rings, Population(9))

    assert (pieces.fragmentation, pieces.merging) == (2.0, 1.0)
    assert (merged.fragmentation, merged.merging) == (1.0, 2.0)


def test_an_account_of_a_ring_among_fans_counts_as_ring():
    labels = Labels((group("club", "a1 f1", ring=False), group("one", "a1 a2")))
    held = Held(Found((cluster("a1", "a1 a2"),)), labels, Population(4))

    assert held.precision == 1.0
    assert (held.look_alikes[0].accounts, held.look_alikes[0].flagged) == (1, 0)


def test_an_account_of_two_rings_is_of_both_and_counted_once(engine):
    labels = Labels((group("one", "a1 a2 a3"), group("two", "a3 b1")))
    held = Held(Found((cluster("a1", "a1 a2 a3"), cluster("b1", "b1 a3"))), labels, Population(5))

    assert [ring.jaccard for ring in held.rings] == [1.0, 1.0]
    assert (held.recall, labels.overlaps) == (1.0, 1)
    # As a partition b1 stands alone on both sides, and is not counted.
    assert held.partition(engine).accounts == 3


def test_flagged_clusters_stand_before_listed_ones_whatever_their_place(engine, table):
    tables = {
        "clusters": table(
            engine, CLUSTERS, "cluster | place | flagged\nx | 1 | false\ny | 2 | true"
        ),
        "members": table(
            engine,
            MEMBERS,
            """
            cluster | account | role       | pagerank
            y       | y1      | bridge     | 0.9
            y       | y2      | core       | 0.01
            y       | y3      | core       | 0.09
            x       | x1      | core       | 1
            """,
        ),
    }
    found = found_in(SimpleNamespace(table=lambda _, name: tables[name]), engine)

    assert found.ranked == ("y3", "y2", "y1", "x1")
    assert found.flagged_accounts == {"y1", "y2", "y3"}


def test_intervals_hold_the_value_and_narrow_with_more_groups():
    def world(copies):
        rings = [group(f"r{n}", f"a{n} b{n}") for n in range(copies)]
        # Every other ring is found, each with a stranger.
        found = [cluster(f"a{n}", f"a{n} b{n} x{n}") for n in range(0, copies, 2)]
        return Held(Found(tuple(found)), Labels(tuple(rings)), Population(10 * copies))

    def recall(held):
        values = {
            "precision": held.precision,
            "recall": held.recall,
            "average_precision": average_precision(held.ranking),
            "recall_at_jaccard": 0.5,
            "recall_at_half": 0.5,
        }
        return over_groups(held, values, draws=500, seed=1).recall

    few, many = recall(world(8)), recall(world(200))

    assert few.low < 0.5 < few.high and many.low < 0.5 < many.high
    assert many.high - many.low < (few.high - few.low) / 2


def test_the_mean_of_many_draws_is_near_the_average_precision_itself():
    rings = [group(f"r{n:02}", " ".join(f"a{n}-{m}" for m in range(5))) for n in range(40)]
    found = [cluster(f"c{n:02}", " ".join(f"a{n}-{m}" for m in range(4))) for n in range(30)]
    found += [cluster(f"x{n:02}", f"x{n}-1 x{n}-2 x{n}-3") for n in range(20)]
    held = Held(Found(tuple(found)), Labels(tuple(rings)), Population(2_000))
    values = dict.fromkeys(
        ("precision", "recall", "average_precision", "recall_at_jaccard", "recall_at_half"), 0.5
    )

    drawn = over_groups(held, values, draws=1_000, seed=3).average_precision

    assert drawn.low < average_precision(held.ranking) < drawn.high
    assert drawn.high - drawn.low < 0.4


def test_the_same_seed_draws_the_same_intervals(engine):
    assert measured(HELD, engine, draws=100, seed=5) == measured(HELD, engine, draws=100, seed=5)


def test_the_mean_of_worlds_has_a_t_interval():
    # Standard deviation 0.1 over three worlds: 4.3027 * 0.1 / sqrt(3)
    told = over_seeds([0.5, 0.6, 0.7], within=(0.0, 1.0))

    assert told.value == pytest.approx(0.6)
    assert (told.low, told.high) == pytest.approx((0.6 - 0.24841, 0.6 + 0.24841), abs=1e-4)
    assert (told.least, told.most, told.worlds) == (0.5, 0.7, 3)


def test_worlds_that_lack_a_number_do_not_count_and_shares_stay_shares():
    told = over_seeds([1.0, None, 0.9], within=(0.0, 1.0))

    assert (told.value, told.worlds, told.high) == (0.95, 2, 1.0)
    assert over_seeds([None], within=(0.0, 1.0)).value is None
    assert over_seeds([0.5], within=(0.0, 1.0)).low is None


accounts = st.sets(st.integers(0, 14).map(str), min_size=1)


@given(st.lists(accounts, max_size=4), st.lists(accounts, min_size=1, max_size=4))
def test_the_numbers_are_those_of_plain_sets(found, rings):
    labels = Labels(tuple(group(f"r{n}", " ".join(ring)) for n, ring in enumerate(rings)))
    listed = [cluster(f"c{n}", " ".join(sorted(one))) for n, one in enumerate(found)]
    held = Held(Found(tuple(listed)), labels, Population(15))
    flagged, wanted = set().union(*found), set().union(*rings)

    told = brief(held)

    assert told["flagged"] == len(flagged)
    assert told["recall"] == len(flagged & wanted) / len(wanted)
    if flagged:
        assert told["precision"] == len(flagged & wanted) / len(flagged)
    like = [max((len(r & c) / len(r | c) for c in found), default=0.0) for r in rings]
    assert told["recall_at_jaccard_0.5"] == sum(one >= 0.5 for one in like) / len(rings)
    assert 0 <= told["average_precision"] <= 1
