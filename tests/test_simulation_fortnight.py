"""A fortnight of a social platform, as one table with labels, and how hard it is."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow.compute as pc
import pytest

from builders.simulation.fortnight.levels import KINDS, LEVELS
from builders.simulation.fortnight.rhythm import drawn_rhythm
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.stage import ACTIONS
from builders.simulation.fortnight.written import LOOK_ALIKES, fortnight_world
from builders.simulation.spec import DAY_MS
from tests.hour_of_work import hour_of_work
from tests.labelled_groups import grouped, of_kind

SPEC = FortnightSpec(interactions=100_000, seed=8)
HOUR_MS = 3_600_000
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
    rings = world.labels.filter(world.labels["is_ring"]).to_pylist()
    return {row["group_id"]: row["level"] for row in rings}


def test_the_table_has_the_columns_of_a_flat_one_and_only_comments_say_something(world):
    table = world.interactions
    said = pc.equal(table["action"], "comment")

    assert table.column_names == ["account", "action", "object", "time", "text"]
    assert all(table[name].null_count == 0 for name in table.column_names if name != "text")
    assert pc.equal(pc.is_valid(table["text"]), said).to_pylist() == [True] * len(said)
    assert set(table["action"].to_pylist()) == set(ACTIONS)


@pytest.mark.parametrize("days", [3, 30])
def test_there_are_just_as_many_interactions_as_were_asked_for_in_time_order(days):
    spec = FortnightSpec(interactions=100_000, days=days)
    at = fortnight_world(spec).interactions["time"].to_numpy()
    first = at[0] // DAY_MS * DAY_MS

    assert len(at) == spec.interactions
    assert (np.diff(at) >= 0).all()
    assert (days - 1) * DAY_MS < at[-1] - first < days * DAY_MS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_kind_of_ring_is_there_twice_and_every_level_two_to_four_times(seed):
    world = fortnight_world(FortnightSpec(interactions=100_000, seed=seed))
    told = level_of(world)
    levels = Counter(told.values())

    assert Counter(name.rsplit("-", 1)[0] for name in told) == dict.fromkeys(KINDS, 2)
    assert levels.keys() == set(LEVELS)
    assert all(2 <= count <= 4 for count in levels.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(seed):
    labels = fortnight_world(FortnightSpec(interactions=100_000, seed=seed)).labels
    innocent = labels.filter(pc.invert(labels["is_ring"])).to_pylist()
    kinds = Counter(kind for _, kind in {(row["group_id"], row["kind"]) for row in innocent})

    assert kinds.keys() == LOOK_ALIKES.keys()
    for kind, (_, least, most) in LOOK_ALIKES.items():
        assert least <= kinds[kind] <= most, kind


def test_whoever_is_labelled_acts_and_is_in_one_group_alone(world):
    members = world.labels["account_id"].to_pylist()

    assert len(members) == len(set(members))
    assert set(members) <= set(world.interactions["account"].to_pylist())


def test_each_person_has_a_night_and_the_platform_has_none(acts):
    hour = (acts.time // HOUR_MS % 24).to_numpy()
    busiest = acts.account.value_counts().index[:200]
    hours = np.array([np.bincount(hour[acts.account == one], minlength=24) for one in busiest])
    quiet = np.sort(hours / hours.sum(axis=1, keepdims=True), axis=1)[:, :6].sum(axis=1)

    assert np.median(quiet) < 0.08
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
    done = np.sort(acts.groupby("account").size().to_numpy())[::-1]
    reached = np.sort(acts[acts.action == "like"].groupby("object").size().to_numpy())[::-1]

    assert done[: len(done) // 100].sum() > 0.08 * done.sum()
    assert reached[: len(reached) // 100].sum() > 0.12 * reached.sum()


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
        shingles = defaultdict(set)
        for account, text, thing in zip(mine.account, mine.text, mine.object, strict=True):
            words = text.split()
            for place in range(len(words) - 2):
                shingles[tuple(words[place : place + 3])].add((account, thing))
        widest = max(shingles.values(), key=len)
        assert len({account for account, _ in widest}) >= 5
        assert len({thing for _, thing in widest}) >= 4


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
    organic = np.sort(done[~done.index.isin(set().union(*(groups[one] for one in rings)))])
    for level in LEVELS:
        members = set().union(*(groups[name] for name, its in rings.items() if its == level))
        mine = done.reindex(sorted(members)).dropna().to_numpy()
        below = np.searchsorted(organic, mine), np.searchsorted(organic, mine, side="right")
        auc = np.mean(np.add(*below)) / 2 / len(organic)
        assert (0.43 if level >= "L1" else 0.3) < auc < 0.63, level


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
