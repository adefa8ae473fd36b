"""Small circles who meet again and again: friends, regulars, moderators, clans, classes."""

from __future__ import annotations

import numpy as np

from builders.simulation.forum.stage import (
    A_LINK,
    A_POST,
    AN_ACCOUNT,
    AWARD,
    COMMENT,
    DOWNVOTE,
    FOLLOW,
    OPEN,
    SHARE,
    UPVOTE,
    Stage,
)
from builders.simulation.hours import DAY, HOUR, MINUTE, weekdays
from builders.simulation.population import Floats, Longs


def _neighbours(stage: Stage, count: int, least: float) -> Longs:
    """People who read the same and wake at about the same hours."""
    one = stage.some(1, least=least)
    home = int(stage.people.homes[one[0], 0])
    near = np.exp(-np.abs(stage.people.shift - stage.people.shift[one[0]]) / 2.0)
    return stage.some(count, (stage.fond(home) + 0.002) * near, least=least)


def friends(stage: Stage, name: str) -> None:
    """Four to 14 who follow one another, and vote up and answer what one of them posts."""
    rng = stage.rng
    some = _neighbours(stage, int(rng.integers(4, 15)), 20.0)
    pairs = np.array([(one, other) for one in some for other in some if one < other])
    meet = pairs[rng.random(len(pairs)) < rng.uniform(0.5, 1.0)]
    if not len(meet):
        meet = pairs[:1]
    known_since = rng.random(len(meet)) < 0.4
    at = rng.uniform(0.0, stage.hours.span, len(meet))
    new = ~known_since
    who, whom = meet[new].T
    stage.do(who, AN_ACCOUNT + whom, stage.awake(who, at[new]), FOLLOW)
    back = stage.awake(whom, at[new] + rng.lognormal(np.log(2 * HOUR), 1.3, len(whom)))
    stage.do(whom, AN_ACCOUNT + who, back, FOLLOW)
    posted = int(rng.integers(8, 25))
    author = rng.choice(some, posted, p=_unequal(stage, len(some)))
    born = stage.hours.moments(rng, stage.people.shift[author], np.full(posted, -1.0))
    what = stage.new_posts(stage.people.homes[author, 0], author, born)
    loyal = rng.uniform(0.25, 0.85, len(some))
    who, post = np.nonzero(rng.random((len(some), posted)) < loyal[:, None])
    mine = some[who] != author[post]
    who, post = who[mine], post[mine]
    middle = stage.between(20 * MINUTE, 5 * HOUR)
    at = born[post] + rng.lognormal(np.log(middle), 1.3, len(who))
    action = rng.choice((UPVOTE, COMMENT, SHARE, AWARD), len(who), p=(0.66, 0.27, 0.04, 0.03))
    stage.do(some[who], what[post], stage.awake(some[who], at), action)
    stage.label(name, "friends", some)


def _unequal(stage: Stage, count: int) -> Floats:
    chance = stage.rng.pareto(1.2, count) + 0.2
    return np.asarray(chance / chance.sum())


def regulars(stage: Stage, name: str) -> None:
    """Twelve to 60 people of a little community: they read all that is posted there, some day."""
    rng = stage.rng
    home = int(rng.integers(stage.communities.count // 3, stage.communities.count))
    some = stage.some(int(stage.sized(12, 60)), stage.fond(home) + 0.0005, least=22.0)
    posted = round(rng.integers(25, 70) * max(0.3, stage.spec.length))
    author = rng.choice(some, posted, p=_unequal(stage, len(some)))
    born = stage.hours.moments(rng, stage.people.shift[author], np.full(posted, -1.0))
    what = stage.new_posts(np.array(home), author, born, liked=np.full(posted, 0.3))
    comes = rng.uniform(0.15, 0.75, len(some))
    who, post = np.nonzero(rng.random((len(some), posted)) < comes[:, None])
    mine = some[who] != author[post]
    who, post = who[mine], post[mine]
    at = born[post] + rng.lognormal(np.log(6 * HOUR), 1.2, len(who))
    action = rng.choice((UPVOTE, COMMENT, DOWNVOTE), len(who), p=(0.6, 0.35, 0.05))
    stage.do(some[who], what[post], stage.awake(some[who], at), action)
    stage.label(name, "regulars", some)


def moderators(stage: Stage, name: str) -> None:
    """Four to ten who watch over a community: they answer reports with the same few sentences."""
    rng = stage.rng
    home = int(rng.integers(0, min(25, stage.communities.count)))
    team = stage.some(int(rng.integers(4, 11)), stage.fond(home) + 0.003, least=40.0)
    posts = stage.posts
    there = np.flatnonzero((posts.community == home) & (posts.birth >= 0.0))
    reported = rng.permutation(there)[: max(8, int(0.3 * stage.left[team].sum() / 3))]
    theme, language = stage.communities.theme[home], stage.communities.language[home]
    rules = stage.wording.texts(rng, np.full(5, language), np.full(5, theme), middle=6.0)
    ready = stage.say(rules)
    # One or two of the team look at each report, whoever is awake.
    looks = rng.random((len(team), len(reported))) < min(0.8, 1.8 / len(team))
    who, which = np.nonzero(looks)
    at = posts.birth[reported[which]] + rng.lognormal(np.log(40 * MINUTE), 1.1, len(who))
    at = stage.awake(team[who], at)
    rule = rng.integers(0, 5, len(reported))[which]
    answers = rng.random(len(who)) < 0.5
    action = np.where(answers, COMMENT, DOWNVOTE)
    stage.do(
        team[who], A_POST + reported[which], at, action, text=np.where(answers, ready[rule], -1)
    )
    pairs = np.array([(one, other) for one in team for other in team if one != other])
    met = pairs[rng.random(len(pairs)) < 0.3]
    stage.do(met[:, 0], AN_ACCOUNT + met[:, 1], stage.moments(len(met)), FOLLOW)
    stage.label(name, "moderators", team)


def clan(stage: Stage, name: str) -> None:
    """A game's clan: eight to 30 who meet every evening for two hours in the thread of the day."""
    rng = stage.rng
    some = _neighbours(stage, int(rng.integers(8, 31)), 30.0)
    home = int(rng.integers(0, stage.communities.count))
    begins = (20.0 + rng.normal(0.0, 1.0) + np.median(stage.people.shift[some])) % 24 * HOUR
    comes = rng.uniform(0.3, 0.9, len(some))
    each = 0.7 * stage.left[some] / max(1, stage.spec.days)
    for day in range(stage.spec.days):
        there = some[rng.random(len(some)) < comes]
        opened = day * DAY + begins
        if not len(there) or opened > stage.hours.span - HOUR:
            continue
        host = rng.choice(there, 1)
        thread = stage.new_posts(np.array(home), host, np.array([opened]), liked=np.array([0.2]))
        said = stage.new_comments(2 * len(there))
        many = 1 + rng.poisson(np.minimum(each.mean(), 4.0), len(there))
        who = np.repeat(there, many)
        at = opened + rng.beta(1.2, 2.5, len(who)) * 2 * HOUR
        talks = rng.random(len(who)) < 0.55
        what = np.where(rng.random(len(who)) < 0.4, thread, rng.choice(said, len(who)))
        stage.do(who, what, at, np.where(talks, COMMENT, UPVOTE))
    stage.label(name, "clan", some)


def classroom(stage: Stage, name: str) -> None:
    """Thirty pupils at one address: five things in one hour, on each of three days (the table)."""
    rng = stage.rng
    zone = int(rng.choice(len(stage.hours.offset), p=stage.hours.share))
    pupils = stage.some(int(rng.integers(24, 34)), (stage.people.zone == zone) + 1e-6, least=18.0)
    school = int(stage.places.new(1)[0])
    week = np.flatnonzero(weekdays(stage.hours.first_day, stage.spec.days) < 5)
    days = rng.permutation(week if len(week) else np.arange(stage.spec.days))[:3]
    home = int(rng.integers(0, stage.communities.count))
    for day in days:
        begins = day * DAY + ((rng.uniform(9.0, 14.0) - stage.hours.offset[zone]) % 24) * HOUR
        teacher = stage.some(1)
        born = begins - rng.uniform(0.0, 8.0, 5) * HOUR
        what = stage.new_posts(np.array(home), np.repeat(teacher, 5), born)
        who, thing = np.nonzero(rng.random((len(pupils), 5)) < 0.85)
        at = begins + thing * 11 * MINUTE + rng.exponential(4 * MINUTE, len(who))
        action = rng.choice((UPVOTE, COMMENT), len(who), p=(0.6, 0.4))
        stage.do(pupils[who], what[thing], at, action, place=school)
    stage.label(name, "classroom", pupils)


def reading_group(stage: Stage, name: str) -> None:
    """Ten to 40 who are sent the same little-known pages by a letter, some mornings a week."""
    rng = stage.rng
    some = _neighbours(stage, int(rng.integers(10, 41)), 15.0)
    days = np.flatnonzero(rng.random(stage.spec.days) < 0.45)
    loyal = rng.uniform(0.3, 0.9, len(some))
    for day in days:
        pages = stage.new_links(int(rng.integers(2, 5)), 3)
        sent = day * DAY + ((7.0 + np.median(stage.people.shift[some])) % 24) * HOUR
        who, page = np.nonzero(rng.random((len(some), len(pages))) < 0.8 * loyal[:, None])
        at = stage.awake(some[who], sent + rng.lognormal(np.log(70 * MINUTE), 1.0, len(who)))
        stage.do(
            some[who], A_LINK + pages[page], at, rng.choice((OPEN, SHARE), len(who), p=(0.9, 0.1))
        )
    stage.label(name, "reading-group", some)
