"""The organic life of a simulated platform: who acts when, on what, and what they write."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from builders.simulation import texts
from builders.simulation.clock import local_hours, zone_hours
from builders.simulation.organic import draw_block
from builders.simulation.population import LOYALTY, ZONE_SHARES
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, LOGIN, SHARE, joined
from builders.simulation.spec import LEVELS, LOOK_ALIKES, RING_KINDS, SimulationSpec
from builders.simulation.tables import block_tables
from builders.simulation.world import make_world

HOUR = 3_600_000
QUIET = SimulationSpec(
    interactions=300_000,
    seed=5,
    levels=dict.fromkeys(LEVELS, 0),
    rings=dict.fromkeys(RING_KINDS, 0),
    look_alikes=dict.fromkeys(LOOK_ALIKES, 0),
)


@pytest.fixture(scope="module")
def world():
    return make_world(QUIET)


@pytest.fixture(scope="module")
def rows(world):
    return joined([draw_block(world, block) for block in world.blocks])


@pytest.fixture(scope="module")
def comments(world):
    tables = [
        block_tables(world, block, draw_block(world, block))["comments"]
        for block in world.blocks[:7]
    ]
    return [body for table in tables for body in table["body"].to_pylist()]


def test_a_platform_without_rings_and_lookalikes_has_nothing_planted(world, rows):
    assert len(world.planted) == len(world.rings) == len(world.lookalikes) == 0
    assert len(rows) == QUIET.interactions


def test_each_time_zone_sleeps_at_four_and_is_busiest_in_the_evening(world, rows):
    ends = world.population.zone_ends
    zone = np.searchsorted(ends, rows.account, side="right")
    for number, offset in enumerate((-6, 0, 3, 8)):
        # Returned follows are made when the followed was awake, so they are left out.
        at = rows.at[(zone == number) & (rows.action != FOLLOW)]
        hours = np.bincount((at // HOUR + offset) % 24, minlength=24)
        assert hours.argmin() in (3, 4, 5)
        assert hours.argmax() in (19, 20, 21)
        assert hours.max() > 5 * hours.min()
        np.testing.assert_allclose(hours / hours.sum(), local_hours(), atol=0.012)


def test_hours_of_a_zone_are_the_local_hours_turned(world):
    np.testing.assert_allclose(zone_hours().sum(axis=1), 1.0)
    assert zone_hours()[3].argmax() == 12  # 20 o'clock eight hours east of Greenwich


def test_week_ends_are_busier(rows):
    days = np.bincount(rows.at // (24 * HOUR), minlength=14).reshape(2, 7)

    assert (days[:, 5:].mean(axis=1) > 1.05 * days[:, :5].mean(axis=1)).all()


def test_zones_have_their_share_of_accounts(world):
    sizes = np.diff(world.population.zone_ends, prepend=0) / world.population.count

    np.testing.assert_allclose(sizes, ZONE_SHARES, atol=0.02)


def test_activity_is_heavy_tailed(world, rows):
    counts = np.sort(np.bincount(rows.account, minlength=world.population.count))[::-1]
    top = counts[: len(counts) // 100].sum() / counts.sum()

    assert 0.08 < top < 0.3
    assert counts.max() > 20 * np.median(counts)
    # Hill's estimate over the highest 3 % of a Pareto of exponent 1.5.
    high = counts[: int(0.03 * len(counts))].astype(float)
    assert 1.1 < 1.0 / np.mean(np.log(high / high[-1])) < 2.2


def test_popularity_is_heavy_tailed(world, rows):
    likes = np.sort(np.bincount(rows.object[rows.action == LIKE]))[::-1]

    assert likes[: len(likes) // 100].sum() > 0.2 * likes.sum()
    assert likes.max() > 100 * np.median(likes[likes > 0])


def test_most_actions_are_on_the_home_topic_and_zones_differ_in_topic(world, rows):
    on_posts = rows.pick(np.flatnonzero((rows.action == LIKE) | (rows.action == COMMENT)))
    topic = np.searchsorted(world.posts.topic_ends, on_posts.object, side="right")
    at_home = (topic == world.population.home_topic[on_posts.account]).mean()
    zone = np.searchsorted(world.population.zone_ends, on_posts.account, side="right")
    mix = np.stack([np.bincount(topic[zone == z], minlength=10) for z in range(4)])
    mix = mix / mix.sum(axis=1, keepdims=True)

    # A tenth of the other draws falls on the home topic again.
    assert at_home == pytest.approx(LOYALTY + (1 - LOYALTY) / 10, abs=0.02)
    assert len(set(mix.argmax(axis=1))) == 4


def test_nobody_acts_on_a_post_before_it_is_there_and_attention_fades(world, rows):
    likes = rows.of(LIKE)
    age = likes.at - world.posts.born_at[likes.object]
    lives = age / world.posts.life_ms[likes.object]

    assert (age < 0).mean() < 0.001
    early, late = np.histogram(lives, bins=[0, 1, 2, 3])[0][[0, 2]]
    assert early > 4 * late


def test_fast_reactors_take_minutes_old_posts(world, rows):
    likes = rows.of(LIKE)
    age = likes.at - world.posts.born_at[likes.object]
    fast = world.population.fast[likes.account]

    assert world.population.fast.mean() == pytest.approx(0.05, abs=0.01)
    assert np.median(age[fast]) < 0.2 * np.median(age[~fast])


def test_people_act_in_sessions_of_minutes(rows):
    order = np.lexsort((rows.at, rows.account))
    same = np.diff(rows.account[order]) == 0
    gaps = np.diff(rows.at[order])[same]

    assert (gaps < 10 * 60_000).mean() > 0.6
    assert (gaps > 2 * HOUR).mean() > 0.1


def test_likes_lead_and_every_action_occurs(rows):
    share = np.bincount(rows.action, minlength=5) / len(rows)

    assert share[LIKE] == pytest.approx(0.5, abs=0.05)
    assert share[COMMENT] == pytest.approx(0.2, abs=0.05)
    assert share[SHARE] == pytest.approx(0.13, abs=0.03)
    assert share[LOGIN] == pytest.approx(0.1, abs=0.02)
    assert share[FOLLOW] == pytest.approx(0.06, abs=0.02)


def test_within_a_block_nobody_likes_a_post_twice(world):
    likes = draw_block(world, world.blocks[3]).of(LIKE)

    assert len(set(zip(likes.account, likes.object, strict=True))) == len(likes)


def test_a_copier_whose_model_is_away_acts_by_itself(world):
    block = world.blocks[0]
    alone = draw_block(world, block)
    away = int(np.setdiff1d(np.arange(world.population.count), alone.account)[0])

    copying = draw_block(replace(world, model=np.full_like(world.model, away)), block)

    np.testing.assert_array_equal(copying.object, alone.object)


def test_a_copier_takes_what_its_model_saw_last(world):
    block = world.blocks[0]
    model = int(np.bincount(draw_block(world, block).of(LIKE).account).argmax())

    likes = draw_block(replace(world, model=np.full_like(world.model, model)), block).of(LIKE)

    seen = set(likes.object[likes.account == model].tolist())
    after = likes.object[likes.at > likes.at[likes.account == model].min()]
    assert np.mean([post in seen for post in after]) > 0.8


def test_some_follows_are_returned_and_nobody_follows_himself(rows):
    follows = rows.of(FOLLOW)
    pairs = set(zip(follows.account.tolist(), follows.object.tolist(), strict=True))
    returned = sum((b, a) in pairs for a, b in pairs) / len(pairs)

    assert 0.1 < returned < 0.4
    assert (follows.account != follows.object).mean() > 0.999


def test_logins_come_from_homes_households_and_carriers(world):
    logins = block_tables(world, world.blocks[2], draw_block(world, world.blocks[2]))["logins"]
    by_address = Counter(logins["ip"].to_pylist())
    users = Counter(logins["user_id"].to_pylist())

    assert len(by_address) > 0.4 * len(users)
    assert sum(count for _, count in by_address.most_common(world.population.carriers)) > 0.1 * len(
        logins
    )
    assert 0.005 < logins["device_id"].null_count / len(logins) < 0.05


def test_organic_comments_rarely_coincide_but_for_the_short_ones(comments):
    long = [body for body in comments if len(body) > 40]
    short = Counter(body for body in comments if len(body) <= 15)

    assert len(long) > 0.8 * len(comments)
    assert len(set(long)) > 0.999 * len(long)
    assert short["so true"] > 20


def test_comments_are_one_line_of_text_without_a_field_mark(comments):
    assert all(body and not set(body) & set("\x01\n\r\x00") for body in comments)
    assert sum(body.startswith("@") for body in comments) / len(comments) == pytest.approx(
        0.1, abs=0.02
    )


def test_comments_speak_of_the_topic_of_their_post():
    stock = texts.phrases(1)
    rng = np.random.default_rng(1)

    football = texts.comments(stock, rng, np.zeros(500, dtype=int), pa.array(["x"] * 500))
    words = Counter(word for body in football.to_pylist() for word in body.split())

    assert words["goal"] > 10
    assert words["sauce"] == 0


def test_copies_of_a_text_differ_a_little():
    stock = texts.phrases(1)
    rng = np.random.default_rng(2)
    text = texts.message(stock, rng)
    copies = [texts.copied(text, rng) for _ in range(60)]
    words = set(text.split())

    assert len(words) >= 10
    assert len(set(copies)) > 20
    for copy in copies:
        theirs = set(copy.split())
        assert len(words & theirs) / len(words | theirs) > 0.7


def test_accounts_are_older_than_the_span_and_of_many_ages(world):
    created = world.accounts["created_at"].to_numpy()
    years = (QUIET.start_ms - created) / (365.25 * 24 * HOUR)

    assert years.min() > 0
    assert years.max() < 8.01
    assert (years < 1).mean() > 0.1


def test_awkward_names_occur():
    names = set(make_world(replace(QUIET, seed=6)).accounts["name"].to_pylist())

    assert {"null", "=1+1", "<b>bold</b>"} & names
