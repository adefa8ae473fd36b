"""A marketplace with reviews: what is in it, and that nothing but behaviour tells its rings."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow.compute as pc
import pytest

from builders.simulation.marketplace.hours import drawn_hours
from builders.simulation.marketplace.levels import KINDS, LEVELS, TABLE
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.stage import ACTIONS, OBJECTS
from builders.simulation.marketplace.written import LOOK_ALIKES, marketplace_world
from graph.errors import ConfigError
from tests.labelled_groups import (
    each_as_often_as_it_may_be,
    grouped,
    look_alikes_of,
    of_kind,
    rings_of,
)
from tests.measures_of_acts import (
    HOUR_MS,
    auc,
    auc_of_order,
    most_copied,
    quiet_share,
    share_of_the_busiest,
)

SPEC = MarketplaceSpec(interactions=100_000, seed=8)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def worlds():
    """Some worlds beside the one that most is asked of."""
    return [marketplace_world(MarketplaceSpec(interactions=100_000, seed=seed)) for seed in SEEDS]


@pytest.fixture(scope="module")
def world():
    return marketplace_world(SPEC)


@pytest.fixture(scope="module")
def acts(world):
    return world.interactions.to_pandas()


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    return grouped(world)


def test_only_reviews_have_stars(world):
    table = world.interactions
    review = pc.equal(table["action"], "review")

    assert pc.is_valid(table["stars"]).to_pylist() == review.to_pylist()


def test_everything_that_can_be_done_is_done_to_things_of_all_kinds(world):
    assert set(world.interactions["action"].to_pylist()) == set(ACTIONS)
    assert set(world.interactions["object_kind"].to_pylist()) == set(OBJECTS)


def test_every_kind_of_ring_is_there_and_every_level_at_least_twice(worlds):
    for world in worlds:
        told = rings_of(world)
        levels = Counter(level for _, level in told.values())

        assert {kind for kind, _ in told.values()} == set(KINDS)
        assert levels.keys() == set(LEVELS)
        assert min(levels.values()) >= 2
        assert len(told) <= 32


def test_rings_are_of_five_to_150_accounts(worlds):
    sizes = {}
    for place, world in enumerate(worlds):
        groups = grouped(world)
        sizes |= {(place, name): len(groups[name]) for name in rings_of(world)}

    assert 4 <= min(sizes.values()) < 10
    assert 60 < max(sizes.values()) <= 150


def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(worlds):
    for world in worlds:
        kinds = look_alikes_of(world)

        assert kinds.keys() == LOOK_ALIKES.keys()
        assert each_as_often_as_it_may_be(kinds, LOOK_ALIKES)


def test_nobody_is_in_two_rings_but_those_that_overlap(worlds):
    for world in worlds:
        groups, told = grouped(world), rings_of(world)
        times = Counter(account for name in told for account in groups[name])
        twice = {account for account, count in times.items() if count > 1}
        pairs = [name for name, (kind, _) in told.items() if kind == "overlapping-rings"]

        assert max(times.values()) == 2
        assert twice
        assert twice <= set().union(*(groups[name] for name in pairs))


def test_accounts_made_for_a_ring_have_no_innocent_friends(worlds):
    for world in worlds:
        groups, told = grouped(world), rings_of(world)
        innocent = set().union(*(groups[name] for name in groups.keys() - told.keys()))
        for name, (kind, level) in told.items():
            if TABLE[level].hijacked == 0.0 and kind != "hijack-burst":
                assert innocent.isdisjoint(groups[name]), name


def test_a_ring_is_not_known_by_how_much_its_members_do(worlds):
    for world in worlds:
        done = world.interactions.to_pandas().groupby("account").size()
        done = done[done >= 3]
        groups, told = grouped(world), rings_of(world)
        ringed = set().union(*(groups[name] for name in told))
        organic = done[~done.index.isin(ringed)].to_numpy()
        beside = {name for name, (_, level) in told.items() if level != "L0"}
        covered = set().union(*(groups[name] for name in beside))

        assert 0.42 < auc(done.reindex(sorted(ringed)).dropna().to_numpy(), organic) < 0.6
        assert 0.42 < auc(done.reindex(sorted(covered)).dropna().to_numpy(), organic) < 0.6


def test_no_id_says_whether_its_account_or_object_is_of_a_ring(worlds):
    for world in worlds:
        acts = world.interactions.to_pandas()
        groups, told = grouped(world), rings_of(world)
        ringed = set().union(*(groups[name] for name in told))
        accounts = np.unique(acts.account)
        listings = acts[acts.object_kind == "listing"]
        share = listings.account.isin(ringed).groupby(listings.object).mean().sort_index()

        assert 0.45 < auc_of_order(np.isin(accounts, list(ringed))) < 0.55
        assert 0.45 < auc_of_order(share.to_numpy() > 0.5) < 0.55
        assert {len(one) for one in accounts} == {10}
        assert {len(one) for one in share.index} == {11}


def test_no_id_of_one_world_is_met_in_another(worlds):
    for column in ("account", "device"):
        ids = [set(world.interactions[column].to_pylist()) for world in worlds]
        assert not (ids[0] & ids[1] or ids[1] & ids[2] or ids[0] & ids[2])


def test_no_two_worlds_are_alike(worlds):
    shares = np.array(
        [
            [pc.sum(pc.equal(world.interactions["action"], action)).as_py() for action in ACTIONS]
            for world in worlds
        ]
    )
    accounts = {pc.count_distinct(world.interactions["account"]).as_py() for world in worlds}
    hours = [drawn_hours(np.random.default_rng(seed), SPEC) for seed in range(12)]

    assert len(accounts) == len(worlds)
    assert (shares.std(axis=0) / shares.mean(axis=0)).max() > 0.1
    assert {len(one.offset) for one in hours} >= {2, 3, 4}
    assert len({one.first_day for one in hours}) > 8


def test_nobody_acts_before_its_account_is_made_and_some_are_made_meanwhile(acts):
    made = acts.groupby("account").joined.agg(["min", "max"])

    assert (made["min"] == made["max"]).all()
    assert (acts.joined <= acts.time).all()
    assert 0.02 < (made["min"] > acts.time.min()).mean() < 0.25


def test_each_person_has_a_night_and_the_week_has_days(acts):
    daily = np.bincount((acts.time - acts.time.min()) // (24 * HOUR_MS))

    assert quiet_share(acts, acts.account.value_counts().index[:150]) < 0.08
    assert len(daily) == SPEC.days
    assert daily.min() > 0.4 * daily.mean()


def test_acts_come_in_sittings(acts):
    gaps = acts.sort_values(["account", "time"]).groupby("account").time.diff().dropna()

    assert 0.3 < (gaps < 10 * 60_000).mean() < 0.9
    assert (gaps > 6 * HOUR_MS).mean() > 0.08


def test_activity_and_popularity_are_heavy_tailed(acts):
    saved = acts[acts.action == "save"]

    assert share_of_the_busiest(acts.groupby("account").size()) > 0.05
    assert share_of_the_busiest(saved.groupby("object").size()) > 0.08


def test_what_shelves_promote_is_popular_for_hours_and_then_no_more(acts, groups):
    """Among accounts that nothing was planted with."""
    plain = acts[~acts.account.isin(set().union(*groups.values())) & (acts.action == "save")]
    top = plain.object.value_counts().index[:100]
    middle = plain[plain.object.isin(top)].groupby("object").time
    width = (middle.quantile(0.75) - middle.quantile(0.25)) / HOUR_MS

    assert width.min() < 24
    assert width.max() > 100


def test_rings_come_together_the_sooner_the_blunter(worlds):
    width = defaultdict(list)
    for world in worlds:
        acts, groups = world.interactions.to_pandas(), grouped(world)
        for name, (kind, level) in rings_of(world).items():
            if kind in ("link-spam", "lockstep-reviews", "like-farm", "overlapping-rings"):
                mine = acts[acts.account.isin(groups[name])]
                came = mine.groupby("object").account.nunique()
                top = came[came >= max(3, 0.4 * came.max())].index
                times = mine[mine.object.isin(top)].groupby("object").time
                spread = times.quantile(0.75) - times.quantile(0.25)
                width[level].extend((spread / 1_000).tolist())

    middle = [np.median(width[level]) for level in LEVELS if width[level]]
    assert middle == sorted(middle)
    assert middle[0] < 30 or not width["L0"]
    assert middle[-1] > 1_800


def test_copied_reviews_say_nearly_the_same_under_different_listings(worlds):
    for world in worlds:
        acts = world.interactions.to_pandas()
        for members in of_kind(grouped(world), "copied-reviews"):
            mine = acts[acts.account.isin(members) & (acts.action == "review")]
            accounts, things = most_copied(mine)
            assert accounts >= 2
            assert things >= 2


def test_a_follow_ring_follows_itself_and_is_followed_back(worlds):
    for world in worlds:
        acts = world.interactions.to_pandas()
        for members in of_kind(grouped(world), "follow-ring"):
            mine = acts[acts.account.isin(members) & (acts.action == "follow")]
            inside = {
                pair for pair in zip(mine.account, mine.object, strict=True) if pair[1] in members
            }
            assert len(inside) >= len(members)
            assert sum((other, one) in inside for one, other in inside) > 0.1 * len(inside)


def test_an_operator_has_fewer_addresses_or_devices_than_accounts(worlds):
    """The better hidden it is, the less so: what is asked is true of each level."""
    for world in worlds:
        acts, groups = world.interactions.to_pandas(), grouped(world)
        for name, (kind, level) in rings_of(world).items():
            if kind == "shared-infrastructure" and level <= "L3" and len(groups[name]) >= 8:
                mine = acts[acts.account.isin(groups[name])]
                most = max(mine.groupby(by).account.nunique().max() for by in ("address", "device"))
                assert most >= 3, name


def test_a_class_is_behind_the_schools_address_in_its_lessons(acts, groups):
    for pupils in of_kind(groups, "classroom"):
        mine = acts[acts.account.isin(pupils)]
        behind = mine.groupby("address").account.nunique().sort_values()
        school = acts[acts.address == behind.index[-1]]
        assert behind.iloc[-1] > 0.7 * len(pupils)
        assert set(school.account) <= pupils
        assert mine[mine.address != behind.index[-1]].account.nunique() > 0.8 * len(pupils)


def test_people_of_one_house_are_behind_one_address_and_carriers_have_hundreds(acts, groups):
    shared = [
        acts[acts.account.isin(house)].groupby("address").account.nunique().max() == len(house)
        for house in of_kind(groups, "household")
    ]
    crowd = acts.groupby("address").account.nunique()

    assert np.mean(shared) > 0.5
    assert crowd.max() > 40
    assert (crowd == 1).mean() > 0.4


def test_a_column_that_is_left_out_changes_no_other(world):
    fewer = marketplace_world(MarketplaceSpec(interactions=100_000, seed=8, extras=("address",)))

    assert fewer.interactions.column_names == [
        "account", "action", "object", "time", "text", "address",
    ]  # fmt: skip
    assert fewer.interactions.equals(world.interactions.select(fewer.interactions.column_names))
    assert fewer.labels.equals(world.labels)


def test_a_column_that_there_is_not_is_refused():
    with pytest.raises(ConfigError, match=r"`extras` are of object_kind, .* not `price`"):
        MarketplaceSpec(extras=("price",))
