"""Is co-action more than chance: the tail, the expectation, and the cut."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from algorithms.calls import call_edges
from algorithms.chance import clusters_against_chance, co_action_against_chance
from algorithms.tail import benjamini_hochberg_cut, log10_choices, log10_upper_tail
from builders.coaction import coaction_graph
from graph.engines.kernels.cells import SIZES, meetings
from graph.engines.kernels.chance import HEDGE, expectation, expected_of_pairs
from graph.engines.kernels.strata import HOUR_MS, one_stratum, time_strata
from graph.model import Clustering, InteractionGraph
from graph.schemas import CLUSTERING, EDGES, INTERACTIONS

HOUR = 3_600_000


def simulated(seed: int, *, accounts: int = 60, objects: int = 40, rows: int = 3000):
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, accounts, rows),
        rng.integers(0, objects, rows),
        rng.integers(0, 3 * 24 * HOUR, rows),
    )


@given(
    count=st.integers(1, 40),
    mean=st.floats(1e-6, 50),
    dispersion=st.sampled_from([0.0, 0.25, 1.0]),
)
def test_the_tail_agrees_with_scipys_distributions(count, mean, dispersion):
    found = log10_upper_tail(np.array([float(count)]), np.array([mean]), dispersion=dispersion)[0]
    if dispersion == 0:
        expected = stats.poisson.sf(count - 1, mean)
    else:
        expected = stats.nbinom.sf(count - 1, 1 / dispersion, 1 / (1 + dispersion * mean))
    if expected > 1e-250:
        assert found == pytest.approx(math.log10(expected), abs=1e-6)


@pytest.mark.parametrize("dispersion", [0.0, 0.25])
def test_a_tail_below_the_smallest_double_is_still_ordered(dispersion):
    counts = np.array([50.0, 100.0, 200.0, 400.0])
    logs = log10_upper_tail(counts, np.full(4, 1e-6), dispersion=dispersion)
    assert np.isfinite(logs).all()
    assert (np.diff(logs) < 0).all()
    assert logs[-1] < -1000


def test_the_tail_is_continuous_where_it_begins_to_underflow():
    counts = np.arange(30.0, 70.0)
    logs = log10_upper_tail(counts, np.full(40, 1e-4), dispersion=0.0)
    steps = np.diff(logs)
    assert (np.abs(np.diff(steps)) < 0.05).all()


def test_nothing_seen_is_no_surprise_and_something_where_nothing_was_expected_is():
    logs = log10_upper_tail(np.array([0.0, 1.0]), np.array([0.0, 0.0]), dispersion=0.25)
    assert logs[0] == 0
    assert logs[1] < -200


def test_a_negative_dispersion_is_refused():
    with pytest.raises(ValueError, match="at least 0, not -1"):
        log10_upper_tail(np.array([1.0]), np.array([1.0]), dispersion=-1)


@given(
    p=st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=50),
    extra=st.integers(0, 1000),
)
def test_the_cut_is_benjamini_and_hochbergs_with_unseen_pairs_counted_as_ones(p, extra):
    everything = np.array(p + [1.0] * extra)
    cut = benjamini_hochberg_cut(np.log10(np.array(p)), tests=len(everything), rate=0.05)
    called = stats.false_discovery_control(everything) <= 0.05 * (1 + 1e-9)
    assert (np.log10(np.array(p)) <= cut + 1e-12).sum() == called[: len(p)].sum()


def test_more_p_values_than_tests_are_refused():
    with pytest.raises(ValueError, match="cannot come from 1 tests"):
        benjamini_hochberg_cut(np.array([-1.0, -2.0]), tests=1, rate=0.05)


def test_choices_are_counted_as_binomial_coefficients():
    assert log10_choices([10], [3])[0] == pytest.approx(math.log10(120))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), within=st.sampled_from([0, 60_000, 600_000, -1]))
def test_the_expectation_adds_up_to_the_matches_of_the_extract(seed, within):
    account, object_, acted_at = simulated(seed)
    model = expectation(
        account,
        object_,
        acted_at,
        accounts=60,
        within_ms=within,
        strata=one_stratum(len(account)),
    )
    assert model.matches == matching(account, object_, acted_at, within).sum() // 2

    total = expected_of_pairs(model, *all_pairs(60)).sum()
    # Pairs of one account's own interactions take their share of the rate: 1/60 of it here.
    assert total == pytest.approx((1 + HEDGE) * model.matches, rel=0.05, abs=1)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), within=st.sampled_from([0, 60_000, HOUR]))
def test_the_expectation_is_the_formula_of_its_strata_with_matches_across_hours(seed, within):
    account, object_, acted_at = simulated(seed, accounts=12, objects=6, rows=400)
    strata = time_strata(acted_at, width_ms=HOUR, least=6)
    model = expectation(account, object_, acted_at, accounts=12, within_ms=within, strata=strata)
    near = matching(account, object_, acted_at, within)
    size = np.bincount(strata.of, minlength=strata.count)
    acts = np.zeros((12, strata.count))
    np.add.at(acts, (account, strata.of), 1)
    expected = np.zeros((12, 12))
    for here in range(strata.count):
        inside = near[np.ix_(strata.of == here, strata.of == here)].sum()
        expected += (
            np.outer(acts[:, here], acts[:, here]) * inside / max(size[here] * (size[here] - 1), 1)
        )
        after = strata.next[here]
        if after >= 0:
            across = near[np.ix_(strata.of == here, strata.of == after)].sum()
            one_way = np.outer(acts[:, here], acts[:, after]) * across
            expected += (one_way + one_way.T) / (size[here] * size[after])
    rows = len(account)
    expected += (
        HEDGE * near.sum() / (rows * (rows - 1)) * np.outer(acts.sum(axis=1), acts.sum(axis=1))
    )
    src, dst = all_pairs(12)
    assert expected_of_pairs(model, src, dst) == pytest.approx(expected[src, dst], rel=1e-9)


def test_two_who_meet_across_the_turn_of_an_hour_are_expected_to():
    minutes = np.array([59, 61, 59, 61, 30, 90], dtype=np.int64) * 60_000
    account = np.array([0, 1, 2, 3, 4, 5], dtype=np.int64)
    object_ = np.array([0, 0, 1, 1, 2, 3], dtype=np.int64)
    strata = time_strata(minutes, width_ms=HOUR, least=1)
    model = expectation(account, object_, minutes, accounts=6, within_ms=600_000, strata=strata)
    assert list(strata.next) == [1, -1]
    crossing = expected_of_pairs(model, np.array([0]), np.array([1]))[0]
    assert crossing > 2 / 9


def test_thin_hours_join_the_rest_of_their_day_and_thin_days_the_rest_of_all():
    full = np.full(5, 2 * HOUR)
    next_full = np.full(5, 3 * HOUR)
    thin = np.array([5 * HOUR, 6 * HOUR, 7 * HOUR, 8 * HOUR, 9 * HOUR])
    lonely = np.array([50 * HOUR])
    strata = time_strata(np.concatenate([full, next_full, thin, lonely]), width_ms=HOUR_MS, least=5)
    assert list(strata.of) == [0] * 5 + [1] * 5 + [2] * 5 + [3]
    assert list(strata.next) == [1, -1, -1, -1]


def test_a_full_hour_after_a_thin_one_does_not_follow_the_hour_before():
    acted_at = np.array([0, 0, HOUR, 2 * HOUR, 2 * HOUR])
    strata = time_strata(acted_at, width_ms=HOUR, least=2)
    assert list(strata.next) == [-1, -1, -1]


def test_members_who_meet_are_counted_once_a_cell_whatever_their_number():
    # Accounts 0-3 meet on object 0 in the first hour and on object 1 in the second; 0 comes twice.
    account = np.array([0, 0, 1, 2, 3, 0, 1, 2, 4, 5])
    object_ = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 3])
    acted_at = np.array([0, 1, 2, 3, 4, HOUR, HOUR, HOUR, HOUR, 0])
    found = meetings(
        account,
        object_,
        acted_at,
        np.full(len(account), -1),
        cluster_of=np.array([0, 0, 0, 0, -1, -1]),
        clusters=1,
        width_ms=HOUR,
        least=1,
    )
    assert list(found.seen[0, :3]) == [2, 2, 1]
    assert found.seen[0, 3:].sum() == 0


@pytest.mark.parametrize("hot", [True, False], ids=["hot objects", "cool objects"])
def test_a_random_group_meets_no_oftener_than_the_bound_expects(hot):
    rng = np.random.default_rng(3)
    rows = 60_000
    account = rng.integers(0, 1500, rows)
    popular = (rng.pareto(1.2, rows) * 10).astype(np.int64) % 3000
    object_ = popular if hot else rng.integers(0, 200, rows)
    acted_at = rng.integers(0, 48 * HOUR, rows)
    cluster_of = np.full(1500, -1)
    cluster_of[:800] = np.arange(800) // 20
    found = meetings(
        account,
        object_,
        acted_at,
        np.full(len(account), -1),
        cluster_of=cluster_of,
        clusters=40,
        width_ms=HOUR,
        least=200,
    )
    pairs, triples = SIZES.index(2), SIZES.index(3)
    assert found.seen[:, pairs].sum() <= found.expected[:, pairs].sum() * 1.05
    assert found.seen[:, triples].sum() <= found.expected[:, triples].sum() * 1.1
    if not hot:
        # Where no cell holds many, the bound is nearly what happens.
        assert found.expected[:, pairs].sum() <= found.seen[:, pairs].sum() * 1.15


def test_a_ring_in_a_crowd_is_called_and_the_crowd_is_not(engine):
    rng = np.random.default_rng(7)
    crowd = [
        (f"u{a:04d}", f"o{o}", int(t))
        for a, o, t in zip(
            rng.integers(0, 800, 20_000),
            (rng.pareto(1.1, 20_000) * 20).astype(int) % 4000,
            rng.integers(0, 7 * 24 * HOUR, 20_000),
            strict=True,
        )
    ]
    ring = [
        (f"r{member}", f"x{object_}", object_ * 9 * HOUR + member * 1000)
        for object_ in range(12)
        for member in range(6)
    ]
    interactions = interactions_of(engine, crowd + ring)
    built = coaction_graph(interactions, within_seconds=60, at_least=1).graph

    tested = co_action_against_chance(built, interactions, within_seconds=60, least_in_stratum=50)
    called = call_edges(tested.graph, tested_pairs=806 * 805 / 2, false_discovery_rate=0.05)

    pairs = {(row["src"], row["dst"]) for row in called.graph.edges.rows()}
    assert len([pair for pair in pairs if pair[0].startswith("r")]) == 15
    assert not [pair for pair in pairs if not pair[0].startswith("r")]
    assert called.kept + called.refused == built.edges.count()


def test_posts_that_share_a_link_and_its_domain_are_one_coincidence(engine):
    """One pair of posts on four objects counts as one; four pairs count as four."""
    once = [(a, f"{kind}/1", 0) for a in ("a", "b") for kind in ("url", "domain", "tag", "image")]
    often = [(a, f"url/{n}", n * HOUR) for a in ("c", "d") for n in range(4)]
    interactions = interactions_of(engine, once + often)
    edges = engine.sql(
        """
        select * from (values
            ('a', 'b', 'l', 4.0, 1, 1, 4, 4, 4, 0, 0, null, null),
            ('c', 'd', 'l', 4.0, 4, 4, 4, 4, 4, 0, 0, null, null)
        ) v(src, dst, layer, weight, src_count, dst_count, objects, object_days, post_pairs,
            first_at, last_at, expected, log10_p)
        """,
        EDGES,
    )
    tested = co_action_against_chance(InteractionGraph(edges), interactions, within_seconds=60)
    logs = {row["src"]: row["log10_p"] for row in tested.graph.edges.rows()}
    assert logs["c"] < logs["a"]


def test_a_ring_is_beyond_any_search_and_a_random_group_is_not(engine):
    rng = np.random.default_rng(11)
    crowd = [
        (f"u{a:04d}", f"o{o}", int(t))
        for a, o, t in zip(
            rng.integers(0, 600, 20_000),
            rng.integers(0, 300, 20_000),
            rng.integers(0, 4 * 24 * HOUR, 20_000),
            strict=True,
        )
    ]
    ring = [(f"r{m}", f"x{o}", o * 4 * HOUR + m) for o in range(20) for m in range(8)]
    interactions = interactions_of(engine, crowd + ring)
    members = engine.sql(
        """
        select distinct account, case when account like 'r%' then 'r0' else 'u0000' end as cluster
        from {i} where account like 'r%' or account < 'u0008'
        """,
        CLUSTERING,
        i=interactions,
    )
    rows = clusters_against_chance(Clustering(members, method="by hand"), interactions).rows()
    found = {row["cluster"]: row for row in rows}
    assert found["r0"]["meetings"] == 20
    assert found["r0"]["log10_p"] < -20
    assert found["u0000"]["log10_p"] == 0


def interactions_of(engine, rows):
    import pyarrow as pa

    accounts, objects, times = zip(*rows, strict=True)
    filler = [None] * len(rows)
    data = {
        "account": accounts,
        "action": ["like"] * len(rows),
        "object": objects,
        "object_kind": ["post"] * len(rows),
        "acted_at": times,
        "content": filler,
        "owner": filler,
        "text": filler,
        "platform": filler,
    }
    return engine.from_arrow(pa.table(data, schema=INTERACTIONS.arrow), INTERACTIONS)


def matching(account, object_, acted_at, within):
    """Which pairs of interactions match, as a square of truth values."""
    near = (
        np.ones((len(account), len(account)), dtype=bool)
        if within < 0
        else np.abs(acted_at[:, None] - acted_at[None, :]) <= within
    )
    return near & (object_[:, None] == object_[None, :]) & (account[:, None] != account[None, :])


def all_pairs(accounts):
    src, dst = np.triu_indices(accounts, 1)
    return src.astype(np.int64), dst.astype(np.int64)
