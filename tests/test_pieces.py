"""Pieces of clusters: whose weight leads mostly into one larger cluster goes back into it."""

from __future__ import annotations

import random
from itertools import combinations, product

import pytest

from algorithms.pieces import united
from graph.model import Clustering
from graph.schemas import CLUSTERING, EDGES

BOOK = "bcdefgh"


def edges_of(pairs):
    """Edges as text: pairs with their weight."""
    rows = [f"{min(a, b)} | {max(a, b)} | l | {weight}" for a, b, weight in pairs]
    return "src | dst | layer | weight\n" + "\n".join(rows)


def put_back(engine, table, groups, pairs, **settings):
    rows = [f"{account} | {group[0]}" for group in groups for account in group]
    whole = table(engine, CLUSTERING, "account | cluster\n" + "\n".join(rows))
    found = united(
        Clustering(whole, method="given"),
        table(engine, EDGES, edges_of(pairs)),
        **{"least_share": 0.5, "least_partners": 2, "least_accounts": 3, **settings},
    )
    return {row["account"]: row["cluster"] for row in found.members.rows()}


def within(group, weight=1.0):
    return [(a, b, weight) for a, b in combinations(group, 2)]


def between(one, other, weight):
    return [(a, b, weight) for a, b in product(one, other)]


def test_a_piece_that_leads_into_one_larger_cluster_goes_back_into_it(engine, table):
    pairs = [*within(BOOK), *within("pqr"), *between("pqr", BOOK, 0.5)]

    found = put_back(engine, table, [BOOK, "pqr"], pairs)

    assert set(found.values()) == {"b"}


def test_a_cluster_that_gains_a_lesser_account_is_named_by_it(engine, table):
    pairs = [*within(BOOK), *between("a", BOOK, 0.1)]

    found = put_back(engine, table, [BOOK, "a"], pairs)

    assert found == dict.fromkeys("a" + BOOK, "a")


def test_a_ring_that_leans_on_another_with_less_than_half_of_its_weight_stays_apart(engine, table):
    pairs = [*within(BOOK), *within("pqrs"), *between("pqrs", BOOK, 0.4)]  # 11.2 of 23.2

    found = put_back(engine, table, [BOOK, "pqrs"], pairs)

    assert found == {**dict.fromkeys(BOOK, "b"), **dict.fromkeys("pqrs", "p")}


def test_weight_that_leads_to_many_clusters_leads_nowhere(engine, table):
    others = ["ijkl", "mnot"]
    pairs = [*within("pqr", 0.1), *between("pqr", BOOK[:4], 1)]
    for group in (BOOK, *others):
        pairs += within(group)
    for group in others:
        pairs += between("pqr", group, 1)

    found = put_back(engine, table, [BOOK, *others, "pqr"], pairs)

    assert {found[account] for account in "pqr"} == {"p"}


def test_one_edge_to_one_member_makes_nobody_a_member(engine, table):
    found = put_back(engine, table, [BOOK, "a"], [*within(BOOK), ("a", "b", 1)])

    assert found["a"] == "a"


def test_a_pair_gains_nobody(engine, table):
    pairs = [("b", "c", 1), *between("a", "bc", 0.1)]

    assert put_back(engine, table, ["bc", "a"], pairs) == {"a": "a", "b": "b", "c": "b"}


def test_a_piece_of_a_piece_follows_it(engine, table):
    pairs = [*within(BOOK), *within("pqr"), *between("pqr", BOOK, 1), *between("x", "pqr", 0.2)]

    found = put_back(engine, table, [BOOK, "pqr", "x"], pairs)

    assert set(found.values()) == {"b"}


def test_of_two_equal_halves_the_one_with_the_greater_name_goes_into_the_other(engine, table):
    pairs = [*within("bcd", 0.1), *within("pqr", 0.1), *between("bcd", "pqr", 1)]

    assert set(put_back(engine, table, ["bcd", "pqr"], pairs).values()) == {"b"}


def test_layers_add_up_and_lone_weights_of_nought_lead_nowhere(engine, table):
    pairs = [*within(BOOK), *within("pqr"), *between("pqr", BOOK, 0.25)]
    twice = edges_of(pairs + [(a, b, weight) for a, b, weight in pairs if weight == 0.25])
    # The second row of a pair is another layer's.
    seen = set()
    rows = []
    for row in twice.splitlines()[1:]:
        src, dst, _, weight = row.split(" | ")
        rows.append(f"{src} | {dst} | {'m' if (src, dst) in seen else 'l'} | {weight}")
        seen.add((src, dst))
    rows += [f"{min(end, 'z')} | {max(end, 'z')} | l | 0" for end in BOOK]
    groups = [*(f"{account} | b" for account in BOOK), *(f"{a} | p" for a in "pqr"), "z | z"]

    found = united(
        Clustering(
            table(engine, CLUSTERING, "account | cluster\n" + "\n".join(groups)), method="given"
        ),
        table(engine, EDGES, "src | dst | layer | weight\n" + "\n".join(rows)),
        least_share=0.5,
        least_partners=2,
        least_accounts=3,
    )

    by_account = {row["account"]: row["cluster"] for row in found.members.rows()}
    assert by_account == {**dict.fromkeys(BOOK + "pqr", "b"), "z": "z"}


@pytest.mark.parametrize("seed", range(3))
def test_nobody_is_lost_and_no_cluster_is_left_that_leads_into_a_larger(engine, table, seed):
    chance = random.Random(seed)
    accounts = [f"a{n:02}" for n in range(40)]
    groups, rest = [], accounts[:]
    while rest:
        size = min(len(rest), chance.choice((1, 1, 2, 3, 5, 8)))
        groups.append(rest[:size])
        rest = rest[size:]
    pairs = [
        (a, b, round(chance.random(), 3))
        for a, b in combinations(accounts, 2)
        if chance.random() < 0.15
    ]

    found = put_back(engine, table, groups, pairs)

    assert sorted(found) == accounts
    for cluster in set(found.values()):
        mine = {account for account, name in found.items() if name == cluster}
        assert min(mine) == cluster
        total, into, partners = 0.0, {}, {}
        for a, b, weight in pairs:
            for here, there in ((a, b), (b, a)):
                if here in mine:
                    total += weight
                    into[found[there]] = into.get(found[there], 0) + weight
                    partners.setdefault(found[there], set()).add(there)
        for other, weight in into.items():
            size = sum(1 for name in found.values() if name == other)
            if other != cluster and size >= 3 and size > len(mine) and len(partners[other]) >= 2:
                assert weight < 0.5 * total + 1e-9
