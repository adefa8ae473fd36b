"""Groups found on every second day, tested on the days between."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from algorithms.evalues import log10_evalue
from graph.model import Clustering
from graph.schemas import CLUSTERING, EVIDENCE
from jobs.day_groups import day_groups, found_on, met_off
from jobs.other_days import other_days, with_other_days
from tests.test_object_groups import HOUR, table_of

BEGIN = 1_700_006_400_000
"""A midnight, UTC, of a day of odd number (19,676 days and one after 1970)."""


@pytest.fixture(scope="module")
def engine(request, tmp_path_factory, opening):
    """Each engine in turn, opened once: groups found on it are looked at by several tests."""
    opened = opening(request.param, tmp_path_factory.mktemp("spill"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def groups_of_all_days(engine):
    """The groups of a world whose ring meets on all days."""
    return day_groups(world(engine, ring_days=range(12)), seed=0)


def world(engine, *, ring_days):
    """A crowd of twelve days; accounts 900 to 905 meet on ten objects of each of `ring_days`."""
    rng = np.random.default_rng(6)
    account, object_ = rng.integers(0, 300, 12_000), rng.integers(0, 400, 12_000)
    acted_at = rng.integers(0, 12 * 24 * HOUR, 12_000)
    ring = [
        (900 + member, 1000 + 10 * day + act, day * 24 * HOUR + act * 2 * HOUR + member * 1000)
        for day in ring_days
        for act in range(10)
        for member in range(6)
    ]
    who, what, when = (np.array(part, np.int64) for part in zip(*ring, strict=True))
    # They do other things too, on all days.
    life = np.arange(12 * 6)
    return table_of(
        engine,
        np.concatenate([account, who, 900 + life % 6]),
        np.concatenate([object_, what, rng.integers(0, 400, len(life))]),
        BEGIN + np.concatenate([acted_at, when, (life // 6) * 24 * HOUR + life * 60_000]),
    )


def cluster(engine, numbers=range(900, 906)):
    names = [f"a{n}" for n in numbers]
    rows = pa.table(
        {name: names if name == "account" else ["a900"] * len(names) for name in CLUSTERING.names},
        schema=CLUSTERING.arrow,
    )
    return Clustering(engine.from_arrow(rows, CLUSTERING), method="by hand")


def test_a_ring_of_all_days_is_found_on_half_and_confirmed_on_the_others(
    engine, groups_of_all_days
):
    [row] = other_days(cluster(engine), groups_of_all_days).rows()
    assert (row["cluster"], row["accounts"]) == ("a900", 6)
    assert row["log10_p"] < -20
    assert row["meetings"] == 60


def test_a_ring_of_one_half_of_the_days_is_found_there_and_no_surprise_on_the_others(engine):
    interactions = world(engine, ring_days=range(0, 12, 2))
    groups = day_groups(interactions, seed=0)
    [row] = other_days(cluster(engine), groups).rows()
    assert row["log10_p"] > -1
    assert row["log10_e"] < 0
    assert row["accounts"] == 6
    other = found_on(interactions, days=1 - row["days"], seed=0)
    assert not {r["account"] for r in other.members.rows()} & {f"a{n}" for n in range(900, 906)}


def test_a_group_of_which_nobody_acts_on_the_other_days_has_no_meetings(engine):
    interactions = table_of(engine, [0, 1, 2], [5, 5, 5], [BEGIN, BEGIN + 1, BEGIN + 25 * HOUR])
    days = BEGIN // (24 * HOUR) % 2
    [row] = met_off(cluster(engine, (0, 1)), interactions, days=days).rows()
    assert (row["accounts"], row["meetings"], row["log10_p"]) == (2, 0, 0)


def test_both_halves_stake_one_half_and_every_group_of_a_half_an_equal_part(
    engine, groups_of_all_days
):
    rows = groups_of_all_days.rows()
    [row] = other_days(cluster(engine), groups_of_all_days).rows()

    stakes = []
    for days in (0, 1):
        own = {r["found"]: r for r in rows if r["days"] == days}
        [ring] = [r for r in own.values() if r["found"] == "a900"]
        assert ring["log10_e"] == pytest.approx(log10_evalue(np.array([ring["log10_p"]]))[0])
        stakes.append((ring["log10_e"] - math.log10(2 * len(own))) * math.log(10))
    assert row["log10_e"] == pytest.approx(np.logaddexp(*stakes) / math.log(10), abs=1e-6)


def test_a_group_that_cannot_have_met_on_the_other_days_has_bet_nothing(engine):
    """Three who meet on one day alone: on the days between, none of them is there."""
    rng = np.random.default_rng(4)
    account, object_ = rng.integers(0, 300, 6_000), rng.integers(0, 400, 6_000)
    acted_at = rng.integers(0, 6 * 24 * HOUR, 6_000)
    ring = [(900 + m, 1000 + act, act * HOUR + m * 1000) for act in range(12) for m in range(4)]
    who, what, when = (np.array(part, np.int64) for part in zip(*ring, strict=True))
    interactions = table_of(
        engine,
        np.concatenate([account, who]),
        np.concatenate([object_, what]),
        BEGIN + np.concatenate([acted_at, when]),
    )
    own = [r for r in day_groups(interactions, seed=0).rows() if r["found"] == "a900"]
    assert [r["account"] for r in own] == ["a900", "a901", "a902", "a903"]
    assert {(r["meetings"], r["expected"], r["log10_p"], r["log10_e"]) for r in own} == {
        (0, 0, 0, 0)
    }


# An average over three worlds.
@pytest.mark.local_only
def test_groups_that_nobody_chose_win_nothing_on_average_by_meeting_as_chance_has_it(engine):
    """In three worlds of busy evenings and hot objects, and posts of one object and of three."""
    won = np.concatenate([bets_of_chance(engine, seed) for seed in (1, 2, 3)])

    assert len(won) == 300
    assert won.mean() <= 1 + 3 * won.std() / math.sqrt(len(won))
    assert won.max() > won.min()


def bets_of_chance(engine, seed):
    """The e-values of fifty groups of six on both halves of a world's days."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, 300, 8_000)
    acted_at = rng.integers(0, 12, 8_000) * 24 * HOUR + (rng.beta(6, 3, 8_000) * 24 * HOUR).astype(
        int
    )
    told = np.repeat(np.arange(8_000), rng.choice([1, 3], 8_000))
    hot = (400 * rng.beta(1, 4, len(told))).astype(int)
    interactions = table_of(engine, account[told], hot, BEGIN + acted_at[told])
    names = [f"a{n}" for n in range(300)]
    rows = pa.table(
        {
            name: names if name == "account" else [f"g{n // 6}" for n in range(300)]
            for name in CLUSTERING.names
        },
        schema=CLUSTERING.arrow,
    )
    groups = Clustering(engine.from_arrow(rows, CLUSTERING), method="by number")
    logs = [
        row["log10_p"] for days in (0, 1) for row in met_off(groups, interactions, days=days).rows()
    ]
    return 10.0 ** log10_evalue(np.minimum(logs, 0.0))


def test_a_cluster_is_told_its_days_as_evidence_that_adds_nothing_to_its_score(
    engine, groups_of_all_days
):
    tried = other_days(cluster(engine), groups_of_all_days)
    evidence = with_other_days(engine.from_arrow(EVIDENCE.arrow.empty_table(), EVIDENCE), tried)
    bet, row = sorted(evidence.rows(), key=lambda each: each["name"])
    assert (row["name"], row["kind"], row["part"]) == ("other-days", "context", 0)
    assert "6 of it were found on every second day; on the days between," in row["says"]
    assert row["says"].endswith("met 60 times, where chance would give 0.00")
    assert (bet["name"], bet["kind"], bet["part"], bet["unit"]) == (
        "e-value",
        "context",
        0,
        "log10 e",
    )
    assert bet["value"] > 20
    assert bet["says"].endswith(f"so far at most once in 10^{bet['value']:.1f} runs")
