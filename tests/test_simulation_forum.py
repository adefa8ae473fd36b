"""A forum of communities: what is in it, and that nothing but behaviour tells its rings."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow.compute as pc
import pytest

from benchmarks.scorecard import KINDS as LEARNED_FROM
from builders.simulation.forum.hours import drawn_hours
from builders.simulation.forum.levels import KINDS, TABLE
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.forum.stage import ACTIONS, OBJECTS
from builders.simulation.forum.written import LOOK_ALIKES, UNSEEN, forum_world
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

MARKED = {"super-users", "popular-hubs", "carrier-address"}
SEEDS = (1, 2, 3)
TARGETED = ("link-spam", "vote-farm", "boost-pod", "slow-drip")


class Told:
    """A world, its acts as a frame, and its groups by their labels."""

    def __init__(self, world):
        self.interactions, self.labels = world.interactions, world.labels
        self.acts, self.groups = world.interactions.to_pandas(), grouped(world)
        self.rings = rings_of(world)
        self.ringed = set().union(*(self.groups[name] for name in self.rings))


@pytest.fixture(scope="module")
def worlds():
    """Some worlds of a usual size."""
    return [Told(forum_world(ForumSpec(interactions=300_000, seed=seed))) for seed in SEEDS]


@pytest.fixture(scope="module")
def world(worlds):
    return worlds[0]


@pytest.fixture(scope="module")
def acts(world):
    return world.acts


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    return world.groups


def targets_of(mine, level):
    """What most of a ring's members came to."""
    return mine.groupby("object").account.nunique().nlargest(TABLE[level].targets).index


def test_everything_that_can_be_done_is_done_to_things_of_all_kinds(world):
    assert set(world.interactions["action"].to_pylist()) == set(ACTIONS)
    assert set(world.interactions["object_kind"].to_pylist()) == set(OBJECTS)


def test_there_are_two_rings_of_each_kind_and_two_or_more_of_each_level(worlds):
    for world in worlds:
        told = world.rings
        levels = Counter(level for _, level in told.values())

        assert Counter(kind for kind, _ in told.values()) == dict.fromkeys(KINDS, 2)
        assert levels.keys() == TABLE.keys()
        assert min(levels.values()) >= 2


def test_rings_are_as_large_as_the_table_has_them_and_smaller_in_small_worlds(worlds):
    small = Told(forum_world(ForumSpec(interactions=100_000, seed=1)))
    for world in worlds:
        told = world.groups
        for name, (_, level) in world.rings.items():
            assert 0.6 < len(told[name]) / TABLE[level].accounts < 1.55, name

    assert all(len(small.groups[name]) >= 6 for name in small.rings)
    assert len(small.ringed) < 0.25 * pc.count_distinct(small.interactions["account"]).as_py()


def test_nobody_is_in_two_rings_and_accounts_made_for_one_are_nowhere_else(worlds):
    for world in worlds:
        told, rings = world.groups, world.rings
        times = Counter(account for name in rings for account in told[name])
        innocent = set().union(*(told[name] for name in told.keys() - rings.keys()))

        assert set(times.values()) == {1}
        for name, (_, level) in rings.items():
            assert len(told[name] & innocent) <= round(TABLE[level].hijacked * len(told[name]))


def test_a_ring_is_not_known_by_how_much_its_members_do(worlds):
    for world in worlds:
        done = world.acts.groupby("account").size()
        done = done[done >= 3]
        told, rings = world.groups, world.rings
        organic = done[~done.index.isin(world.ringed)].to_numpy()

        assert 0.42 < auc(done.reindex(sorted(world.ringed)).dropna().to_numpy(), organic) < 0.58
        for level in TABLE:
            of_level = {one for name in rings if rings[name][1] == level for one in told[name]}
            mine = done.reindex(sorted(of_level)).dropna().to_numpy()
            assert 0.3 < auc(mine, organic) < 0.7, level


def test_a_ring_account_comes_to_its_share_of_the_targets(worlds):
    for world in worlds:
        acts, told = world.acts, world.groups
        for name, (kind, level) in world.rings.items():
            if kind in TARGETED:
                mine = acts[acts.account.isin(told[name])]
                at = mine[mine.object.isin(targets_of(mine, level))]
                came = at.groupby("account").object.nunique().reindex(sorted(told[name]))
                asked = round(TABLE[level].share * TABLE[level].targets)
                # Whoever posted what a pod boosts is not asked to boost it.
                assert (came.fillna(0) >= asked - 2 * (kind == "boost-pod")).all(), name


def test_others_come_to_each_target_too_and_at_the_hardest_level_as_many(worlds):
    for world in worlds:
        acts, told, rings = world.acts, world.groups, world.rings
        for name, (kind, level) in rings.items():
            if kind in TARGETED:
                mine = acts[acts.account.isin(told[name])]
                at = acts[acts.object.isin(targets_of(mine, level))]
                others = at[~at.account.isin(world.ringed)].groupby("object").size()
                assert len(others) == TABLE[level].targets
                assert others.min() >= 20, name
                if level == "L3":
                    own = mine.groupby("object").size().reindex(others.index)
                    assert (others >= 0.9 * own).all(), name


def test_rings_come_within_the_jitter_of_their_level(worlds):
    for world in worlds:
        acts, told = world.acts, world.groups
        for name, (kind, level) in world.rings.items():
            if kind in ("link-spam", "vote-farm", "boost-pod"):
                mine = acts[acts.account.isin(told[name])]
                # Whoever posts a pod's thing was there before the others.
                mine = mine[(mine.action != "post") | (kind == "link-spam")]
                times = mine[mine.object.isin(targets_of(mine, level))].groupby("object").time
                wide = (times.quantile(0.9) - times.quantile(0.1)).median() / 1_000
                assert 0.2 < wide / TABLE[level].jitter < 1.2, name


def test_slow_rings_take_hours_and_days_over_each_thing(worlds):
    for world in worlds:
        acts, told = world.acts, world.groups
        for name, (kind, level) in world.rings.items():
            if kind == "slow-drip":
                mine = acts[acts.account.isin(told[name])]
                times = mine[mine.object.isin(targets_of(mine, level))].groupby("object").time
                assert (times.quantile(0.9) - times.quantile(0.1)).median() > 4 * HOUR_MS, name


def test_copied_comments_say_nearly_the_same(worlds):
    for world in worlds:
        acts = world.acts
        for members in of_kind(world.groups, "copied-comments"):
            mine = acts[acts.account.isin(members) & (acts.action == "comment")]
            accounts, things = most_copied(mine)
            assert accounts > 0.3 * len(members)
            assert things >= 3


def test_a_follow_ring_follows_itself_and_is_followed_back(worlds):
    for world in worlds:
        acts, told = world.acts, world.groups
        follows = acts[acts.action == "follow"]
        for name, (kind, level) in world.rings.items():
            if kind == "follow-ring":
                mine = follows[follows.account.isin(told[name])]
                pairs = set(zip(mine.account, mine.object, strict=True))
                inside = {pair for pair in pairs if pair[1] in told[name]}
                back = sum((other, one) in inside for one, other in inside) / len(inside)
                assert back > 0.75 * TABLE[level].share, name
                others = follows[~follows.account.isin(told[name])]
                known = others[others.object.isin(told[name])].groupby("object").size()
                assert known.reindex(sorted(told[name])).min() >= 20, name


def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(worlds):
    for world in worlds:
        kinds = look_alikes_of(world)

        assert kinds.keys() == LOOK_ALIKES.keys() | UNSEEN.keys() | MARKED
        assert each_as_often_as_it_may_be(kinds, {**LOOK_ALIKES, **UNSEEN})


def test_each_fan_is_at_half_of_what_one_idol_posts_or_more(acts, groups):
    for fans in of_kind(groups, "fan-club"):
        mine = acts[acts.account.isin(fans)]
        by_thing = mine.groupby("object").account.nunique()
        posts = by_thing[by_thing > 0.4 * len(fans)].index
        came = mine[mine.object.isin(posts)].groupby("account").object.nunique()

        assert len(posts) >= 35
        assert 0.45 * len(posts) < came.median() < 0.9 * len(posts)


def test_a_flash_crowd_is_on_one_thing_within_the_hour(acts, groups):
    for crowd in of_kind(groups, "flash-crowd"):
        mine = acts[acts.account.isin(crowd)]
        thing = mine.groupby("object").account.nunique().idxmax()
        times = mine[mine.object == thing].time

        assert len(times) > 0.95 * len(crowd)
        assert (times.quantile(0.9) - times.min()) / HOUR_MS < 1.2


def test_news_is_three_things_of_which_each_reader_sees_most(acts, groups):
    for crowd in of_kind(groups, "news-burst"):
        mine = acts[acts.account.isin(crowd)]
        things = mine.groupby("object").account.nunique().nlargest(3)

        assert (0.6 * len(crowd) < things).all()
        at = mine[mine.object.isin(things.index)].groupby("object").time
        assert ((at.quantile(0.9) - at.quantile(0.05)) / HOUR_MS < 2).all()


def test_a_class_is_behind_the_schools_address_on_three_days(acts, groups):
    for pupils in of_kind(groups, "classroom"):
        mine = acts[acts.account.isin(pupils)]
        school = mine.groupby("address").account.nunique().idxmax()
        there = acts[acts.address == school]

        assert set(there.account) == pupils
        assert there.object.nunique() == 15
        assert len(there) > 10 * len(pupils)
        assert mine[mine.address != school].account.nunique() > 0.8 * len(pupils)


def test_pages_of_one_house_and_bots_say_what_they_are(acts, groups):
    for pages in of_kind(groups, "syndicated-pages"):
        mine = acts[acts.account.isin(pages)]
        times = mine.groupby("object").time
        assert mine.text.str.contains("network, official page").all()
        assert ((times.max() - times.min()).median()) < 60_000
    for bots in of_kind(groups, "declared-bots"):
        assert acts[acts.account.isin(bots)].text.str.contains("I am a bot").all()


def test_carriers_have_hundreds_behind_one_address_and_most_homes_are_alone(acts, groups):
    crowd = acts.groupby("address").account.nunique()

    assert crowd.max() > 300
    assert (crowd == 1).mean() > 0.5
    for behind in of_kind(groups, "carrier-address"):
        assert len(behind) > 250


def test_friends_follow_one_another_and_regulars_read_the_same_posts(acts, groups):
    for some in of_kind(groups, "friends"):
        mine = acts[acts.account.isin(some)]
        known = mine[(mine.action == "follow") & mine.object.isin(some)]
        shared = mine.groupby("object").account.nunique()
        assert len(known) > 0 or len(some) < 5
        assert (shared >= 2).sum() >= 4
    for some in of_kind(groups, "regulars"):
        shared = acts[acts.account.isin(some)].groupby("object").account.nunique()
        assert (shared >= 0.25 * len(some)).sum() >= 10


def test_a_clan_meets_nearly_every_evening(acts, groups):
    for some in of_kind(groups, "clan"):
        mine = acts[acts.account.isin(some)]
        shared = mine.groupby("object").account.nunique()
        threads = mine[mine.object.isin(shared[shared >= 3].index)]
        assert (threads.time // (24 * HOUR_MS)).nunique() >= 10


def test_no_id_says_whether_its_account_or_object_is_of_a_ring(worlds):
    for world in worlds:
        acts = world.acts
        accounts = np.unique(acts.account)
        posts = acts[acts.object_kind == "post"]
        share = posts.account.isin(world.ringed).groupby(posts.object).mean().sort_index()

        assert 0.45 < auc_of_order(np.isin(accounts, list(world.ringed))) < 0.55
        assert 0.4 < auc_of_order(share.to_numpy() > 0.5) < 0.6
        assert {len(one) for one in accounts} == {9}
        assert {len(one) for one in share.index} == {10}


def test_no_id_of_one_world_is_met_in_another(worlds):
    ids = [set(world.interactions["account"].to_pylist()) for world in worlds]

    assert not (ids[0] & ids[1] or ids[1] & ids[2] or ids[0] & ids[2])


def test_each_person_has_a_night_and_the_week_has_days(acts):
    by_person = acts[~acts.text.fillna("").str.contains("I am a bot")].account
    daily = np.bincount((acts.time - acts.time.min()) // (24 * HOUR_MS))
    drawn = [drawn_hours(np.random.default_rng(seed), ForumSpec()) for seed in range(12)]

    assert quiet_share(acts, by_person.value_counts().index[:100]) < 0.1
    assert daily[:13].min() > 0.5 * daily.mean()
    assert len({one.first_day for one in drawn}) > 8
    assert {len(one.offset) for one in drawn} >= {4, 5, 6}


def test_acts_come_in_sittings_some_of_them_long(acts):
    acts = acts.sort_values(["account", "time"])
    gaps = acts.groupby("account").time.diff()
    sitting = ((gaps > HOUR_MS / 4) | gaps.isna()).cumsum()
    lengths = sitting.value_counts()

    assert 0.3 < (gaps < 5 * 60_000).mean() < 0.9
    assert (gaps > 6 * HOUR_MS).mean() > 0.08
    assert lengths.max() > 40


def test_activity_and_popularity_are_heavy_tailed(acts):
    votes = acts[acts.action == "upvote"].groupby("object").size()

    assert share_of_the_busiest(acts.groupby("account").size()) > 0.08
    assert share_of_the_busiest(votes) > 0.12
    assert np.median(votes) <= 3


def test_attention_fades_in_hours_and_old_threads_are_read_still(acts, groups):
    """Among accounts that nothing was planted with."""
    plain = acts[~acts.account.isin(set().union(*groups.values())) & (acts.action == "upvote")]
    top = plain.object.value_counts().index[:100]
    times = plain[plain.object.isin(top)].groupby("object").time
    middle = times.apply(lambda at: np.median(at - at.min())) / HOUR_MS
    last = times.apply(lambda at: at.max() - at.min()) / HOUR_MS

    assert middle.median() < 24
    assert last.median() > 24


def test_people_answer_one_another(acts, groups):
    plain = acts[~acts.account.isin(set().union(*groups.values()))]
    replies = plain[(plain.action == "comment") & (plain.object_kind == "comment")]

    assert 0.2 < len(replies) / (plain.action == "comment").sum() < 0.8


def test_nothing_is_learned_from_forums():
    assert "forum" not in LEARNED_FROM
