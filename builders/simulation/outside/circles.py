"""Look-alikes that are few: classes, newsrooms, people of one pastime, friends."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import DAY, HOUR
from builders.simulation.outside.stage import COMMENT, FOLLOW, LIKE, POST, SHARE, Stage
from builders.simulation.population import Longs


def classroom(stage: Stage, name: str) -> None:
    """A class does its tasks in the lesson, one after another, behind the school's address."""
    rng = stage.rng
    size = int(rng.integers(18, 36))
    pupils = stage.some(size, subject=stage.any_subject(), zone=_zone(stage))
    first, school = int(rng.integers(0, max(1, stage.calendar.days - 5))), stage.new_place()
    for lesson in range(int(rng.integers(3, 5))):
        day = first + lesson * int(rng.choice([1, 2]))
        at = day * DAY + int(rng.integers(8, 15)) * HOUR
        here = pupils[rng.random(len(pupils)) < 0.9]
        for task, post in enumerate(stage.brand_new(5)):
            done = here[rng.random(len(here)) < 0.9]
            when = at + task * 600 + rng.gamma(2, 200, len(done))
            stage.emit(done, post, when, LIKE, place=school)
            stage.drop_by_anyway(post, int(rng.integers(0, 6)))
    stage.label(name, "classroom", pupils)


def newsroom(stage: Stage, name: str) -> None:
    """Staff share some of the house's many stories, each when he comes to it."""
    rng = stage.rng
    size, stories = int(rng.integers(8, 26)), int(rng.integers(50, 120))
    staff = stage.some(size, subject=stage.any_subject(), zone=_zone(stage))
    zone = float(stage.people.zone[staff[0]])
    for story in stage.brand_new(stories):
        here = staff[rng.random(len(staff)) < rng.uniform(0.15, 0.5)]
        day = int(rng.integers(0, stage.calendar.days))
        at = day * DAY + (rng.uniform(7, 19) - zone) * HOUR
        stage.emit(here, story, at + rng.lognormal(np.log(2_400), 1.3, len(here)), SHARE)
        readers = rng.integers(0, stage.people.organic, int(rng.pareto(1.0) * 6) % 400 + 3)
        when = stage.awake(readers, at + rng.exponential(5 * HOUR, len(readers)))
        stage.emit(readers, story, when, rng.choice([LIKE, SHARE], len(readers), p=[0.7, 0.3]))
    stage.label(name, "newsroom", staff)


def niche(stage: Stage, name: str) -> None:
    """People of one pastime like its rare things, each at his time."""
    rng, end = stage.rng, stage.calendar.span
    size, things = int(rng.integers(12, 45)), int(rng.integers(25, 70))
    people = stage.some(size, subject=stage.any_subject())
    zeal, draw = rng.beta(1.5, 4, len(people)), rng.beta(1.2, 2.5, things)
    born = rng.random(things) * (end + 4 * DAY) - 4 * DAY
    for place, thing in enumerate(stage.brand_new(things)):
        chance = np.minimum(zeal * draw[place] * 2.2, 0.95)
        here = people[rng.random(len(people)) < chance]
        delay = rng.lognormal(np.log(14 * HOUR), 1.2, len(here))
        when = stage.awake(here, born[place] + delay)
        seen = (when > 0) & (when < end)
        stage.emit(here[seen], thing, when[seen], LIKE)
        stage.drop_by_anyway(thing, int(rng.integers(0, 5)))
    stage.label(name, "niche", people)


def friends(stage: Stage, name: str) -> None:
    """Friends like and comment one another's posts, and some follow one another."""
    rng, people = stage.rng, stage.people
    circle = stage.some(int(rng.integers(6, 16)), zone=_zone(stage))
    warmth = rng.uniform(0.35, 0.7)
    for author in circle:
        for post in stage.brand_new(int(rng.integers(3, 10))):
            at = stage.moments(np.array([author]))
            stage.emit(np.array([author]), post, at, POST)
            here = circle[(circle != author) & (rng.random(len(circle)) < warmth)]
            delay = rng.lognormal(np.log(2.5 * HOUR), 1.4, len(here))
            when = stage.awake(here, float(at[0]) + delay)
            stage.emit(here, post, when, LIKE)
            talks = rng.random(len(here)) < 0.35
            subject = np.full(int(talks.sum()), people.subject[author])
            said = stage.comments(subject)
            stage.emit(here[talks], post, when[talks] + 40, COMMENT, text=said)
            stage.drop_by(post, float(at[0]), int(rng.integers(0, 8)), 8, LIKE)
    follower, followed = pairs(rng, circle, 0.15)
    zone = np.full(len(follower), people.zone[circle[0]])
    when = stage.calendar.moments(rng, zone, np.zeros(len(follower)))
    stage.emit(follower, followed, when, FOLLOW)
    stage.label(name, "friends", circle)


def pairs(rng: np.random.Generator, members: Longs, share: float) -> tuple[Longs, Longs]:
    """A share of all ordered pairs of members, drawn."""
    size = len(members)
    drawn = (rng.random((size, size)) < share) & ~np.eye(size, dtype=np.bool_)
    first, second = np.nonzero(drawn)
    return members[first], members[second]


def _zone(stage: Stage) -> float:
    return float(stage.rng.choice(stage.people.zones))
