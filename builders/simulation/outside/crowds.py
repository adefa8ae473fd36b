"""Look-alikes that are many: fans, crowds, news, memes, newcomers."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import DAY, HOUR
from builders.simulation.outside.stage import COMMENT, FOLLOW, LIKE, SHARE, Stage


def fan_club(stage: Stage, name: str) -> None:
    """Fans in all zones like most of an idol's posts, after minutes, hours or the night."""
    rng, people, end = stage.rng, stage.people, stage.calendar.span
    size, posts = stage.sized(50, _bounded(stage, 50, 320)), int(rng.integers(18, 55))
    subject = int(rng.choice(len(people.subject_shares), p=people.subject_shares))
    fans = stage.some(size, subject=subject)
    middle = float(rng.choice([600.0, 3_600.0, 7_200.0, 6 * HOUR]))
    least = 0.3 if rng.random() < 0.5 else 0.5
    zeal = rng.uniform(least, 0.9, len(fans))
    shown = np.sort(rng.random(posts)) * (end - DAY / 2)
    for post, at in zip(stage.brand_new(posts), shown.tolist(), strict=True):
        here = fans[rng.random(len(fans)) < zeal]
        width = rng.uniform(1.0, 1.6)
        when = stage.awake(here, at + rng.lognormal(np.log(middle), width, len(here)))
        here, when = here[when < end], when[when < end]
        stage.emit(here, post, when, LIKE)
        talks = rng.random(len(here)) < 0.15
        stage.emit(
            here[talks],
            post,
            when[talks] + rng.exponential(60, int(talks.sum())),
            COMMENT,
            text=stage.comments(np.full(int(talks.sum()), subject)),
        )
        stage.drop_by(post, at, int(rng.integers(10, 80)), 6, LIKE)
    stage.label(name, "fan-club", fans)


def flash_crowd(stage: Stage, name: str) -> None:
    """Many on one post, most within the hour."""
    rng = stage.rng
    crowd = stage.some(_crowd(stage, 250, 2_000))
    at = rng.random() * (stage.calendar.span - DAY)
    waits = rng.exponential(rng.uniform(600, 2_400), len(crowd))
    stage.emit(crowd, stage.brand_new(1)[0], at + waits, int(rng.choice([LIKE, SHARE])))
    stage.label(name, "flash-crowd", crowd)


def news_burst(stage: Stage, name: str) -> None:
    """Very many on most of three to five things about one event, within two hours."""
    rng = stage.rng
    crowd = stage.some(_crowd(stage, 400, 2_500))
    things = stage.brand_new(int(rng.integers(3, 6)))
    at = rng.random() * (stage.calendar.span - DAY)
    for thing in things:
        here = crowd[rng.random(len(crowd)) < 0.65]
        action = rng.choice([LIKE, SHARE], len(here), p=[0.4, 0.6])
        stage.emit(here, thing, at + rng.gamma(1.5, 2_400, len(here)), action)
    stage.label(name, "news-burst", crowd)


def meme(stage: Stage, name: str) -> None:
    """A text that anybody copies under anything, for days."""
    rng = stage.rng
    people = stage.some(_crowd(stage, 60, 300))
    count = len(people)
    text = stage.language.anything(rng, 9, 22)
    at = stage.calendar.early(rng, 5)
    stage.emit(
        people,
        stage.post(stage.posts.anywhere(rng, count)),
        at + rng.gamma(1.4, 1.5 * DAY, count),
        COMMENT,
        text=stage.say(stage.language.retold(rng, text, count)),
    )
    stage.label(name, "meme", people)


def newcomers(stage: Stage, name: str) -> None:
    """New people follow some of the thirty who are suggested to all, one click after another."""
    rng = stage.rng
    new = stage.some(_crowd(stage, 150, 500))
    suggested = stage.people.suggested(rng, 30)
    for one in new:
        clicks = int(rng.integers(5, 16))
        followed = rng.choice(suggested, clicks, replace=False)
        at = rng.random() * (stage.calendar.span - 0.2 * DAY)
        when = at + np.cumsum(rng.exponential(12, clicks))
        stage.emit(np.full(clicks, one), followed, when, FOLLOW)
    stage.label(name, "newcomers", new)


def _crowd(stage: Stage, low: int, high: int) -> int:
    """A size that follows the platform's where that is small."""
    scale = min(1.0, stage.scale)
    return stage.sized(low * scale, high * scale)


def _bounded(stage: Stage, low: int, high: int) -> float:
    """The largest size, less on a small platform and never near the smallest."""
    return max(1.2 * low, high * min(1.0, stage.scale))
