"""Observed against expected among all pairs of accounts drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from algorithms.calibration import all_pairs, calibration, drawn_accounts, over_dispersion
from builders.coaction import coaction_graph
from graph.schemas import EDGES
from jobs.detector import World
from jobs.detectors.shared_objects import SharedObjects, draw
from tests.test_object_groups import HOUR, table_of


def crowd(engine, *, accounts: int = 120, rows: int = 8000, mixed: int | None = None):
    rng = np.random.default_rng(5)
    account, object_ = rng.integers(0, accounts, rows), rng.integers(0, 60, rows)
    acted_at = rng.integers(0, 48 * HOUR, rows)
    order = np.arange(rows) if mixed is None else np.random.default_rng(mixed).permutation(rows)
    return table_of(engine, account[order], object_[order], acted_at[order])


def test_accounts_are_drawn_alike_at_any_order_of_rows_and_never_idle_ones(engine):
    interactions = table_of(engine, [0, 0, 1, 2, 2, 3, 3], [0] * 7, list(range(7)))
    drawn = drawn_accounts(interactions, number=9, at_least=2, seed=0)
    assert [row["account"] for row in drawn.rows()] == ["a0", "a2", "a3"]
    once, again = (
        drawn_accounts(crowd(engine, mixed=n), number=20, at_least=2, seed=4).rows() for n in (1, 2)
    )
    assert once == again
    assert len(once) == 20


def test_all_pairs_are_there_whether_they_met_or_not(engine):
    interactions = table_of(engine, [0, 1, 2, 0, 1, 2], [0, 0, 1, 2, 2, 3], [0, 1, 2, 3, 4, 5])
    met = coaction_graph(interactions, within_seconds=60, at_least=1).graph.edges
    drawn = drawn_accounts(interactions, number=3, at_least=2, seed=0)
    counts = {(r["src"], r["dst"]): r["objects"] for r in all_pairs(met, drawn).rows()}
    assert counts == {("a0", "a1"): 2, ("a0", "a2"): 0, ("a1", "a2"): 0}


def test_tenths_are_sums_in_the_order_of_what_was_expected_and_called_pairs_are_left_out(engine):
    rows = [
        f"('p{n:02d}', 'q', 'beside', 0.0, {n % 3}, 9, 9, 9, 9, null, null, {20 - n}.0, null)"
        for n in range(20)
    ]
    columns = ", ".join(EDGES.names)
    tested = engine.sql(
        f"select {EDGES.selecting()} from (values {', '.join(rows)}) v({columns})", EDGES
    )
    called = engine.sql("select * from {t} where src = 'p00'", EDGES, t=tested)
    found = calibration(tested, called)
    assert found.pairs == 19
    assert found.expected.sum() == sum(range(1, 20))
    assert found.observed.sum() == sum(n % 3 for n in range(1, 20))
    assert (found.expected[0], found.observed[0]) == (3.0, 19 % 3 + 18 % 3)
    # Eighteen pairs have an expectation of 3 or more, too few for a dispersion.
    assert found.dispersion is None


@pytest.mark.parametrize("dispersion", [0.0, 0.5])
def test_the_dispersion_of_counts_that_have_one_is_found(dispersion):
    rng = np.random.default_rng(1)
    mean = rng.uniform(3, 20, 20_000)
    scale = rng.gamma(1 / dispersion, dispersion, len(mean)) if dispersion else 1.0
    assert over_dispersion(rng.poisson(mean * scale) * 1.0, mean) == pytest.approx(
        dispersion, abs=0.03
    )


def test_where_meetings_are_chance_as_much_is_seen_as_expected_and_edges_do_not_change(engine):
    interactions = crowd(engine)
    settings = SharedObjects(within_seconds=(3600.0,), drawn_accounts=120)
    with_facts = draw(World(interactions), settings)
    without = draw(World(interactions), SharedObjects(within_seconds=(3600.0,), drawn_accounts=0))
    facts = with_facts.facts
    assert facts["pairs drawn within 3600 s"] == 120 * 119 / 2
    # A tenth is the hedge; counts of distinct objects are at most those of matches.
    assert 0.8 < facts["observed / expected within 3600 s"] < 1.0
    assert 0.7 < facts["observed / expected within 3600 s, tenth 10"] < 1.1
    assert not [name for name in without.facts if "drawn" in name or "/" in name]
    assert with_facts.graph.edges.rows() == without.graph.edges.rows()
    for name in ("observed within 3600 s", "expected within 3600 s", "edges_refused"):
        assert with_facts.facts[name] == pytest.approx(without.facts[name], rel=1e-12)
