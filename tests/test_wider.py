"""Loose rings that one price tears are put together from further away; what leaks anyway stays."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from algorithms.leiden import leiden
from algorithms.wider import widened
from graph.model import InteractionGraph
from graph.schemas import EDGES
from tests.test_flag_pieces import edges_of

PRICE = 0.1
LOWER = (0.05, 0.025, 0.0125)
PIECES = [[f"r{piece}{n}" for n in range(4)] for piece in range(6)]
RING = sorted(account for piece in PIECES for account in piece)


def loose_ring():
    """Six fours that hold together, and each of them by a thread to every other."""
    fours = {pair for piece in PIECES for pair in combinations(piece, 2)}
    return [(a, b, -3.0, 0.3 if (a, b) in fours else 0.06) for a, b in combinations(RING, 2)]


def tissue(accounts=300, each=6, seed=7):
    """Pairs by chance, each account in a few."""
    dice = np.random.default_rng(seed)
    drawn = dice.integers(0, accounts, (accounts * each // 2, 2))
    pairs = {(min(a, b), max(a, b)) for a, b in drawn.tolist() if a != b}
    return [(f"t{a:03}", f"t{b:03}", -3.0, 0.12) for a, b in sorted(pairs)]


@pytest.fixture
def looked_at(engine, table):
    """What edges are divided into at one price, and then from further away."""

    def looked_at(edges, resolutions=LOWER, least=3):
        rows = table(engine, EDGES, edges_of(edges))
        whole = leiden(InteractionGraph(rows), resolution=PRICE)
        found = widened(
            whole,
            rows,
            resolutions=resolutions,
            most_conductance=0.3,
            least_accounts=least,
            seed=0,
        )
        return groups(whole), groups(found)

    return looked_at


def groups(clustering):
    """The accounts of each cluster, by the cluster's name."""
    found = {}
    for row in clustering.members.rows():
        found.setdefault(row["cluster"], []).append(row["account"])
    return {name: sorted(accounts) for name, accounts in found.items()}


def test_a_ring_in_pieces_that_lead_to_one_another_is_one_cluster(looked_at):
    before, after = looked_at(loose_ring())

    assert sorted(before.values()) == PIECES
    assert after == {"r00": RING}


def test_a_tissue_of_chance_pairs_stays_in_its_pieces(looked_at):
    before, after = looked_at(tissue())

    assert after == before
    assert len(before) > 50


def test_a_closed_cluster_is_left_alone_by_a_ring_that_is_put_together(looked_at):
    closed = [f"c{n}" for n in range(5)]
    edges = [(a, b, -9.0, 0.9) for a, b in combinations(closed, 2)]
    by_a_thread = [("c0", "r00", -3.0, 0.05)]

    _, after = looked_at([*loose_ring(), *edges, *by_a_thread])

    assert after == {"c0": closed, "r00": RING}


def test_groups_that_are_too_small_and_no_lower_price_change_nothing(looked_at):
    before, after = looked_at(loose_ring(), least=25)
    assert after == before

    before, after = looked_at(loose_ring(), resolutions=())
    assert after == before


def test_every_account_is_in_one_cluster_that_is_named_by_its_least(looked_at):
    _, after = looked_at([*tissue(), *loose_ring()])

    everybody = sorted(account for accounts in after.values() for account in accounts)
    assert len(everybody) == len(set(everybody))
    assert set(everybody) == {a for edge in [*tissue(), *loose_ring()] for a in edge[:2]}
    assert all(name == accounts[0] for name, accounts in after.items())
    assert after["r00"] == RING


def test_the_closed_heart_of_a_torn_ring_is_put_together_with_what_leads_to_it(looked_at):
    elsewhere = [f"e{n:02}" for n in range(20)]
    apart = [(a, b, -9.0, 0.9) for a, b in combinations(elsewhere, 2)]

    before, after = looked_at([*apart, *torn_with_a_heart()])

    assert HEART in before.values()
    assert after == {"e00": elsewhere, "h0": sorted([*HEART, *RING])}


def test_two_closed_clusters_with_a_leaking_one_between_them_stay_apart(looked_at):
    rings = [[f"{ring}{n}" for n in range(8)] for ring in "ab"]
    between = ["m0", "m1", "m2"]
    edges = [(a, b, -9.0, 0.9) for ring in rings for a, b in combinations(ring, 2)]
    edges += [(a, b, -9.0, 0.3) for a, b in combinations(between, 2)]
    edges += [(m, f"{ring}{n}", -3.0, 0.1) for m in between for ring in "ab" for n in range(4)]

    before, after = looked_at(sorted((min(a, b), max(a, b), p, w) for a, b, p, w in edges))

    assert after == before
    assert sorted(after.values()) == [*rings, between]


HEART = [f"h{n}" for n in range(9)]


def torn_with_a_heart():
    """The ring's pieces, hardly joined to one another, and a larger one to which they all lead."""
    pieces = [(a, b, p, w if w > 0.1 else 0.01) for a, b, p, w in loose_ring()]
    inside = [(a, b, -9.0, 0.65) for a, b in combinations(HEART, 2)]
    return [*pieces, *inside, *((a, b, -3.0, 0.08) for a in HEART for b in RING)]
