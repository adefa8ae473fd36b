"""Small innocent groups of a flat world: each is what its name says, and nobody else's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from builders.simulation.flat import FlatSpec, FlatWorld, flat_world, usual_crowds
from builders.simulation.population import ZONE_OFFSETS
from builders.simulation.publics import PUBLIC_PLANTERS

HOUR, DAY = 3_600_000, 86_400_000
SEED = 12
PUBLICS = {"friends": 6, "newsroom": 3, "hobbyists": 3, "world-fan-club": 1}
SPEC = FlatSpec(
    interactions=150_000,
    seed=SEED,
    text=False,
    campaigns={"small-cell": 4},
    crowds={**usual_crowds(SEED), **PUBLICS},
)


class Told:
    """A world's rows, and who is in which group."""

    def __init__(self, world: FlatWorld) -> None:
        self.rows: pd.DataFrame = world.interactions.to_pandas()
        self.rows["time"] -= SPEC.platform().start_ms
        self.labels: pd.DataFrame = world.labels.to_pandas()
        self.members: dict[str, set[str]] = {
            name: set(group.account_id) for name, group in self.labels.groupby("group_id")
        }

    def groups(self, kind: str) -> list[set[str]]:
        """The members of each group of a kind."""
        return [self.members[f"{kind}-{n + 1}"] for n in range(PUBLICS.get(kind, 4))]

    def acts(self, members: set[str], *actions: str) -> pd.DataFrame:
        mine = self.rows[self.rows.account.isin(members)]
        return mine[mine.action.isin(actions)] if actions else mine

    def shared(self, members: set[str], *actions: str, share: float) -> pd.DataFrame:
        """Members' rows on the objects that two, and such a share of them, act on at least."""
        mine = self.acts(members, *actions)
        came = mine.groupby("object").account.transform("nunique")
        return mine[came >= max(2.0, share * len(members))]


@pytest.fixture(scope="module")
def told() -> Told:
    return Told(flat_world(SPEC))


def middle(acts: pd.DataFrame) -> float:
    """Where the middle arrival lies between the first and the last, mean over objects of three."""
    places = [
        (at.median() - at.min()) / (at.max() - at.min())
        for _, at in acts.groupby("object").time
        if len(at) >= 3
    ]
    return float(np.mean(places))


def test_each_public_is_there_so_many_times_and_labelled_innocent(told):
    innocent = told.labels[~told.labels.is_ring]
    kinds = innocent.groupby("kind").group_id.nunique()

    assert {kind: kinds[kind] for kind in PUBLICS} == PUBLICS
    assert set(PUBLICS) == set(PUBLIC_PLANTERS)
    assert innocent.level.isna().all()


@pytest.mark.parametrize(
    ("kind", "least", "most"), [("friends", 3, 15), ("newsroom", 4, 20), ("hobbyists", 10, 60)]
)
def test_a_public_is_small(told, kind, least, most):
    assert all(least <= len(group) <= most for group in told.groups(kind))


def test_friends_like_each_others_posts_early_rather_than_late_for_the_whole_time(told):
    large = [group for group in told.groups("friends") if len(group) >= 5]

    assert large
    for group in large:
        together = told.shared(group, "like", "comment", share=0.3)
        assert together.object.nunique() >= len(group)
        assert middle(together) < 0.4
        assert np.ptp(together.time) > 10 * DAY


def test_friends_follow_one_another_and_strangers_of_a_fan_club_do_not(told):
    def followed(group):
        follows = told.acts(group, "follow")
        inside = follows[follows.object.isin(group)]
        return len(inside) / (len(group) * (len(group) - 1))

    assert all(followed(group) > 0.2 for group in told.groups("friends"))
    assert followed(told.members["fan-club-1"]) < 0.05


def test_a_newsroom_shares_the_same_links_soon(told):
    for group in told.groups("newsroom"):
        together = told.shared(group, "share", share=0.25)
        first = together.groupby("object").time.transform("min")
        delay = (together.time - first)[together.time > first]
        assert together.object.nunique() >= 6
        assert delay.median() < 2.5 * HOUR


def test_hobbyists_share_a_few_rare_things_over_days(told):
    for group in told.groups("hobbyists"):
        together = told.shared(group, "share", share=max(0.2, 3 / len(group)))
        everybody = told.rows[told.rows.object.isin(set(together.object))].groupby("object").size()
        spans = together.groupby("object").time.agg(np.ptp)
        assert 8 <= together.object.nunique() <= 40
        assert everybody.median() < 3 * together.groupby("object").size().median()
        assert spans.median() > DAY


def test_half_of_a_fan_club_of_all_zones_sees_a_post_of_the_night_in_the_morning(told):
    (fans,) = told.groups("world-fan-club")
    posts = told.shared(fans, "like", "comment", share=0.3)
    first = posts.groupby("object").time.transform("min")
    late = (posts.time - first) > 4 * HOUR

    assert posts.object.nunique() >= 15
    assert 0.15 < late.mean() < 0.85


def test_people_of_a_public_sleep_seven_hours_a_day(told):
    # Friends are of one zone; by its hours few of them act between two and five at night, where
    # an eighth of all acts would be of somebody who never sleeps.
    for group in told.groups("friends"):
        together = told.shared(group, "like", "comment", share=0.3)
        at_night = [
            ((together.time // HOUR + offset) % 24).isin([2, 3, 4]).mean()
            for offset in ZONE_OFFSETS
        ]
        assert min(at_night) < 0.06


def test_people_of_a_public_go_on_living_like_everybody(told):
    for kind in ("friends", "newsroom", "hobbyists"):
        for group in told.groups(kind):
            own = told.acts(group)
            alone = own[~own.object.duplicated(keep=False) & (own.action != "follow")]
            things = alone.groupby("account").size().reindex(sorted(group), fill_value=0)
            assert things.median() >= 3


def test_a_small_cell_is_a_ring_of_few_that_is_sent_again_and_again(told):
    for group in told.groups("small-cell"):
        assert 4 <= len(group) <= 10
        together = told.shared(group, "like", "share", share=0.4)
        assert together.object.nunique() >= 8
    rings = told.labels[told.labels.is_ring]
    assert set(rings.kind) == {"small-cell"} and rings.level.notna().all()


def test_moonlighters_come_when_sent_for_and_live_among_innocent_friends():
    spec = FlatSpec(
        interactions=150_000, seed=SEED, text=False, campaigns={"moonlighters": 2}, crowds={}
    )
    world = Told(flat_world(spec))
    rings = [world.members[f"moonlighters-{n}"] for n in (1, 2)]
    friends = {n: m for n, m in world.members.items() if "-friends-" in n}
    labels = world.labels.set_index("group_id")

    for place, ring in enumerate(rings, start=1):
        assert 6 <= len(ring) <= 40
        together = world.shared(ring, "like", "share", share=0.3)
        assert together.object.nunique() >= 5
        circles = [m for n, m in friends.items() if n.startswith(f"moonlighters-{place}-")]
        assert 1 <= len(circles) <= len(ring)
        assert all(2 <= len(circle) <= 5 and circle.isdisjoint(ring) for circle in circles)
        followed = world.acts(set().union(*circles), "follow")
        met = world.acts(ring, "follow").account.nunique()
        assert met >= len(circles) / 2 and len(followed) > len(circles)
    assert len(friends) >= sum(map(len, rings)) / 3
    assert not labels.loc[list(friends)].is_ring.any()
    assert labels.loc["moonlighters-1"].is_ring.all()


def test_publics_leave_the_other_groups_as_they_are_drawn(told):
    without = FlatSpec(interactions=150_000, seed=SEED, text=False, campaigns={"small-cell": 4})
    before = Told(flat_world(without))

    for name, members in before.members.items():
        assert told.members[name] == members
    clubs = [name for name in before.members if "fan-club" in name]
    assert len(clubs) >= 4
    for name in clubs:
        of_idol = [each.shared(each.members[name], "like", share=0.4) for each in (told, before)]
        first, second = (set(zip(o.account, o.object, o.time, strict=True)) for o in of_idol)
        assert len(first) > 100
        # Passers-by are drawn for all objects at once, and a fan may be one.
        assert len(first & second) > 0.8 * len(first | second)


def test_no_world_has_any_unless_asked_for():
    kinds = set(flat_world(FlatSpec(interactions=100_000, text=False)).labels["kind"].to_pylist())

    assert kinds.isdisjoint(
        {*PUBLIC_PLANTERS, "small-cell", "moonlighters", "moonlighters-friends"}
    )
