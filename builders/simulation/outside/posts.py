"""What people act on: posts with an author, a subject, a birth and a popularity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.drawing import weighted_within
from builders.simulation.outside.calendar import Calendar
from builders.simulation.outside.people import People
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.population import Floats, Longs

ANY = -1
"""In place of a subject: whichever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Posts by number, as arrays; `born` is seconds from the start, less than 0 before it.

    `order` has them by subject, `starts` where each subject begins in it (and the last one ends),
    `heights` the popularity of all up to and with each, in that order.
    """

    author: Longs
    subject: Longs
    popularity: Floats
    born: Floats
    order: Longs
    starts: Longs
    heights: Floats

    @property
    def count(self) -> int:
        """How many posts."""
        return len(self.author)

    def seen(self, rng: np.random.Generator, subject: Longs) -> Longs:
        """A post by popularity for each subject given; any where it is `ANY` or has none."""
        first, last = self.starts[subject], self.starts[subject + 1]
        whole = (subject == ANY) | (first == last)
        first, last = np.where(whole, 0, first), np.where(whole, self.count, last)
        return self.order[weighted_within(rng, self.heights, first, last)]

    def anywhere(self, rng: np.random.Generator, count: int) -> Longs:
        """Posts of all subjects, by popularity."""
        return self.seen(rng, np.full(count, ANY, dtype=np.int64))


def drawn_posts(
    rng: np.random.Generator, spec: OutsideSpec, people: People, calendar: Calendar
) -> Posts:
    """Draw the posts that people make."""
    count = int(spec.scale * rng.integers(45_000, 110_000))
    eager = people.liveliness[: people.organic] ** 0.8
    author = rng.choice(people.organic, count, p=eager / eager.sum())
    subjects = len(people.subject_shares)
    other = rng.choice(subjects, count, p=people.subject_shares)
    subject = np.where(rng.random(count) < 0.7, people.subject[author], other)
    popularity = rng.pareto(rng.uniform(0.95, 1.25), count) + 0.05
    popularity = np.minimum(popularity, np.quantile(popularity, 0.9998))
    order = np.argsort(subject, kind="stable")
    return Posts(
        author=author,
        subject=subject,
        popularity=popularity,
        born=calendar.births(rng, count),
        order=order,
        starts=np.searchsorted(subject[order], np.arange(subjects + 1)),
        heights=np.cumsum(popularity[order]),
    )
