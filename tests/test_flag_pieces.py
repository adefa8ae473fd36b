"""What flags rest on: the cut beside blatant groups, recruits, attendance, crowds, cohorts."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from scipy.stats import hypergeom

from algorithms.attendance import attendance
from algorithms.calls import blatant_pairs, call_edges
from algorithms.cohorts import cohorts_against_chance
from algorithms.flags import knit_accounts
from algorithms.recruits import recruited
from algorithms.trait_chance import log10_expected_values
from builders.cohorts import COHORTS, arrivals, densest_spans
from builders.rare_objects import on_rare_objects, with_rarity
from graph.model import Clustering, InteractionGraph
from graph.schemas import ACCOUNTS, CLUSTERING, EDGES, INTERACTIONS, MEMBER_INTERACTIONS

RING = [f"r{n:02}" for n in range(20)]


def edges_of(pairs):
    """Edges as text: pairs with log10 p (and weight)."""
    rows = [f"{a} | {b} | l | {weight} | {p}" for a, b, p, weight in pairs]
    return "src | dst | layer | weight | log10_p\n" + "\n".join(rows)


def members_of(clusters):
    rows = [f"{account} | {name}" for name, accounts in clusters.items() for account in accounts]
    return "account | cluster\n" + "\n".join(rows)


def test_a_blatant_ring_buys_no_false_edges_elsewhere(engine, table):
    ring = [(a, b, -30.0, 1) for a, b in combinations(RING, 2)]
    # Alone among a million tests the others would not be called; beside 190 calls they would.
    others = [(f"x{n}", f"y{n}", -5.1 - n / 100, 1) for n in range(5)]
    graph = InteractionGraph(table(engine, EDGES, edges_of([*ring, *others])))

    called = call_edges(graph, tested_pairs=1e6, false_discovery_rate=0.05)

    kept = {(row["src"], row["dst"]) for row in called.graph.edges.rows()}
    assert kept == set(combinations(RING, 2))
    assert called.log10_first_cut == pytest.approx(-5.1)
    assert {row["src"] for row in called.weak.rows()} == {f"x{n}" for n in range(5)}
    assert (called.kept, called.refused) == (190, 5)


def test_what_is_called_without_a_blatant_group_stays_called(engine, table):
    others = [(f"x{n}", f"y{n}", -9.0, 1) for n in range(5)]
    graph = InteractionGraph(table(engine, EDGES, edges_of(others)))

    called = call_edges(graph, tested_pairs=1e6, false_discovery_rate=0.05)

    assert called.kept == 5
    assert blatant_pairs(called.graph).count() == 0


def test_an_account_whose_weak_edges_lead_into_one_cluster_joins_it(engine, table):
    whole = members_of({"b": "bcde", "p": "pqr"})
    weak = [
        *(("a", end, -4, 0.1) for end in "bc"),  # both lead into the first cluster
        *(("s", end, -4, 0.1) for end in "bp"),  # one into each
        ("d", "t", -4, 0.1),  # one alone
        *(("u", end, -4, 0.1) for end in "xyz"),  # most lead elsewhere
        *((end, "u", -4, 0.1) for end in "de"),
    ]
    given = Clustering(table(engine, CLUSTERING, whole), method="given")

    found = recruited(
        given,
        table(engine, EDGES, edges_of(weak)),
        least_edges=2,
        least_share=0.5,
        least_accounts=3,
    )

    # The cluster is named anew, by its least account.
    assert {row["account"]: row["cluster"] for row in found.members.rows()} == {
        **dict.fromkeys("abcde", "a"),
        **dict.fromkeys("pqr", "p"),
    }


def test_a_cluster_below_the_least_size_gains_nobody(engine, table):
    given = Clustering(table(engine, CLUSTERING, members_of({"b": "bc"})), method="given")
    weak = table(engine, EDGES, edges_of([("a", "b", -4, 0.1), ("a", "c", -4, 0.1)]))

    found = recruited(given, weak, least_edges=2, least_share=0.5, least_accounts=3)

    assert found.members.count() == 2


def test_members_of_the_two_core_are_counted(engine, table):
    triangle = [("a", "b", -9, 1), ("a", "c", -9, 1), ("b", "c", -9, 1), ("c", "d", -9, 1)]
    given = Clustering(table(engine, CLUSTERING, members_of({"a": "abcd", "p": "pq"})), method="x")

    knit = knit_accounts(table(engine, EDGES, edges_of([*triangle, ("p", "q", -9, 1)])), given)

    assert {row["cluster"]: row["knit"] for row in knit.rows()} == {"a": 3, "p": 0}


def test_attendance_by_loyalty_is_uneven_and_by_order_is_not(engine, table):
    # Of four objects two members come to all and two to half: mean 3/4, variance 1.
    visits = {"a": "1234", "b": "1234", "c": "12", "d": "34"}
    rows = [f"k | {who} | like | post | {what}" for who, all_ in visits.items() for what in all_]
    rows += [f"m | {who} | like | post | {what}" for who in "pqr" for what in "789"]
    acts = "cluster | account | action | object_kind | object\n" + "\n".join(rows)
    given = Clustering(
        table(engine, CLUSTERING, members_of({"k": "abcd", "m": "pqr"})), method="given"
    )

    found = attendance(table(engine, MEMBER_INTERACTIONS, acts), given).rows()

    even, all_ = {row["cluster"]: row for row in found}["k"], found[1]
    assert (even["regular_objects"], even["attendance"]) == (4, 0.75)
    assert even["unevenness"] == pytest.approx(1 / (4 * 0.75 * 0.25))
    assert (all_["cluster"], all_["attendance"], all_["unevenness"]) == ("m", 1.0, 0.0)


def test_crowded_values_are_expected_by_the_ratio_of_small_ones():
    sizes = {1: 9999, 2: 999, 3: 90, 12: 1}

    found = log10_expected_values(sizes)

    ratio = (999.5) / 10_000
    assert found[2] == pytest.approx(math.log10(999.5 / (1 - ratio)))
    assert found[12] == pytest.approx(found[2] + 10 * math.log10(ratio))
    assert 1 not in found


def test_a_small_extract_is_judged_mildly():
    assert log10_expected_values({5: 1})[5] > math.log10(0.05)


def test_one_crowded_address_of_many_is_chance_and_ten_are_none():
    homes = {1: 100_000, 2: 4_000, 3: 160, 4: 6}
    one, ten = (log10_expected_values({**homes, 6: values}, false_share=0.05) for values in (1, 10))

    # Six by a ratio of 0.04 would be one such value in a hundred extracts; five, one in four.
    assert set(one) == {6}
    assert set(ten) == {6}
    assert set(log10_expected_values({**homes, 5: 1}, false_share=0.05)) == set()
    assert set(log10_expected_values({**homes, 5: 10}, false_share=0.05)) == {5}
    assert set(log10_expected_values({**homes, 5: 1})) == {2, 3, 4, 5}


def test_rare_objects_are_those_of_two_accounts_or_more_and_of_few(engine, table):
    rows = ["a | like | alone", "a | like | pair", "b | like | pair", "c | share | pair"]
    rows += [f"{who} | like | crowd" for who in "abcd"]
    acts = table(engine, INTERACTIONS, "account | action | object\n" + "\n".join(rows))

    rarely = with_rarity(acts, at_most_accounts=9)
    found = on_rare_objects(rarely, acts.schema, at_most_accounts=3).rows()

    assert {(row["account"], row["action"], row["object"]) for row in found} == {
        ("a", "like", "pair"),
        ("b", "like", "pair"),
    }


def test_a_cohort_is_tested_as_a_scan_of_creation_times(engine, table):
    day = 86_400_000
    made = {f"o{n:02}": 10 * day * n for n in range(40)}
    made |= {f"n{n}": 500 * day + n for n in range(6)}
    people = "account | created_at\n" + "\n".join(f"{a} | {at}" for a, at in made.items())
    accounts = table(engine, ACCOUNTS, people)
    who = [*(f"n{n}" for n in range(6)), "o01", "o02"]
    rows = [f"{name} | like | o | {1000 * n}" for n, name in enumerate(who)]
    acts = table(engine, INTERACTIONS, "account | action | object | acted_at\n" + "\n".join(rows))

    arrived = arrivals(acts, accounts, within_seconds=3600, least=8)
    spans = densest_spans(arrived, accounts, width_days=1, least=6)
    tested = cohorts_against_chance(spans, looks=2).rows()

    spans.schema.check(COHORTS.arrow, of="the spans")
    # Halves of an hour overlap: the same crowd stands in two cells.
    assert [(row["accounts"], row["cohort"], row["made"]) for row in tested] == [(8, 6, 6)] * 2
    expected = hypergeom.logsf(5, 46, 6, 8) / math.log(10) + math.log10(8 * 2)
    assert tested[0]["log10_p"] == pytest.approx(expected)
