"""A flat world: one table, a list of labels, and a background of its own."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from builders.simulation import flat, texts
from builders.simulation.flat import FLAT_CAMPAIGNS, FlatSpec, flat_world, write_flat
from builders.simulation.flat_life import (
    drawn_crowding,
    flat_population,
    flat_posts,
    organic_rows,
)
from builders.simulation.planting import open_bed
from builders.simulation.population import ZONE_OFFSETS
from builders.simulation.rows import FOLLOW, LIKE
from graph.errors import ConfigError

HOUR = 3_600_000
SPEC = FlatSpec(interactions=200_000, days=14, seed=8)


@pytest.fixture(scope="module")
def world():
    return flat_world(SPEC)


@pytest.fixture(scope="module")
def groups(world) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in world.labels.to_pylist():
        found[row["group_id"]].add(row["account_id"])
    return found


@pytest.fixture(scope="module")
def life():
    """A bed in which nothing is planted, and its organic rows."""
    platform = FlatSpec(interactions=200_000, seed=9).platform()
    crowding = drawn_crowding(np.random.default_rng(9))
    people = flat_population(platform, crowding, 5)
    posts = flat_posts(platform, people, crowding)
    bed = open_bed(platform, people, posts, texts.phrases(9))
    return bed, organic_rows(bed, crowding, 200_000)


def test_the_table_has_the_four_columns_of_any_extract_and_the_text(world):
    assert world.interactions.column_names == ["account", "action", "object", "time", "text"]
    assert len(world.interactions) == SPEC.interactions
    for name in ("account", "action", "object", "time"):
        assert world.interactions[name].null_count == 0
    said = pc.equal(world.interactions["action"], "comment")
    assert pc.equal(pc.is_valid(world.interactions["text"]), said).to_pylist() == [True] * len(said)


def test_rows_are_in_time_order_inside_the_span(world):
    at = world.interactions["time"].to_numpy()
    start = SPEC.platform().start_ms

    assert (np.diff(at) >= 0).all()
    assert start <= at[0] and at[-1] < start + 14 * 24 * HOUR


def test_two_rings_of_each_kind_are_labelled_with_an_easy_and_a_hard_level(world):
    rings = world.labels.filter(world.labels["is_ring"])
    levels = {row["group_id"]: (row["kind"], row["level"]) for row in rings.to_pylist()}

    assert Counter(kind for kind, _ in levels.values()) == dict.fromkeys(FLAT_CAMPAIGNS, 2)
    for kind in FLAT_CAMPAIGNS:
        assert levels[f"{kind}-1"][1] in ("L0", "L1")
        assert levels[f"{kind}-2"][1] in ("L2", "L3")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_four_to_six_fan_clubs_and_three_flash_crowds_are_labelled_innocent(seed):
    labels = flat_world(FlatSpec(interactions=150_000, seed=seed, text=False)).labels
    innocent = labels.filter(pc.invert(labels["is_ring"]))
    kinds = dict(zip(innocent["group_id"].to_pylist(), innocent["kind"].to_pylist(), strict=True))
    sizes = Counter(innocent["group_id"].to_pylist())
    clubs = [name for name, kind in kinds.items() if kind.endswith("fan-club")]

    assert 4 <= len(clubs) <= 6
    assert all(55 <= sizes[name] <= 500 for name in clubs)
    assert list(kinds.values()).count("flash-crowd") == 3
    assert innocent["level"].null_count == len(innocent)


def test_nobody_in_a_ring_is_labelled_innocent(world):
    by_ring = defaultdict(set)
    for row in world.labels.to_pylist():
        by_ring[row["is_ring"]].add(row["account_id"])

    assert by_ring[True].isdisjoint(by_ring[False])


def test_followed_objects_are_accounts_and_other_objects_are_not(world):
    table = world.interactions
    followed = set(table.filter(pc.equal(table["action"], "follow"))["object"].to_pylist())
    others = set(table.filter(pc.not_equal(table["action"], "follow"))["object"].to_pylist())
    acting = set(table["account"].to_pylist())

    assert len(followed & acting) > 0.9 * len(followed)
    assert others.isdisjoint(acting)


def test_members_of_a_spam_ring_share_the_same_links(world, groups):
    table = world.interactions.to_pandas()
    for name, action in (("link-spam-1", "share"), ("like-farm-1", "like")):
        members = groups[name]
        mine = table[table.account.isin(members) & (table.action == action)]
        joined = mine.groupby("object").account.nunique()
        assert (joined >= 0.6 * len(members)).sum() >= 6


def test_copied_comments_say_nearly_the_same_under_different_objects(world, groups):
    table = world.interactions.to_pandas()
    mine = table[table.account.isin(groups["copied-comments-1"]) & (table.action == "comment")]
    begins = mine.text.map(lambda text: " ".join(sorted(text.lower().split()))[:30])
    alike = begins.value_counts()
    widest = mine[begins == alike.index[0]]

    assert alike.iloc[0] >= 3
    assert widest.object.nunique() >= 2
    assert widest.account.nunique() == len(widest)


def test_a_follow_ring_follows_itself_densely(world, groups):
    table = world.interactions.to_pandas()
    for name in ("follow-ring-1", "follow-ring-2"):
        members = groups[name]
        inside = table[
            (table.action == "follow") & table.account.isin(members) & table.object.isin(members)
        ]
        assert len(inside) > 2 * len(members)


def test_how_much_an_account_does_says_little_about_whether_it_is_in_a_ring(world):
    counts = Counter(world.interactions["account"].to_pylist())
    rings = world.labels.filter(world.labels["is_ring"])
    bad = set(rings["account_id"].to_pylist())
    organic = np.sort([n for account, n in counts.items() if account not in bad and n >= 3])
    own = [counts[account] for account in bad]
    below = np.searchsorted(organic, own, side="left") + np.searchsorted(organic, own, "right")

    assert 0.4 < below.mean() / 2 / len(organic) < 0.68


def test_activity_and_popularity_are_heavy_tailed(life):
    bed, rows = life
    acts = np.sort(np.bincount(rows.account, minlength=bed.population.count))[::-1]
    likes = np.sort(np.bincount(rows.object[rows.action == LIKE]))[::-1]

    assert 0.06 < acts[: len(acts) // 100].sum() / acts.sum() < 0.3
    assert likes[: len(likes) // 100].sum() > 0.15 * likes.sum()


def test_each_zone_sleeps_at_night(life):
    bed, rows = life
    acts = rows.pick(np.flatnonzero(rows.action != FOLLOW))
    zone = bed.zone_of(acts.account)
    for number, offset in enumerate(ZONE_OFFSETS):
        hours = np.bincount((acts.at[zone == number] // HOUR + offset) % 24, minlength=24)
        assert hours[3:5].mean() < 0.45 * hours[19:22].mean()


def test_accounts_keep_to_a_few_topics_of_their_own(life):
    bed, rows = life
    likes = rows.of(LIKE)
    topic = np.searchsorted(bed.posts.topic_ends, likes.object, side="right")
    at_home = (topic == bed.population.home_topic[likes.account]).mean()
    busy = np.bincount(likes.account) >= 40
    spread = [
        np.sort(np.bincount(topic[likes.account == a], minlength=10))[::-1]
        for a in np.flatnonzero(busy)[:200]
    ]
    three = np.mean([counts[:3].sum() / counts.sum() for counts in spread])

    assert 0.5 < at_home < 0.7
    assert three > 0.85


def test_nobody_likes_shares_or_follows_a_thing_twice_or_himself(life):
    _, rows = life
    once = rows.pick(np.flatnonzero(rows.action != 2))  # comments may come again
    seen = set(zip(once.account.tolist(), once.action.tolist(), once.object.tolist(), strict=True))
    follows = rows.of(FOLLOW)

    assert len(seen) == len(once)
    assert (follows.account != follows.object).all()


def test_follows_close_triangles_that_chance_would_not(life):
    _, rows = life
    follows = rows.of(FOLLOW)
    shuffled = np.random.default_rng(1).permutation(follows.object)

    def closed(objects: np.ndarray) -> float:
        return nx.transitivity(nx.Graph(zip(follows.account.tolist(), objects, strict=True)))

    assert closed(follows.object.tolist()) > 1.5 * closed(shuffled.tolist())


def test_one_spec_gives_the_same_world_and_another_seed_another(world):
    again = flat_world(SPEC)
    other = flat_world(FlatSpec(interactions=200_000, days=14, seed=80))

    assert again.interactions.equals(world.interactions)
    assert again.labels.equals(world.labels)
    assert not other.labels.equals(world.labels)


def test_where_there_is_more_to_look_at_people_meet_less():
    def met(plenty):
        spec = FlatSpec(interactions=100_000, campaigns={}, crowds={}, plenty=plenty, text=False)
        likes = flat_world(spec).interactions
        likes = likes.filter(pc.equal(likes["action"], "like"))
        on_each = np.array(list(Counter(likes["object"].to_pylist()).values()))
        return (on_each * (on_each - 1.0)).sum() / len(likes)

    assert met(8.0) < 0.6 * met(1.0)


def test_without_text_the_rest_is_the_same(world):
    bare = flat_world(FlatSpec(interactions=200_000, days=14, seed=8, text=False))

    assert bare.interactions.equals(world.interactions.drop_columns(["text"]))


def test_a_world_without_campaigns_and_crowds_has_no_labels():
    null = flat_world(FlatSpec(interactions=100_000, campaigns={}, crowds={}))

    assert len(null.labels) == 0
    assert len(null.interactions) == 100_000


def test_both_files_are_written_whole_and_a_folder_in_use_is_refused(tmp_path):
    spec = FlatSpec(interactions=100_000, days=7)
    done = write_flat(spec, tmp_path / "flat")

    assert sorted(path.name for path in done.interactions.parent.iterdir()) == [
        "interactions.parquet",
        "labels.parquet",
    ]
    assert pq.read_metadata(done.interactions).num_rows == done.rows == 100_000
    labels = pq.read_table(done.labels)
    assert labels.column_names == ["account_id", "group_id", "is_ring", "kind", "level"]
    assert (done.rings, done.look_alikes) == (12, len(set(labels["group_id"].to_pylist())) - 12)
    with pytest.raises(ConfigError, match="not empty"):
        write_flat(spec, tmp_path / "flat")


def test_a_world_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def stop(spec: FlatSpec) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(flat, "flat_world", stop)
    with pytest.raises(KeyboardInterrupt):
        write_flat(SPEC, Path(tmp_path / "flat"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"interactions": 1_000}, "`interactions` is from 100000"),
        ({"plenty": 0.0}, "`plenty` is from 0.1 to 20, not 0"),
        ({"campaigns": {"device-farm": 1}}, "`campaigns` has no `device-farm`"),
        ({"crowds": {"office": 1}}, "`crowds` has no `office`"),
        ({"campaigns": {"turnover": 101}}, "from 0 to 100, not 101"),
    ],
)
def test_a_flat_world_that_cannot_be_made_is_refused(wrong, says):
    with pytest.raises(ConfigError, match=says):
        FlatSpec(**wrong)


def test_more_than_there_is_room_for_is_refused():
    crowded = FlatSpec(interactions=100_000, campaigns={}, crowds={"fan-club": 20})

    with pytest.raises(ConfigError, match="ask for more interactions or plant fewer"):
        flat_world(crowded)
