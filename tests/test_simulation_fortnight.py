"""A fortnight of a social platform, as one table with labels, and how hard it is."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from builders.simulation.fortnight.levels import KINDS, LEVELS
from builders.simulation.fortnight.rhythm import drawn_rhythm
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.stage import ACTIONS
from builders.simulation.fortnight.written import LOOK_ALIKES, fortnight_world
from builders.simulation.spec import DAY_MS
from tests.hour_of_work import hour_of_work
from tests.labelled_groups import (
    each_as_often_as_it_may_be,
    grouped,
    look_alikes_of,
    of_kind,
    rings_of,
)
from tests.measures_of_acts import HOUR_MS, auc, most_copied, quiet_share, share_of_the_busiest

SPEC = FortnightSpec(interactions=100_000, seed=8)
NOT_BY_MEETINGS = ("copied-comments", "follow-ring", "slow-drip")


@pytest.fixture(scope="module")
def world():
    return fortnight_world(SPEC)


@pytest.fixture(scope="module")
def acts(world):
    return world.interactions.to_pandas()


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    return grouped(world)


def level_of(world):
    return {name: level for name, (_, level) in rings_of(world).items()}


def test_everything_that_can_be_done_is_done(world):
    assert set(world.interactions["action"].to_pylist()) == set(ACTIONS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_of_ring_is_there_twice_and_every_level_two_to_four_times(seed):
    told = rings_of(fortnight_world(FortnightSpec(interactions=100_000, seed=seed)))
    levels = Counter(level for _, level in told.values())

    assert Counter(kind for kind, _ in told.values()) == dict.fromkeys(KINDS, 2)
    assert levels.keys() == set(LEVELS)
    assert all(2 <= count <= 4 for count in levels.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(seed):
    kinds = look_alikes_of(fortnight_world(FortnightSpec(interactions=100_000, seed=seed)))

    assert kinds.keys() == LOOK_ALIKES.keys()
    assert each_as_often_as_it_may_be(kinds, LOOK_ALIKES)


def test_nobody_is_in_two_groups(world):
    members = world.labels["account_id"].to_pylist()

    assert len(members) == len(set(members))


def test_each_person_has_a_night_and_the_platform_has_none(acts):
    hour = (acts.time // HOUR_MS % 24).to_numpy()

    assert quiet_share(acts, acts.account.value_counts().index[:200]) < 0.08
    assert np.bincount(hour, minlength=24).min() > 0.01 * len(hour)


def test_week_ends_are_busier_or_calmer_as_the_seed_has_it():
    ratios = []
    for seed in range(12):
        rhythm = drawn_rhythm(np.random.default_rng(seed), FortnightSpec(days=28))
        weekend = rhythm.weekday(np.arange(28) * 86_400.0) >= 5
        assert weekend.sum() == 8
        ratios.append(rhythm.busy[weekend].mean() / rhythm.busy[~weekend].mean())

    assert 0.75 < min(ratios) < 0.98
    assert 1.05 < max(ratios) < 1.4


def test_acts_come_in_sittings(acts):
    gaps = acts.sort_values(["account", "time"]).groupby("account").time.diff().dropna()

    assert 0.45 < (gaps < 10 * 60_000).mean() < 0.9
    assert (gaps > 6 * HOUR_MS).mean() > 0.08


def test_activity_and_popularity_are_heavy_tailed(acts):
    likes = acts[acts.action == "like"]

    assert share_of_the_busiest(acts.groupby("account").size()) > 0.08
    assert share_of_the_busiest(likes.groupby("object").size()) > 0.12


def test_followed_things_are_accounts_and_others_are_not(acts):
    followed = acts[acts.action == "follow"]
    others = set(acts[acts.action != "follow"].object)
    acting = set(acts.account)

    assert followed.object.isin(acting).mean() > 0.8
    assert others.isdisjoint(acting)
    assert (followed.account != followed.object).all()


def test_some_follows_are_returned_and_most_are_not(acts, groups):
    labelled = set().union(*groups.values())
    follows = acts[(acts.action == "follow") & ~acts.account.isin(labelled)]
    pairs = set(zip(follows.account, follows.object, strict=True))
    returned = sum((other, one) in pairs for one, other in pairs) / len(pairs)

    assert 0.05 < returned < 0.5


def test_people_of_a_language_say_words_that_others_do_not(acts):
    said = acts[acts.action == "comment"].text.str.split()
    words = Counter(word for text in said for word in set(text))

    assert said.str.len().median() > 5
    assert len(words) > 5_000


@pytest.mark.parametrize(("kind", "action"), [("link-spam", "share"), ("like-farm", "like")])
def test_a_ring_comes_together_to_its_targets_the_sooner_the_blunter(world, acts, kind, action):
    longest = {"L0": 60, "L1": 400, "L2": 3_600, "L3": 6 * 3_600}
    for name, level in level_of(world).items():
        if name.startswith(kind):
            mine = acts[acts.account.isin(grouped(world)[name]) & (acts.action == action)]
            size = mine.groupby("object").account.nunique()
            top = size[size >= max(3, 0.4 * size.max())].index
            times = mine[mine.object.isin(top)].groupby("object").time
            assert len(top) >= 8
            middle = (times.quantile(0.75) - times.quantile(0.25)).median() / 1_000
            assert middle < longest[level], name


def test_copied_comments_say_nearly_the_same_under_different_things(acts, groups):
    for members in of_kind(groups, "copied-comments"):
        mine = acts[acts.account.isin(members) & (acts.action == "comment")]
        accounts, things = most_copied(mine)
        assert accounts >= 5
        assert things >= 4


def test_a_follow_ring_follows_itself_and_is_followed_back(acts, groups):
    for members in of_kind(groups, "follow-ring"):
        mine = acts[acts.account.isin(members) & (acts.action == "follow")]
        inside = set(zip(mine.account, mine.object, strict=True))
        inside = {pair for pair in inside if pair[1] in members}
        assert len(inside) >= 2 * len(members)
        assert sum((other, one) in inside for one, other in inside) > 0.5 * len(inside)


def test_a_slow_ring_takes_days_over_things_that_few_others_see(world, acts, groups):
    for members in of_kind(groups, "slow-drip"):
        mine = acts[acts.account.isin(members)]
        came = mine.groupby("object").account.nunique()
        top = came[came >= 0.25 * len(members)].index
        seen = acts[acts.object.isin(top)]
        spread = mine[mine.object.isin(top)].groupby("object").time
        others = seen[~seen.account.isin(members)].groupby("object").account.nunique()
        assert len(top) >= 6
        assert (spread.max() - spread.min()).median() > DAY_MS
        assert others.reindex(top).fillna(0).median() < 20


def test_members_of_the_harder_rings_live_beside_and_those_of_the_bluntest_do_not(
    world, acts, groups
):
    """A comment that is copied stands alone under its post, so those rings tell nothing here."""
    beside = defaultdict(list)
    for name, level in level_of(world).items():
        if not name.startswith("copied-comments"):
            mine = acts[acts.account.isin(groups[name])]
            within = mine.groupby("object").account.nunique()
            beside[level].append((mine.object.map(within) == 1).mean())

    assert max(beside["L0"]) < 0.15
    assert min(beside["L1"] + beside["L2"] + beside["L3"]) > 0.25
    assert np.mean(beside["L3"]) > np.mean(beside["L1"])


@pytest.mark.parametrize("seed", [8, 9])
def test_a_ring_is_not_known_by_how_much_its_members_do(seed):
    world = fortnight_world(FortnightSpec(interactions=100_000, seed=seed))
    done = world.interactions.to_pandas().groupby("account").size()
    done = done[done >= 3]
    groups = grouped(world)
    rings = level_of(world)
    organic = done[~done.index.isin(set().union(*(groups[one] for one in rings)))]
    for level in LEVELS:
        members = set().union(*(groups[name] for name, its in rings.items() if its == level))
        mine = done.reindex(sorted(members)).dropna()
        assert (0.43 if level >= "L1" else 0.3) < auc(mine, organic) < 0.63, level


@pytest.mark.parametrize("minutes", [10, 60])
def test_an_hour_of_work_finds_the_loud_in_a_small_world_and_every_fan_club(world, minutes):
    told = hour_of_work(world, minutes)

    assert 500 <= told.flagged <= 2_500
    assert 0.05 <= told.precision <= 0.35
    assert 0.2 <= told.recall <= 0.85
    assert min(told.fan_clubs.values()) >= 0.7
    assert not by_meetings(told)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("minutes", [10, 60])
def test_an_hour_of_work_flags_thousands_and_a_third_to_two_thirds_of_the_rings(seed, minutes):
    """The published bar: 3,000 to 8,000 accounts at 0.05 to 0.17, and 0.32 to 0.63 of the rings'.

    It is a rough one, and which ring has which level is drawn: so a tenth more or less is allowed.
    """
    told = hour_of_work(fortnight_world(FortnightSpec(seed=seed)), minutes)

    assert 2_700 <= told.flagged <= 8_800
    assert 0.045 <= told.precision <= 0.19
    assert 0.29 <= told.recall <= 0.69
    assert min(told.fan_clubs.values()) >= 0.81
    assert not by_meetings(told)


def by_meetings(told):
    """Rings that leave no meetings behind, and are found by them all the same."""
    return {
        name: likeness
        for name, likeness in told.rings.items()
        if name.startswith(NOT_BY_MEETINGS) and likeness >= 0.25
    }
