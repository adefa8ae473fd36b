"""What is posted: where, by whom, when, how much people like it, and what it links to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from builders.simulation.forum.people import FONDNESS, HOMES, Communities, People
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.hours import DAY, HOUR, MINUTE, Hours
from builders.simulation.one_table import NONE
from builders.simulation.population import Floats, Longs

_LINKS = 0.5
_PASSED_ON = 0.2
_ARCHIVE_DAYS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Posts:
    """Posts by number; `link` numbers the page that one is about, `NONE` where it is text.

    `birth`: s from the start; what is older lies in the archive.
    """

    community: Longs
    author: Longs
    birth: Floats
    appeal: Floats
    link: Longs

    @property
    def count(self) -> int:
        """How many."""
        return len(self.birth)

    def with_more(self, more: Self) -> Self:
        """These, and `more` after them."""
        return type(self)(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(more, field.name)])
                for field in fields(self)
            }
        )


def appeal(rng: np.random.Generator, count: int) -> Floats:
    """How much posts are liked: most hardly, a few beyond measure.

    Scores on link aggregators span five orders of magnitude; log-normal with sigma 1.7 is a guess.
    """
    return rng.lognormal(0.0, 1.7, count)


def drawn_posts(
    rng: np.random.Generator,
    spec: ForumSpec,
    hours: Hours,
    people: People,
    communities: Communities,
) -> Posts:
    """Posts of the span, and the archive of a season before it."""
    author = np.repeat(np.arange(people.count), people.posts)
    home = rng.choice(HOMES, len(author), p=FONDNESS / FONDNESS.sum())
    birth = hours.moments(rng, people.shift[author], people.joined[author])
    # Whoever posts often posts the same to several communities, within minutes.
    again = (rng.random(len(author)) < 0.12) & (np.roll(author, 1) == author)
    again[:1] = False
    birth[again] = np.roll(birth, 1)[again] + rng.exponential(2 * MINUTE, int(again.sum()))
    birth = np.minimum(birth, hours.span - 1.0)
    links = np.where(rng.random(len(author)) < _LINKS, np.arange(len(author)), NONE)
    links[again] = np.roll(links, 1)[again]
    links = _passed_on(rng, birth, links)
    old = max(len(author), 2_000)
    community = rng.choice(communities.count, old, p=communities.size / communities.size.sum())
    writes = np.flatnonzero(people.posts > 0)
    archive = Posts(
        community=community,
        author=rng.choice(writes, old),
        birth=-HOUR - _ARCHIVE_DAYS * DAY * rng.random(old) ** 1.5,
        appeal=appeal(rng, old),
        link=np.where(rng.random(old) < _LINKS, len(author) + np.arange(old), NONE),
    )
    return Posts(
        community=people.homes[author, home],
        author=author,
        birth=birth,
        appeal=appeal(rng, len(author)),
        link=links,
    ).with_more(archive)


def _passed_on(rng: np.random.Generator, birth: Floats, link: Longs) -> Longs:
    """Some posts are about the page of one that came shortly before, mostly somewhere else."""
    order = np.argsort(birth, kind="stable")
    back = np.arange(len(birth)) - rng.geometric(0.02, len(birth))
    found = np.where(back >= 0, link[order][np.maximum(back, 0)], NONE)
    same = (rng.random(len(birth)) < _PASSED_ON) & (found != NONE) & (link[order] != NONE)
    passed = link.copy()
    passed[order[same]] = found[same]
    return passed
