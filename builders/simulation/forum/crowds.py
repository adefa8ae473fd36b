"""Crowds who come together and are nobody's ring: fans, flash crowds, news, live threads."""

from __future__ import annotations

import numpy as np

from builders.simulation.forum.stage import (
    A_LINK,
    A_POST,
    AWARD,
    COMMENT,
    DOWNVOTE,
    OPEN,
    SHARE,
    UPVOTE,
    Stage,
)
from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.population import Floats, Longs

_MOST = 1 / 7
"""No crowd takes more than this share of all accounts."""


def _crowd(stage: Stage, least: float, most: float) -> int:
    """A crowd's size, log-uniform; told for a world of 500,000."""
    drawn = stage.sized(least, most) * stage.spec.crowd
    return int(min(max(drawn, 12), _MOST * stage.people.count))


def _evening(stage: Stage, day: float) -> float:
    """A moment of a day at which many are awake, s from the start."""
    shift = stage.people.shift[stage.rng.integers(0, stage.people.count)]
    at = day * DAY + (19.5 + stage.rng.normal(0.0, 1.0) + shift) % 24 * HOUR
    return float(np.clip(at, 0.0, 0.97 * stage.hours.span))


def fan_club(stage: Stage, name: str) -> None:
    """Sixty to 500 fans of one who posts forty times and more: each is at half to nine tenths.

    They come minutes, two hours or half a day later at the median (the table of look-alikes), or
    when they wake.
    """
    rng = stage.rng
    idol = stage.some(1, stage.people.fame)
    count = round(int(rng.integers(40, 61)) * max(stage.spec.length, 0.25))
    home = int(stage.people.homes[idol[0], 0])
    born = np.sort(
        stage.hours.moments(rng, np.repeat(stage.people.shift[idol], count), np.full(count, -1.0))
    )
    liked = rng.lognormal(1.0, 1.0, count)
    what = stage.new_posts(np.array(home), np.repeat(idol, count), born, liked=liked)
    # Only somebody who does a good deal can be at twenty posts of one idol.
    fans = stage.some(_crowd(stage, 60, 500), stage.fond(home) + 0.02, least=0.7 * count)
    loyal = rng.uniform(0.5, 0.9, len(fans))
    who, post = np.nonzero(rng.random((len(fans), count)) < loyal[:, None])
    middle = float(rng.choice((10 * MINUTE, 2 * HOUR, 12 * HOUR)))
    at = born[post] + rng.lognormal(np.log(middle), 1.5, len(who))
    at = stage.awake(fans[who], at)
    action = rng.choice((UPVOTE, COMMENT, AWARD, SHARE), len(who), p=(0.84, 0.12, 0.02, 0.02))
    stage.do(fans[who], what[post], at, action)
    stage.label(name, "fan-club", fans)


def flash_crowd(stage: Stage, name: str) -> None:
    """Three hundred to 5,000 on one post, exponentially after 20 minutes (the table)."""
    rng = stage.rng
    born = _evening(stage, rng.uniform(0.0, stage.spec.days - 1))
    many = _crowd(stage, 300, 5_000)
    crowd = stage.some(many, np.where(stage.awake_at(born), 1.0, 0.05), least=1.0)
    home = int(rng.integers(0, 12))
    what = stage.new_posts(np.array(home), stage.some(1), np.array([born]), liked=np.array([60.0]))
    at = born + rng.exponential(20 * MINUTE, len(crowd))
    action = rng.choice((UPVOTE, DOWNVOTE, COMMENT, SHARE), len(crowd), p=(0.8, 0.08, 0.1, 0.02))
    stage.do(crowd, np.repeat(what, len(crowd)), at, action)
    stage.label(name, "flash-crowd", crowd)


def news_burst(stage: Stage, name: str) -> None:
    """Eight hundred to 10,000 on three things of one story in two hours; each on most of them."""
    rng = stage.rng
    begins = _evening(stage, rng.uniform(0.0, stage.spec.days - 1))
    crowd = stage.some(
        _crowd(stage, 800, 10_000), np.where(stage.awake_at(begins), 1.0, 0.05), least=3.0
    )
    born = begins + np.array([0.0, rng.uniform(2, 15), rng.uniform(10, 30)]) * MINUTE
    pages = stage.new_links(1, 1)
    home = rng.integers(0, 12, 3)
    posts = stage.new_posts(home[:2], stage.some(2), born[:2], liked=np.full(2, 50.0))
    stage.new_posts(home[2:], stage.some(1), born[2:], liked=np.full(1, 50.0), link=pages)
    # What they come to: two posts, and the page that a third is about.
    what = np.concatenate([posts, A_LINK + pages])
    who, thing = np.nonzero(rng.random((len(crowd), 3)) < 0.7)
    at = born[thing] + rng.beta(1.2, 2.2, len(who)) * 2 * HOUR
    vote = rng.choice((UPVOTE, COMMENT, SHARE), len(who), p=(0.84, 0.13, 0.03))
    stage.do(crowd[who], what[thing], at, np.where(thing == 2, OPEN, vote))
    stage.label(name, "news-burst", crowd)


def _live(stage: Stage, crowd: Longs, begins: float, length: float, home: int) -> None:
    """People in one thread for hours: each comes and stays, votes on what is said, says a word."""
    rng = stage.rng
    host = stage.some(1, stage.fond(home) + 0.01, least=1.0)
    thread = stage.new_posts(np.array(home), host, np.array([begins - HOUR]), liked=np.array([8.0]))
    said = int(rng.integers(30, 70))
    comments = stage.new_comments(said)
    told: Floats = np.sort(begins + rng.random(said) * length)
    liked = rng.pareto(1.1, said) + 0.1
    acts = np.minimum(rng.geometric(1 / rng.uniform(4, 9), len(crowd)), 30)
    who = np.repeat(crowd, acts)
    what = rng.choice(said, len(who), p=liked / liked.sum())
    # Somebody scrolls down for a while, and votes on what stands there by then.
    comes = np.repeat(begins + rng.beta(1.3, 2.0, len(crowd)) * length, acts)
    at = np.maximum(comes, told[what]) + rng.exponential(8 * MINUTE, len(who))
    talks = rng.random(len(who)) < 0.25
    object_ = np.where(talks & (rng.random(len(who)) < 0.5), thread, comments[what])
    stage.do(who, object_, at, np.where(talks, COMMENT, UPVOTE))


def question_hour(stage: Stage, name: str) -> None:
    """Somebody known is asked anything: hundreds vote on the same answers for three hours."""
    begins = _evening(stage, stage.rng.uniform(0.0, stage.spec.days - 1))
    home = int(stage.rng.integers(0, min(30, stage.communities.count)))
    weight = (stage.fond(home) + 0.05) * stage.awake_at(begins)
    crowd = stage.some(_crowd(stage, 100, 600), weight, least=8.0)
    _live(stage, crowd, begins, 3 * HOUR, home)
    stage.label(name, "question-hour", crowd)


def match_thread(stage: Stage, name: str) -> None:
    """The same supporters in the thread of each match, two hours every few days."""
    rng = stage.rng
    home = int(rng.integers(3, min(40, stage.communities.count)))
    days = np.arange(rng.integers(0, 3), stage.spec.days, int(rng.integers(2, 5)))
    supporters = stage.some(_crowd(stage, 60, 250), stage.fond(home) + 0.01, least=14.0)
    loyal = rng.uniform(0.3, 0.8, len(supporters))
    for day in days[:6]:
        begins = _evening(stage, float(day))
        able = stage.awake_at(begins) & (stage.left > 4)
        there = supporters[(rng.random(len(supporters)) < loyal) & able[supporters]]
        if len(there):
            _live(stage, there, begins, 2 * HOUR, home)
    stage.label(name, "match-thread", supporters)


def weekly_thread(stage: Stage, name: str) -> None:
    """Forty to 200 who answer a thread that comes every week, or every other day."""
    rng = stage.rng
    home = int(rng.integers(0, stage.communities.count))
    step = int(rng.choice((7, 7, 2, 3)))
    regulars = stage.some(_crowd(stage, 40, 200), stage.fond(home) + 0.005, least=10.0)
    comes = rng.uniform(0.4, 0.95, len(regulars))
    host = stage.some(1, stage.fond(home) + 0.01)
    hour = rng.uniform(6.0, 16.0) * HOUR
    for day in range(int(rng.integers(0, min(step, stage.spec.days))), stage.spec.days, step):
        opened = day * DAY + hour
        thread = stage.new_posts(np.array(home), host, np.array([opened]), liked=np.array([3.0]))
        who = regulars[rng.random(len(regulars)) < comes]
        at = stage.awake(who, opened + rng.lognormal(np.log(3 * HOUR), 1.2, len(who)))
        stage.do(who, np.repeat(thread, len(who)), at, COMMENT)
        answers = stage.new_comments(len(who))
        votes = rng.poisson(2.0, len(who))
        again = np.repeat(np.arange(len(who)), votes)
        # They read what was said before them.
        read = (np.argsort(np.argsort(at))[again] * rng.random(len(again))).astype(np.int64)
        said = answers[np.argsort(at)[read]]
        stage.do(who[again], said, at[again] + rng.exponential(4 * MINUTE, len(again)), UPVOTE)
    stage.label(name, "weekly-thread", regulars)


def first_readers(stage: Stage, name: str) -> None:
    """Fifteen to 40 who sit on a community's newest posts for hours and vote first on them."""
    rng = stage.rng
    home = int(rng.integers(0, 10))
    some = stage.some(int(rng.integers(15, 41)), stage.fond(home) + 0.003, least=35.0)
    posts = stage.posts
    there = np.flatnonzero((posts.community == home) & (posts.birth >= 0.0))
    for one in some:
        begins = stage.hours.moments(rng, np.full(6, stage.people.shift[one]), np.full(6, -1.0))
        length = rng.exponential(2.0 * HOUR, 6)
        birth = posts.birth[there]
        seen = ((birth[:, None] > begins) & (birth[:, None] < begins + length)).any(axis=1)
        seen &= rng.random(len(there)) < rng.uniform(0.4, 0.9)
        post = rng.permutation(there[seen])[: int(0.6 * stage.left[one])]
        at = posts.birth[post] + rng.exponential(4 * MINUTE, len(post))
        action = rng.choice((UPVOTE, DOWNVOTE), len(post), p=(0.65, 0.35))
        stage.do(np.repeat(one, len(post)), A_POST + post, at, action)
    stage.label(name, "first-readers", some)


def newcomers(stage: Stage, name: str) -> None:
    """Whom a link from elsewhere brings on one day: all are shown the same communities to join."""
    rng = stage.rng
    day = int(rng.integers(0, max(1, stage.spec.days - 1)))
    # Nobody who was seen before.
    can = ~stage.ringed & (stage.people.posts == 0) & (stage.left == stage.people.budget)
    some = stage.some(_crowd(stage, 50, 200), can.astype(float), least=6.0)
    came = day * DAY + DAY * rng.beta(2.0, 2.0, len(some))
    stage.people.joined[some] = came
    shown = rng.choice(min(25, stage.communities.count), int(rng.integers(5, 9)), replace=False)
    who, what = np.nonzero(rng.random((len(some), len(shown))) < 0.6)
    at = came[who] + rng.exponential(6 * MINUTE, len(who))
    stage.join(some[who], shown[what], at)
    welcome = stage.new_posts(shown[:1], stage.some(1), np.array([day * DAY + 60.0]))
    greets = rng.random(len(some)) < 0.4
    late = came[greets] + rng.exponential(20 * MINUTE, int(greets.sum()))
    stage.do(some[greets], np.repeat(welcome, len(late)), late, COMMENT)
    stage.label(name, "newcomers", some)
