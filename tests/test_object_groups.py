"""What shared interest explains: groups of objects, given or learned, and what they let expect."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithms.chance import co_action_against_chance
from algorithms.co_clustering import Dividing, without_small
from algorithms.learned_groups import Learning, learned_groups
from algorithms.object_groups import OBJECT_GROUPS, given_groups
from builders.coaction import coaction_graph
from graph.engines import open_engine
from graph.engines.kernels.chance import expected_of_pairs
from graph.engines.kernels.interest import interest
from graph.errors import ConfigError
from graph.schemas import INTERACTIONS
from jobs.detector import World
from jobs.detectors.shared_objects import SharedObjects, draw

HOUR = 3_600_000
DAY = 24 * HOUR
LEARNING = Learning(dividing=Dividing(groups=3, dimensions=3), least_accounts=10)


def acts(seed: int, *, topics: int = 3, accounts: int = 150, rows: int = 6000):
    """People who act mostly on their own topic: (account, object, topic, time)."""
    rng = np.random.default_rng(seed)
    account = rng.integers(0, accounts, rows)
    topic = np.where(rng.random(rows) < 0.9, account % topics, rng.integers(0, topics, rows))
    object_ = topic + topics * rng.integers(0, 30, rows)
    return account, object_, topic, rng.integers(0, 4 * DAY, rows)


def table_of(engine, account, object_, acted_at, topic=None):
    number = len(account)
    columns = {
        "account": [f"a{n}" for n in account],
        "action": ["like"] * number,
        "object": [f"o{n}" for n in object_],
        "object_kind": ["post"] * number,
        "acted_at": acted_at,
        **{name: [None] * number for name in ("content", "owner", "text", "platform")},
    }
    schema = INTERACTIONS
    if topic is not None:
        schema = INTERACTIONS.with_attributes(("topic",))
        columns["topic"] = [f"t{n}" for n in topic]
    return engine.from_arrow(pa.table(columns, schema=schema.arrow), schema)


def groups_of(found):
    return {row["object"]: row["group_number"] for row in found.rows()}


def learned(interactions, **changed):
    return learned_groups(interactions, seed=3, learning=replace(LEARNING, **changed))


def test_objects_of_one_audience_are_one_group_and_niche_ones_go_with_their_actors(engine):
    account, object_, _, acted_at = acts(1)
    # An object of two accounts of topic 2, who act on topic 2 else.
    account = np.concatenate([account, [2, 5]])
    object_ = np.concatenate([object_, [999, 999]])
    acted_at = np.concatenate([acted_at, [0, 0]])
    found = groups_of(learned(table_of(engine, account, object_, acted_at)).groups)
    of_topic = [{found[f"o{n}"] for n in range(t, 90, 3)} for t in range(3)]
    assert [len(groups) for groups in of_topic] == [1, 1, 1]
    assert len(set.union(*of_topic)) == 3
    assert found["o999"] in of_topic[2]


def test_groups_do_not_depend_on_the_order_of_rows(engine):
    account, object_, _, acted_at = acts(2)
    mixed = np.random.default_rng(0).permutation(len(account))
    first, second = (
        learned(table_of(engine, account[order], object_[order], acted_at[order]))
        for order in (slice(None), mixed)
    )
    assert first.groups.rows() == second.groups.rows()
    assert first.facts() == second.facts()


def test_nothing_is_learned_from_a_handful(engine):
    found = learned(table_of(engine, [0, 1], [0, 0], [0, 1]))
    assert (found.groups, found.number, found.objects) == (None, 0, 0)


@pytest.mark.parametrize(
    ("bound", "objects", "accounts"),
    [
        ({}, (90, 0), (150, 0)),
        ({"most_objects": 40}, (40, 50), (150, 0)),
        ({"most_accounts": 60}, (90, 0), (60, 90)),
        # The 76 most active act on 1,997 objects together, and one more on 24.
        ({"most_pairs": 2_000}, (90, 0), (76, 74)),
    ],
    ids=["none", "objects", "accounts", "pairs"],
)
def test_what_is_looked_at_for_groups_is_bounded_and_counted(engine, bound, objects, accounts):
    account, object_, _, acted_at = acts(2)
    found = learned(table_of(engine, account, object_, acted_at), **bound)
    assert (found.objects, found.objects_left) == objects
    assert (found.accounts, found.accounts_left) == accounts
    assert found.number == 3
    # The others have the group of those who act on them.
    assert found.groups.count() == 90


@pytest.mark.spark
@pytest.mark.parametrize("engine", ["spark"], indirect=True)
def test_groups_are_those_of_the_local_engine_however_the_rows_are_parted(engine, tmp_path):
    account, object_, topic, acted_at = acts(5)
    # Objects of few accounts, whose mixes of groups are near one another.
    object_ = np.concatenate([object_, 1000 + np.arange(900) // 3])
    account = np.concatenate([account, np.random.default_rng(1).integers(0, 150, 900)])
    acted_at, topic = (np.concatenate([one, np.zeros(900, np.int64)]) for one in (acted_at, topic))
    local = open_engine("local", memory="1GB", threads=1, spill=tmp_path)
    theirs = table_of(local, account, object_, acted_at, topic)
    ours = table_of(engine, account, object_, acted_at, topic)
    parted = engine.keep_frame(engine.frame(ours).repartition(7, "acted_at"), ours.schema)

    bounds = {"most_objects": 80, "most_accounts": 120}
    expected, found = (learned(one, **bounds) for one in (theirs, parted))
    assert found.groups.arrow().equals(expected.groups.arrow())
    assert found.facts() == expected.facts()
    assert found.objects_left > 0 and found.accounts_left > 0
    assert len({row["group_number"] for row in found.groups.rows()}) == 3
    assert given_groups(parted, "topic").arrow().equals(given_groups(theirs, "topic").arrow())
    local.close()


def test_an_objects_topic_is_the_one_it_has_most_often(engine):
    carried = table_of(engine, [0, 1, 2, 3], [7, 7, 7, 8], [0, 1, 2, 3], topic=[5, 5, 2, 2])
    assert groups_of(given_groups(carried, "topic")) == {"o7": 1, "o8": 0}


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    within=st.sampled_from([0, 600_000, HOUR, -1]),
    topics=st.sampled_from([3, 17]),
    least=st.sampled_from([2, 8]),
)
def test_interest_expects_what_its_formula_says(seed, within, topics, least):
    account, object_, topic, acted_at = acts(seed, topics=topics, accounts=10, rows=300)
    model = interest(account, object_, acted_at, topic, accounts=10, within_ms=within, least=least)
    src, dst = (ends.astype(np.int64) for ends in np.triu_indices(10, 1))
    expected = by_hand(account, object_, acted_at, topic, within, least)
    assert expected_of_pairs(model, src, dst) == pytest.approx(expected[src, dst], rel=1e-9)


def by_hand(account, object_, acted_at, topic, within, least):
    """The expectation of each pair, from every pair of interactions."""
    hours = 24 if within >= 0 else 1
    stretch = acted_at // HOUR if within >= 0 else np.zeros_like(acted_at)
    near = (object_[:, None] == object_[None, :]) & (account[:, None] != account[None, :])
    if within >= 0:
        near &= np.abs(acted_at[:, None] - acted_at[None, :]) <= within
    strata = (topic.max() + 1) * hours
    stratum = topic * hours + stretch % hours
    sizes = np.bincount(stratum, minlength=strata)
    thin = sizes < least
    found = np.zeros((10, 10))
    counts = np.zeros((strata + 1, 10))
    np.add.at(counts, (np.where(thin[stratum], strata, stratum), account), 1)

    def pairs(here, there, apart):
        rows, columns = np.nonzero(near)
        ok = here[rows] & there[columns] & (stretch[columns] - stretch[rows] == apart)
        return ok.sum()

    for one in range(strata + 1):
        inside = thin[stratum] if one == strata else (stratum == one) & ~thin[stratum]
        size = inside.sum()
        same = sum(
            pairs(inside & (stratum == s), inside & (stratum == s), 0)
            for s in np.unique(stratum[inside])
        )
        if size > 1:
            found += np.outer(counts[one], counts[one]) * same / (size * (size - 1))
        if one == strata or hours == 1 or thin[one]:
            continue
        after = one // hours * hours + (one % hours + 1) % hours
        if not thin[after]:
            across = pairs(inside, stratum == after, 1)
            way = np.outer(counts[one], counts[after]) * across / (size * sizes[after])
            found += way + way.T
    return found


def test_what_interest_holds_grows_with_the_acts_and_not_with_topics_times_hours():
    number = 20_000
    account = np.arange(number) % 500
    topic = np.arange(number)
    tracemalloc.start()

    model = interest(account, topic, topic * HOUR, topic, accounts=500, within_ms=60_000, least=1)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(model.stratum) == number
    assert peak < 2_000 * number


def test_interest_of_no_acts_expects_nothing():
    none = np.zeros(0, np.int64)

    model = interest(none, none, none, none, accounts=2, within_ms=60_000, least=3)

    assert expected_of_pairs(model, np.array([0]), np.array([1])).tolist() == [0.0]


def test_fans_of_one_topic_are_expected_to_meet_and_strangers_no_less_than_before(engine):
    account, object_, _, acted_at = acts(4)
    interactions = table_of(engine, account, object_, acted_at)
    groups = engine.from_arrow(
        pa.table(
            {
                "object_kind": ["post"] * 90,
                "object": [f"o{n}" for n in range(90)],
                "group_number": [n % 3 for n in range(90)],
            },
            schema=OBJECT_GROUPS.arrow,
        ),
        OBJECT_GROUPS,
    )
    built = coaction_graph(interactions, within_seconds=3600, at_least=1).graph

    def expected(given):
        tested = co_action_against_chance(
            built, interactions, within_seconds=3600, groups=given, least_in_stratum=50
        )
        return {(r["src"], r["dst"]): r["expected"] for r in tested.graph.edges.rows()}

    before, after = expected(None), expected(groups)
    assert all(after[pair] >= mean for pair, mean in before.items())
    fans = [pair for pair in before if (int(pair[0][1:]) - int(pair[1][1:])) % 3 == 0]
    assert np.median([after[pair] / before[pair] for pair in fans]) > 1.5


def test_a_topic_that_the_extract_lacks_is_refused_by_name(engine):
    carried = table_of(engine, [0, 1], [0, 0], [0, 1], topic=[0, 0])
    plain = table_of(engine, [0, 1], [0, 0], [0, 1])
    with pytest.raises(ConfigError, match=r"`theme`, which is no attribute.*it has `topic`"):
        draw(World(plain, carried=carried), SharedObjects(topic="theme"))


@pytest.mark.parametrize("groups", [1, -3])
def test_a_single_group_is_refused(engine, groups):
    with pytest.raises(ConfigError, match="2 groups or more, or 0"):
        draw(World(table_of(engine, [0, 1], [0, 0], [0, 1])), SharedObjects(object_groups=groups))


def test_a_group_that_is_home_to_few_accounts_is_none():
    # Forty accounts at home in each of two topics, four on objects of their own.
    account = np.concatenate([np.repeat(np.arange(80), 5), np.repeat(np.arange(80, 84), 5)])
    object_ = np.concatenate([np.tile(np.arange(5), 40), np.tile(np.arange(5, 10), 40)])
    object_ = np.concatenate([object_, np.tile(np.arange(10, 15), 4)])
    group = np.repeat([0, 2, 1], 5)
    found = without_small(account, object_, group, least_share=0.1)
    assert list(found) == [0] * 5 + [1] * 5 + [-1] * 5
