"""Innocent groups that are small: newsrooms, friends, people of one pastime, offices."""

from __future__ import annotations

import numpy as np

from builders.simulation.fortnight.publics import visitors
from builders.simulation.fortnight.stage import COMMENT, FOLLOW, LIKE, REPOST, SHARE, Stage
from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.one_table import NONE
from builders.simulation.population import Longs


def newsroom(stage: Stage, name: str) -> None:
    """Staff who pass on their house's articles, as they are asked to by its advocacy tool.

    In office hours, each as he gets to it, two to fifty minutes later for the most part; the
    house's readers pass them on as well. Half of the staff also follow one another.
    """
    rng = stage.rng
    staff = _people(stage, stage.size(8, 45, 1.0))
    articles = int(rng.integers(14, 42) * stage.spec.length)
    offset = float(np.median(stage.people.offset[staff]))
    keen = rng.uniform(0.35, 0.65) + rng.normal(0, 0.12, len(staff))
    begin = stage.rhythm.at_work(rng, articles, offset)
    late = stage.between(7 * MINUTE, 30 * MINUTE)
    for link, when in zip(stage.new_links(articles).tolist(), begin.tolist(), strict=True):
        who = staff[rng.random(len(staff)) < keen]
        at = when + rng.lognormal(np.log(late), 1.0, len(who))
        stage.do(who, link, at, SHARE)
        readers = stage.passers_by(int(rng.integers(3, 30)), int(stage.people.language[staff[0]]))
        at = when + rng.lognormal(np.log(2 * HOUR), 1.3, len(readers))
        stage.do(readers, link, stage.rhythm.up(rng, at, stage.people.offset[readers]), SHARE)
    _acquainted(stage, staff, 0.12)
    stage.label(name, "newsroom", staff)


def friends(stage: Stage, name: str) -> None:
    """A circle whose members follow one another and like and comment what each of them posts."""
    rng = stage.rng
    circle = _people(stage, stage.size(5, 22, 1.0))
    _acquainted(stage, circle, rng.uniform(0.4, 0.85))
    late = stage.between(15 * MINUTE, 3 * HOUR)
    warmth = rng.uniform(0.25, 0.6)
    owner = rng.choice(circle, int(rng.integers(12, 40)))
    begin = stage.rhythm.moments(rng, stage.people.offset[owner])
    for post, own, when in zip(stage.new_posts(len(owner)), owner, begin, strict=True):
        who = circle[(rng.random(len(circle)) < warmth) & (circle != own)]
        _react(stage, who, int(post), float(when), late, 1.3)
        visitors(stage, int(post), float(when), rng.uniform(0, 7), stage.people.language[own])
    stage.label(name, "friends", circle)


def hobby(stage: Stage, name: str) -> None:
    """People of one rare pastime on things that hardly anybody else looks at, over days."""
    rng = stage.rng
    fond = _people(stage, stage.size(10, 60, 1.0))
    things = int(rng.integers(18, 60) * stage.spec.length)
    share = rng.uniform(0.15, 0.45)
    begin = rng.uniform(0.0, stage.rhythm.span - DAY, things)
    for post, when in zip(stage.new_posts(things).tolist(), begin.tolist(), strict=True):
        who = fond[rng.random(len(fond)) < share]
        _react(stage, who, post, when, stage.between(4 * HOUR, 20 * HOUR), 1.1)
        visitors(stage, post, when, rng.uniform(0, 5), NONE)
    _acquainted(stage, fond, 0.08)
    stage.label(name, "hobby", fond)


def office(stage: Stage, name: str) -> None:
    """Colleagues who like their firm's posts, at noon and between meetings of working days."""
    rng = stage.rng
    staff = _people(stage, stage.size(8, 50, 1.0))
    posts = int(rng.integers(8, 24) * stage.spec.length)
    offset = float(np.median(stage.people.offset[staff]))
    dutiful = rng.uniform(0.3, 0.6)
    begin = stage.rhythm.at_work(rng, posts, offset)
    for post, when in zip(stage.new_posts(posts).tolist(), begin.tolist(), strict=True):
        who = staff[rng.random(len(staff)) < dutiful]
        _react(stage, who, post, when, stage.between(20 * MINUTE, 3 * HOUR), 1.0)
        visitors(stage, post, when, rng.uniform(2, 20), stage.people.language[staff[0]])
    _acquainted(stage, staff, 0.1)
    stage.label(name, "office", staff)


def _people(stage: Stage, size: int) -> Longs:
    """People of one language and, if there are as many, one interest."""
    one = int(stage.rng.integers(0, stage.people.count))
    language, topic = int(stage.people.language[one]), int(stage.people.interests[one, 0])
    chosen = stage.people_who(size, least=3, bucket=(language, topic))
    more = stage.people_who(size - len(chosen), least=3, bucket=(language, NONE))
    rest = stage.people_who(size - len(chosen) - len(more), least=3)
    return np.concatenate([chosen, more, rest])


def _react(stage: Stage, who: Longs, post: int, when: float, late: float, sigma: float) -> None:
    at = when + stage.rng.lognormal(np.log(late), sigma, len(who))
    at = stage.rhythm.up(stage.rng, at, stage.people.offset[who])
    action = stage.rng.choice([LIKE, COMMENT, REPOST], len(who), p=[0.68, 0.22, 0.1])
    stage.do(who, post, at, action)


def _acquainted(stage: Stage, members: Longs, share: float) -> None:
    """A share of all pairs follow one another in the span, two in three of them both ways."""
    rng = stage.rng
    one, other = np.triu_indices(len(members), 1)
    met = rng.random(len(one)) < share
    one, other = members[one[met]], members[other[met]]
    turned = rng.random(len(one)) < 0.5
    first, second = np.where(turned, other, one), np.where(turned, one, other)
    at = stage.rhythm.moments(rng, stage.people.offset[first])
    stage.do(first, second, at, FOLLOW)
    back = rng.random(len(first)) < 2 / 3
    late = at[back] + rng.lognormal(np.log(4 * HOUR), 1.5, int(back.sum()))
    who = second[back]
    stage.do(who, first[back], stage.rhythm.up(rng, late, stage.people.offset[who]), FOLLOW)
