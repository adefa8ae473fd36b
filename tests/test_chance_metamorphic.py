"""What chance expects follows the acts alone: not names, not the week, not how often rows are told.

Each world is changed in a way whose effect on the null model is known, and the model has to follow.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.calls import eligible_pairs
from algorithms.chance import co_action_against_chance
from algorithms.tail import log10_upper_tail
from builders.coaction import coaction_graph
from builders.extracts.read import read_extract
from graph.engines.kernels.chance import expectation, expected_of_pairs
from graph.engines.kernels.strata import HOUR_MS, time_strata
from tests.test_chance import all_pairs, interactions_of

BEGIN_MS = 1_767_225_600_000
WEEK_MS = 7 * 24 * HOUR_MS
ACCOUNTS, OBJECTS, ROWS = 12, 6, 300
LEAST = 6


def world(seed):
    """Accounts, objects and times of three days; a pair may come to one object in one minute."""
    rng = np.random.default_rng(seed)
    return (
        rng.integers(0, ACCOUNTS, ROWS),
        rng.integers(0, OBJECTS, ROWS),
        rng.integers(0, 3 * 24 * 60, ROWS) * 60_000,
    )


def model(account, object_, acted_at, *, within, accounts=ACCOUNTS, least=LEAST):
    strata = time_strata(acted_at, width_ms=HOUR_MS, least=least)
    return expectation(
        account, object_, acted_at, accounts=accounts, within_ms=within, strata=strata
    )


def of_pairs(rows, *, within):
    return expected_of_pairs(model(*rows, within=within), *all_pairs(ACCOUNTS))


worlds = given(seed=st.integers(0, 10_000), within=st.sampled_from([0, 60_000, HOUR_MS]))


@settings(max_examples=15)
@worlds
def test_new_names_for_accounts_and_objects_move_each_expectation_to_the_new_names(seed, within):
    account, object_, acted_at = world(seed)
    rng = np.random.default_rng(seed + 1)
    renamed, things = rng.permutation(ACCOUNTS), rng.permutation(OBJECTS)
    src, dst = all_pairs(ACCOUNTS)

    before = model(account, object_, acted_at, within=within)
    after = model(renamed[account], things[object_], acted_at, within=within)

    assert after.matches == before.matches
    moved = expected_of_pairs(after, renamed[src], renamed[dst])
    assert moved == pytest.approx(expected_of_pairs(before, src, dst), rel=1e-12)


@settings(max_examples=15)
@worlds
def test_rows_in_another_order_change_nothing(seed, within):
    rows = world(seed)
    order = np.random.default_rng(seed + 1).permutation(ROWS)

    shuffled = of_pairs([column[order] for column in rows], within=within)

    assert shuffled == pytest.approx(of_pairs(rows, within=within), rel=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), weeks=st.integers(-3000, 3000))
def test_whole_weeks_earlier_or_later_change_no_expectation_and_no_p_value(seed, weeks):
    account, object_, acted_at = world(seed)

    before = of_pairs((account, object_, acted_at), within=600_000)
    after = of_pairs((account, object_, acted_at + weeks * WEEK_MS), within=600_000)

    assert (after == before).all()
    seen = np.full(len(before), 3.0)
    assert (tail(seen, after) == tail(seen, before)).all()


@settings(max_examples=15)
@worlds
def test_an_extract_beside_its_own_renamed_copy_halves_each_expectation(seed, within):
    """Twice the acts in an hour and twice the matches: an act meets a given other half as often.

    The rate of an hour is matches / (n (n - 1)), which is not quite halved: it becomes
    (n - 1) / (2n - 1) of what it was, a third at least.
    """
    account, object_, acted_at = world(seed)
    twice = (
        np.concatenate([account, account + ACCOUNTS]),
        np.concatenate([object_, object_ + OBJECTS]),
        np.concatenate([acted_at, acted_at]),
    )

    # What is thin in the one is thin in the other, so the strata are the same.
    once = model(account, object_, acted_at, within=within)
    doubled = model(*twice, within=within, accounts=2 * ACCOUNTS, least=2 * LEAST)

    src, dst = all_pairs(ACCOUNTS)
    before = expected_of_pairs(once, src, dst)
    mine = expected_of_pairs(doubled, src, dst)
    copied = expected_of_pairs(doubled, src + ACCOUNTS, dst + ACCOUNTS)
    assert doubled.matches == 2 * once.matches
    assert mine == pytest.approx(copied, rel=1e-12)
    assert (mine <= before / 2 * (1 + 1e-12)).all()
    assert (mine >= before / 3 * (1 - 1e-12)).all()
    # The one rate of the whole extract that is hedged with is of 300 acts and 600.
    assert doubled.rates.hedge == pytest.approx(once.rates.hedge * 299 / 599, rel=1e-9)


def test_rows_given_twice_are_one_row(engine, small_job):
    rows = planted(0)

    once = judged(read(engine, small_job, rows))
    twice = judged(read(engine, small_job, rows + rows))

    assert len(once) >= 3
    assert twice == once


def test_neither_names_nor_the_week_change_a_p_value(engine):
    rows = planted(0)
    renamed = [(f"z{account}", f"y{object_}", at) for account, object_, at in reversed(rows)]
    later = [(account, object_, at + 5 * WEEK_MS) for account, object_, at in rows]

    before = judged(interactions_of(engine, rows))

    moved = {(f"z{src}", f"z{dst}"): found for (src, dst), found in before.items()}
    assert judged(interactions_of(engine, renamed)) == approximately(moved)
    assert judged(interactions_of(engine, later)) == approximately(before)


def test_an_extract_beside_its_copy_makes_both_halves_alike_and_more_surprising(engine):
    rows = planted(1)
    copy = [(f"z{account}", f"z{object_}", at) for account, object_, at in rows]

    alone = judged(interactions_of(engine, rows))
    both = judged(interactions_of(engine, rows + copy))

    assert len(both) == 2 * len(alone)
    for (src, dst), (expected, log10_p) in alone.items():
        mine, theirs = both[src, dst], both[f"z{src}", f"z{dst}"]
        assert mine == pytest.approx(theirs, rel=1e-9)
        # 300 acts in one stratum: (n - 1) / (2n - 1) is a half to two parts in a thousand.
        assert mine[0] == pytest.approx(expected / 2, rel=0.01)
        assert mine[1] < log10_p


def test_twice_the_accounts_are_four_times_the_pairs_that_might_have_met(engine):
    rows = planted(2)
    copy = [(f"z{account}", f"z{object_}", at) for account, object_, at in rows]

    once = eligible_pairs(interactions_of(engine, rows), at_least=2)
    twice = eligible_pairs(interactions_of(engine, rows + copy), at_least=2)

    accounts = (1 + (1 + 8 * once) ** 0.5) / 2
    assert twice == pytest.approx(2 * accounts * (2 * accounts - 1) / 2)


def planted(seed):
    """What `world` gives, no row twice, in text."""
    rows = sorted(set(zip(*(column.tolist() for column in world(seed)), strict=True)))
    return [(f"a{account}", f"o{object_}", at) for account, object_, at in rows]


def read(engine, small_job, rows):
    """The interactions that the reader of extracts uses of these rows."""
    acts = [
        {
            "account": account,
            "action": "like",
            "object": object_,
            "object_kind": "post",
            "acted_at": BEGIN_MS + at,
        }
        for account, object_, at in rows
    ]
    return read_extract(engine, small_job(acts).extract).interactions


def judged(interactions):
    """`{pair: (expected, log10 p)}` of those who meet within ten minutes."""
    built = coaction_graph(interactions, within_seconds=600, at_least=1)
    tested = co_action_against_chance(built.graph, interactions, within_seconds=600, timed=False)
    return {
        (row["src"], row["dst"]): (row["expected"], row["log10_p"])
        for row in tested.graph.edges.rows()
    }


def approximately(found):
    return {pair: pytest.approx(numbers, rel=1e-9) for pair, numbers in found.items()}


def tail(seen, expected):
    return log10_upper_tail(seen, expected, dispersion=0.25)
