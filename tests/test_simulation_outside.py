"""An outside world: somebody else's platform, as one table with labels."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from builders.simulation.outside.crews import LEVELS
from builders.simulation.outside.rings import RINGS
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.outside.written import LOOK_ALIKES, outside_world
from tests.labelled_groups import (
    each_as_often_as_it_may_be,
    grouped,
    look_alikes_of,
    of_kind,
    rings_of,
)
from tests.measures_of_acts import most_copied, share_of_the_busiest

SPEC = OutsideSpec(interactions=100_000, seed=8)


@pytest.fixture(scope="module")
def world():
    return outside_world(SPEC)


@pytest.fixture(scope="module")
def acts(world):
    return world.interactions.to_pandas()


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    return grouped(world)


def shared(acts, members, action):
    """Of the things that members do this to: the share of members who do, greatest first."""
    mine = acts[acts.account.isin(members) & (acts.action == action)]
    return np.sort(mine.groupby("object").account.nunique().to_numpy())[::-1] / len(members)


def test_there_are_about_as_many_interactions_as_were_asked_for(world):
    assert len(world.interactions) == pytest.approx(SPEC.interactions, rel=0.25)


def test_every_kind_of_ring_is_there_twice_and_every_level_three_times(world):
    told = rings_of(world)

    assert Counter(kind for kind, _ in told.values()) == dict.fromkeys(RINGS, 2)
    assert Counter(level for _, level in told.values()) == dict.fromkeys(LEVELS, 3)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_look_alike_is_there_as_often_as_it_may_be(seed):
    kinds = look_alikes_of(outside_world(OutsideSpec(interactions=100_000, seed=seed)))

    assert kinds.keys() == LOOK_ALIKES.keys() | {"super-users"}
    assert each_as_often_as_it_may_be(kinds, LOOK_ALIKES)


def test_nobody_is_in_a_ring_and_innocent(world):
    by_ring = defaultdict(set)
    for row in world.labels.to_pylist():
        by_ring[row["is_ring"]].add(row["account_id"])

    assert by_ring[True].isdisjoint(by_ring[False])


@pytest.mark.parametrize(
    ("kind", "action", "targets"),
    [("like-farm", "like", 10), ("slow-drip", "like", 10), ("follow-ring", "follow", 8)],
)
def test_half_of_a_ring_and_more_come_to_each_of_its_targets(acts, groups, kind, action, targets):
    for members in of_kind(groups, kind):
        joined = shared(acts, members, action)
        assert joined[:targets].mean() >= 0.4
        assert joined[0] >= 0.5


def test_copied_comments_say_nearly_the_same_under_different_things(acts, groups):
    for members in of_kind(groups, "copied-comments"):
        mine = acts[acts.account.isin(members) & (acts.action == "comment")]
        accounts, things = most_copied(mine)
        assert accounts >= 3
        assert things >= 2


def test_a_class_is_behind_one_address_in_its_lessons_and_each_pupil_at_home_otherwise(
    acts, groups
):
    for pupils in of_kind(groups, "classroom"):
        mine = acts[acts.account.isin(pupils)]
        behind = mine.groupby("address").account.nunique().sort_values()
        school = behind.index[-1]
        assert behind.iloc[-1] == len(pupils)
        assert set(acts[acts.address == school].account) == pupils
        assert set(acts[acts.address == school].action) == {"like"}
        elsewhere = mine[mine.address != school].account.nunique()
        assert elsewhere >= 0.9 * len(pupils)


def test_some_people_share_an_address_and_no_ring_does(acts, groups):
    homes = acts.groupby("address").account.nunique()
    assert 0.05 < (homes > 1).mean() < 0.15

    for kind in RINGS:
        for members in of_kind(groups, kind):
            mine = acts[acts.account.isin(members)]
            assert mine.groupby("address").account.nunique().max() <= 2


def test_followed_things_are_accounts_and_others_are_not(acts):
    followed = set(acts[acts.action == "follow"].object)
    others = set(acts[acts.action != "follow"].object)
    acting = set(acts.account)

    assert len(followed & acting) > 0.9 * len(followed)
    assert others.isdisjoint(acting)


def test_activity_and_popularity_are_heavy_tailed(acts):
    likes = acts[acts.action == "like"]

    assert share_of_the_busiest(acts.groupby("account").size()) > 0.06
    assert share_of_the_busiest(likes.groupby("object").size()) > 0.15
