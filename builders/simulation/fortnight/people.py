"""Who there is: languages, places, interests, how much each does, whom each follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from builders.simulation.drawing import weighted_within
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.hours import HOUR
from builders.simulation.population import Floats, Longs

_T = TypeVar("_T", bound=np.generic)

_OFFSETS = ((-8, -5, -6), (0, 1), (1, 2), (-3, -4), (3, 5), (5, 6), (7, 8), (9,))
"""Hours ahead of UTC where one language is spoken; a world has some of them."""


@dataclass(frozen=True, slots=True)
class People:
    """One entry an account, but for `followed`.

    `offset`: s that its day is ahead of UTC's, an owl's less. `interests`: three topics each,
    the first its own. `circle`: which small circle of friends it lives in. `fame`: how well known
    it is. `acts`: how many acts it does in the span. `followed` lists whom account i reads from
    `starts[i]` to `starts[i + 1]`, favourites first.
    """

    language: Longs
    offset: Floats
    interests: npt.NDArray[np.int64]
    circle: Longs
    fame: Floats
    acts: Longs
    starts: Longs
    followed: Longs
    languages: int
    topics: int

    @property
    def count(self) -> int:
        """How many accounts."""
        return len(self.language)

    def read_by(self, rng: np.random.Generator, who: npt.NDArray[np.integer]) -> Longs:
        """For each of `who`, one whom it follows; favourites far oftener than the others."""
        many = self.starts[who + 1] - self.starts[who]
        place = (many * rng.random(len(who)) ** 2.2).astype(np.int64)
        return np.asarray(self.followed[self.starts[who] + place])

    def audience(self) -> Longs:
        """How many follow each."""
        return np.bincount(self.followed, minlength=self.count)

    def bucket(self) -> Longs:
        """Language and own topic as one number."""
        return self.language * self.topics + self.interests[:, 0]


def drawn_people(rng: np.random.Generator, spec: FortnightSpec) -> People:
    """The accounts of a world.

    Acts are log-normal with a Pareto tail (Reed and Jorgensen's double Pareto, 2004); fame is
    Pareto with an exponent near 1.3, as followers of accounts are (Kwak et al., WWW 2010, find
    2.276 for the density).
    """
    count = spec.people
    languages, topics = int(rng.integers(4, 8)), int(rng.integers(16, 29))
    shares = np.arange(1, languages + 1) ** -rng.uniform(0.7, 1.1)
    language = np.sort(rng.choice(languages, count, p=shares / shares.sum()))
    spoken = rng.choice(len(_OFFSETS), languages, replace=False)
    zone = np.array([_OFFSETS[spoken[one]][0] for one in range(languages)], dtype=np.float64)
    offset = zone[language]
    for one in range(languages):
        mine = np.flatnonzero(language == one)
        offset[mine] = rng.choice(_OFFSETS[spoken[one]], len(mine))
    # Circles are small runs of neighbours in the list: they share language, mostly zone and topic.
    circle = np.cumsum(rng.random(count) < 0.16, dtype=np.int64)
    offset = _of_the_circle(rng, circle, offset, language, 0.85)
    topic = rng.choice(topics, (count, 3), p=_zipf(rng, topics)).astype(np.int64)
    topic[:, 0] = _of_the_circle(rng, circle, topic[:, 0], language, 0.6)
    late = rng.normal(0.0, 1.4, count)
    often = rng.lognormal(0.0, rng.uniform(0.95, 1.15), count) * (1.0 + rng.pareto(2.0, count))
    acts = rng.poisson(np.minimum(often / often.mean(), 40.0) * spec.interactions / count)
    fame = (1.0 + rng.pareto(rng.uniform(1.15, 1.35), count)).clip(0, 3e4 * max(1.0, spec.scale))
    fame *= (1.0 + acts) ** 0.3
    starts, followed = _followed(rng, circle, language * topics, topic, fame)
    return People(
        language=language,
        offset=(offset - late) * HOUR,
        interests=topic,
        circle=circle,
        fame=fame,
        acts=acts,
        starts=starts,
        followed=followed,
        languages=languages,
        topics=topics,
    )


def _zipf(rng: np.random.Generator, count: int) -> Floats:
    shares = np.arange(1, count + 1) ** -0.6 * rng.lognormal(0.0, 0.2, count)
    return np.asarray(shares / shares.sum())


def _of_the_circle(
    rng: np.random.Generator, circle: Longs, own: npt.NDArray[_T], language: Longs, share: float
) -> npt.NDArray[_T]:
    """Most people of a circle are as its first one is, if they speak its language."""
    first = np.searchsorted(circle, circle)
    taken = (rng.random(len(own)) < share) & (language[first] == language)
    return np.where(taken, own[first], own)


def _followed(
    rng: np.random.Generator,
    circle: Longs,
    language: Longs,
    topic: npt.NDArray[np.int64],
    fame: Floats,
) -> tuple[Longs, Longs]:
    """Whom each follows: friends of the circle, and the known of its language and topics.

    Seven in ten by topic, two by language alone, one in ten anybody known; twenty at the median.
    """
    count = len(circle)
    many = np.clip(rng.lognormal(np.log(20.0), 0.8, count), 4, 200).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(many)])
    who = np.repeat(np.arange(count), many)
    interest = topic[who, (3 * rng.random(len(who)) ** 1.5).astype(np.int64)]
    by_topic = drawn_by_weight(rng, language + topic[:, 0], fame, language[who] + interest)
    by_language = drawn_by_weight(rng, language, fame, language[who])
    anybody = drawn_by_weight(rng, np.zeros(count, np.int64), fame, np.zeros(len(who), np.int64))
    first = np.searchsorted(circle, circle)
    size = np.bincount(circle, minlength=circle[-1] + 1)[circle]
    friend = first[who] + (rng.random(len(who)) * size[who]).astype(np.int64)
    kind = rng.choice(4, len(who), p=[0.2, 0.56, 0.16, 0.08])
    friend = np.where(friend == who, by_topic, friend)
    return starts, np.choose(kind, [friend, by_topic, by_language, anybody])


def drawn_by_weight(rng: np.random.Generator, bucket: Longs, weight: Floats, asked: Longs) -> Longs:
    """For each bucket asked for, one of those in it, by weight; of an empty one anybody."""
    order = np.argsort(bucket, kind="stable")
    low, high = stretches(bucket[order], asked)
    return np.asarray(order[weighted_within(rng, np.cumsum(weight[order]), low, high)])


def stretches(ordered: Longs, asked: npt.NDArray[np.integer]) -> tuple[Longs, Longs]:
    """Where each bucket asked for begins and ends in an ordered list; all of it if none."""
    low = np.searchsorted(ordered, asked)
    high = np.searchsorted(ordered, asked, side="right")
    return np.where(low == high, 0, low), np.where(low == high, len(ordered), high)
