"""Six kinds of ring; each is planted twice, at levels drawn from three of each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from builders.simulation.hours import DAY, HOUR
from builders.simulation.outside.circles import pairs
from builders.simulation.outside.crews import LEVELS, Orders, drawn_orders
from builders.simulation.outside.stage import COMMENT, FOLLOW, LIKE, POST, SHARE, Stage
from builders.simulation.population import Longs


def plant_rings(stage: Stage) -> None:
    """Plant all twelve; every level comes three times."""
    levels = stage.rng.permutation(list(LEVELS) * (2 * len(RINGS) // len(LEVELS))).tolist()
    for kind, plant in RINGS.items():
        for number in (1, 2):
            level = str(levels.pop())
            members = plant(stage, drawn_orders(stage.rng, level))
            stage.label(f"{kind}-{number}", kind, members, level=level)


def link_spam(stage: Stage, orders: Orders) -> Longs:
    """A few links that all share, or put into comments with a sentence each."""
    rng = stage.rng
    size, links = stage.sized(6, 60), int(rng.integers(5, 14))
    members = orders.crew(stage, size, links * orders.joins)
    action = int(rng.choice([SHARE, COMMENT]))
    for link in stage.brand_new(links):
        at, here = _any_time(stage), orders.turn(rng, members)
        said = _sentences(stage, len(here)) if action == COMMENT else None
        stage.emit(here, link, orders.spread(rng, at, len(here)), action, text=said)
        _traffic(stage, link, at, 3, 40)
    return members


def like_farm(stage: Stage, orders: Orders) -> Longs:
    """Likes on posts of people, such as are seen by some."""
    rng, posts = stage.rng, stage.posts
    size, targets = stage.sized(15, 60), int(rng.integers(10, 36))
    members = orders.crew(stage, size, targets * orders.joins)
    low, high = np.quantile(posts.popularity, (0.6, 0.97))
    last = max(stage.calendar.days - 2, stage.calendar.days / 2) * DAY
    there = (posts.popularity > low) & (posts.popularity < high)
    there &= (posts.born > 0) & (posts.born < last)
    for post in rng.choice(np.flatnonzero(there), targets, replace=False):
        at = float(posts.born[post] + rng.exponential(6 * HOUR))
        here, liked = orders.turn(rng, members), int(post) + stage.people.count
        stage.emit(here, liked, orders.spread(rng, at, len(here), 2), LIKE)
        _traffic(stage, liked, at, 5, 60)
    return members


def slow_drip(stage: Stage, orders: Orders) -> Longs:
    """Likes on posts that hardly anybody sees, at any time."""
    rng = stage.rng
    size, targets = stage.sized(6, 25), int(rng.integers(10, 30))
    members = orders.crew(stage, size, targets * orders.joins)
    for post in stage.brand_new(targets):
        here = orders.turn(rng, members)
        stage.emit(here, post, rng.random(len(here)) * stage.calendar.span, LIKE)
        _traffic(stage, post, stage.calendar.early(rng, 4), 0, 6)
    return members


def copied_comments(stage: Stage, orders: Orders) -> Longs:
    """Texts that members put, a word changed here and there, under any posts."""
    rng, language = stage.rng, stage.language
    size, texts = stage.sized(6, 30), int(rng.integers(5, 16))
    members = orders.crew(stage, size, texts * orders.joins)
    for _ in range(texts):
        text, here = language.anything(rng, 9, 26), orders.turn(rng, members)
        at, count = _any_time(stage), len(here)
        stage.emit(
            here,
            stage.post(stage.posts.anywhere(rng, count)),
            orders.spread(rng, at, count, 6),
            COMMENT,
            text=stage.say(language.copies(rng, text, count, orders.level.edited)),
        )
    return members


def follow_ring(stage: Stage, orders: Orders) -> Longs:
    """Members follow customers, who are people."""
    rng = stage.rng
    size, customers = stage.sized(8, 50), int(rng.integers(8, 26))
    members = orders.crew(stage, size, customers * orders.joins)
    for customer in stage.some(customers).tolist():
        at, here = _any_time(stage), orders.turn(rng, members)
        stage.emit(here, customer, orders.spread(rng, at, len(here), 4), FOLLOW)
        _traffic(stage, customer, at, 3, 30, FOLLOW)
    return members


def mutual_boost(stage: Stage, orders: Orders) -> Longs:
    """Members like and comment one another's posts, and follow one another."""
    rng = stage.rng
    members = orders.crew(stage, stage.sized(5, 25), 20 * orders.joins)
    each = max(1, 40 // len(members)) + int(rng.integers(1, 4))
    for author in members:
        for post in stage.brand_new(each):
            at = _any_time(stage)
            stage.emit(np.array([author]), post, at, POST)
            here = orders.turn(rng, members[members != author])
            when = orders.spread(rng, at + 3, len(here))
            stage.emit(here, post, when, LIKE)
            talks = rng.random(len(here)) < 0.3
            subject = np.array([stage.any_subject() for _ in range(int(talks.sum()))], np.int64)
            said = stage.comments(subject)
            stage.emit(here[talks], post, when[talks] + 20, COMMENT, text=said)
            _traffic(stage, post, at, 1, 12)
    follower, followed = pairs(rng, members, 0.3 * orders.joins)
    stage.emit(follower, followed, rng.random(len(follower)) * stage.calendar.span, FOLLOW)
    return members


RINGS: dict[str, Callable[[Stage, Orders], Longs]] = {
    "link-spam": link_spam,
    "like-farm": like_farm,
    "slow-drip": slow_drip,
    "copied-comments": copied_comments,
    "follow-ring": follow_ring,
    "mutual-boost": mutual_boost,
}


def _any_time(stage: Stage) -> float:
    return float(stage.rng.random()) * (stage.calendar.span - 0.3 * DAY)


def _traffic(stage: Stage, what: int, at: float, low: int, high: int, action: int = LIKE) -> None:
    """People of no group come to a target, too."""
    stage.drop_by(what, at, int(stage.rng.integers(low, high)), 8, action)


def _sentences(stage: Stage, count: int) -> Longs:
    subject = stage.rng.integers(0, len(stage.people.subject_shares), count)
    return stage.say(stage.language.sentences(stage.rng, subject))
