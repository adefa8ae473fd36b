"""Innocent crowds: clubs of fans, flash crowds, and the news."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from builders.simulation.fortnight.stage import COMMENT, LIKE, REPOST, SHARE, Stage
from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.one_table import NONE
from builders.simulation.population import Floats, Longs


def known_author(stage: Stage, least: float, most: float) -> int:
    """Somebody whose fame lies between two quantiles."""
    ranked = np.argsort(stage.people.fame, kind="stable")
    return int(ranked[int(stage.rng.uniform(least, most) * (len(ranked) - 1))])


def fan_club(stage: Stage, name: str) -> None:
    """Fans of one idol come to most of what it posts, for some within minutes, for others hours.

    Each has a loyalty and a patience of his own; some call the club's chant. A third of the clubs
    are in all languages. Others, who are no fans, come too.
    """
    rng, people = stage.rng, stage.people
    idol = known_author(stage, 0.99, 1.0)
    size = stage.size(40, 520, stage.spec.clubs)
    posts = int(rng.integers(24, 64) * stage.spec.length)
    world = rng.random() < 1 / 3
    where = None if world else (int(people.language[idol]), NONE)
    fans = stage.people_who(size, least=3, bucket=where, activity=0.4)
    # A small club is one of the keen: who is not has left it.
    least, slowest = (0.4, 45 * MINUTE) if len(fans) > 120 else (0.55, 20 * MINUTE)
    loyalty = rng.beta(5.0, 5.0 * (1.0 / rng.uniform(least, 0.72) - 1.0), len(fans)).clip(
        0.12, 0.97
    )
    patience = np.log(stage.between(6 * MINUTE, slowest)) + rng.normal(0, 0.7, len(fans))
    (chant,) = stage.say(pa.array([stage.tongue.chant(rng, int(people.language[idol]))]))
    at = np.sort(stage.rhythm.moments(rng, np.full(posts, people.offset[idol])))
    for post, when in zip(stage.new_posts(posts).tolist(), at.tolist(), strict=True):
        came = rng.random(len(fans)) < loyalty * rng.uniform(0.7, 1.15)
        who = fans[came]
        moment = when + rng.lognormal(patience[came], 1.1)
        moment = stage.rhythm.up(rng, moment, people.offset[who])
        action = rng.choice([LIKE, COMMENT, REPOST], len(who), p=[0.7, 0.2, 0.1])
        calls = (action == COMMENT) & (rng.random(len(who)) < 0.3)
        stage.do(who, post, moment, action, np.where(calls, chant, NONE))
        visitors(stage, post, when, rng.uniform(0.1, 0.5) * len(fans), people.language[idol])
    stage.label(name, "fan-club", fans)


def visitors(stage: Stage, post: int, when: float, count: float, language: int) -> None:
    """About so many others who come to a post over the hours, each as it pleases him."""
    who = stage.passers_by(int(count), int(language))
    at = when + stage.rng.lognormal(np.log(100 * MINUTE), 1.5, len(who))
    at = stage.rhythm.up(stage.rng, at, stage.people.offset[who])
    action = stage.rng.choice([LIKE, COMMENT, REPOST], len(who), p=[0.7, 0.18, 0.12])
    stage.do(who, post, at, action)


def flash_crowd(stage: Stage, name: str) -> None:
    """Hundreds come to one post within the hour: a steep rise and a long fall."""
    size = stage.size(300, 2_600, min(2.0, stage.spec.scale))
    crowd = _crowd(stage, size)
    (post,) = stage.new_posts(1)
    begin = _busy_moment(stage)
    at = begin + stage.rng.gamma(1.4, stage.between(8 * MINUTE, 30 * MINUTE), len(crowd))
    action = stage.rng.choice([LIKE, COMMENT, REPOST], len(crowd), p=[0.75, 0.12, 0.13])
    stage.do(crowd, int(post), at, action)
    stage.label(name, "flash-crowd", crowd)


def news_burst(stage: Stage, name: str) -> None:
    """Something happened: three to six links about it, passed on by very many in some hours.

    Whoever takes part passes on one link or several, in one sitting or two.
    """
    rng = stage.rng
    size = stage.size(900, 3_200, min(2.0, stage.spec.scale))
    crowd = _crowd(stage, size)
    links = stage.new_links(int(rng.integers(3, 7)))
    begin, wide = _busy_moment(stage), stage.between(0.8, 3.0) * HOUR
    came = begin + rng.gamma(1.6, wide / 2, len(crowd))
    share = rng.dirichlet(np.full(len(links), 4.0)) * stage.between(1.5, 2.5)
    for link, one in zip(links.tolist(), np.minimum(share, 0.95).tolist(), strict=True):
        passed = rng.random(len(crowd)) < one
        later = rng.random(int(passed.sum())) < 0.35
        at = came[passed] + np.where(
            later, rng.gamma(1.5, HOUR, len(later)), rng.exponential(4 * MINUTE, len(later))
        )
        stage.do(crowd[passed], link, at, SHARE)
    stage.label(name, "news-burst", crowd)


def _crowd(stage: Stage, size: int) -> Longs:
    """People of one language, a fifth of them of others; who does more is there sooner.

    No crowd takes more than a seventh of those who are in no group.
    """
    size = min(size, int((~stage.taken).sum()) // 7)
    language = int(stage.rng.choice(stage.people.language))
    there = int(((stage.people.language == language) & ~stage.taken).sum())
    most = min(round(0.8 * size), there // 4)
    own = stage.people_who(most, least=2, bucket=(language, NONE), activity=0.3)
    others = stage.people_who(size - len(own), least=2, activity=0.3)
    return np.concatenate([own, others])


def _busy_moment(stage: Stage) -> float:
    offset: Floats = np.array([0.0])
    at = float(stage.rhythm.moments(stage.rng, offset)[0])
    return min(at, stage.rhythm.span - 0.3 * DAY)
