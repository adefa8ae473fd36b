"""What there is to look at: posts, the links in them, and what is shown to everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.fortnight.people import People, drawn_by_weight, stretches
from builders.simulation.fortnight.rhythm import Rhythm
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.hours import HOUR
from builders.simulation.population import Floats, Longs


@dataclass(frozen=True, slots=True)
class Feed:
    """Posts in order of author and time, and what is shown, in order of bucket and time.

    `at`: when a post was written, s; `appeal`: how much it draws; `link`: which link it carries.
    `shown` lists posts that a language's or topic's readers are shown, oftener what draws more.
    """

    author: Longs
    at: Floats
    appeal: Floats
    link: Longs
    bucket: Longs
    links: int
    shown: Longs
    shown_at: Floats
    shown_bucket: Longs
    span: float

    @property
    def count(self) -> int:
        """How many posts."""
        return len(self.author)

    def latest_of(
        self, rng: np.random.Generator, author: npt.NDArray[np.integer], at: Floats
    ) -> tuple[Longs, npt.NDArray[np.bool_]]:
        """An author's post that was the last, or one of the last, at a moment; and whether any is.

        What is older than three days counts as none: it has gone from the feed.
        """
        key = self.author * (2 * self.span) + self.at
        last = np.searchsorted(key, author * (2 * self.span) + at, side="right") - 1
        place = np.maximum(last - (rng.geometric(0.62, len(author)) - 1), 0)
        fresh = (self.author[place] == author) & (at - self.at[place] < 72 * HOUR) & (last >= 0)
        return place, fresh

    def shown_to(
        self, rng: np.random.Generator, bucket: npt.NDArray[np.integer], at: Floats
    ) -> Longs:
        """What the readers of a bucket are shown at a moment: one of the last things, mostly."""
        key = self.shown_bucket * (2 * self.span) + self.shown_at
        low = np.searchsorted(self.shown_bucket, bucket)
        high = np.searchsorted(self.shown_bucket, bucket, side="right")
        last = np.searchsorted(key, bucket * (2 * self.span) + at, side="right") - 1
        back = rng.geometric(0.04, len(bucket)) - 1
        place = np.where(last - back >= low, last - back, low)
        none = high <= low
        place = np.where(none, rng.integers(0, len(self.shown), len(bucket)), place)
        return self.shown[np.minimum(place, len(self.shown) - 1)]

    def found_by(
        self, rng: np.random.Generator, bucket: npt.NDArray[np.integer], order: Longs
    ) -> Longs:
        """Any post of a bucket, old or new, known or not: what a search brings up."""
        low, high = stretches(self.bucket[order], bucket)
        return order[low + (rng.random(len(bucket)) * (high - low)).astype(np.int64)]


def drawn_feed(
    rng: np.random.Generator, spec: FortnightSpec, people: People, rhythm: Rhythm
) -> Feed:
    """Posts of the span; a post for every nine acts, by those who do and are known more.

    Appeal is Pareto (1.2) beside its author's fame: cascades are heavy-tailed whoever begins them
    (Goel et al., Management Science 2016). Four posts in ten carry a link, and one link stands in
    several posts of a bucket, since a story is told by several.
    """
    count = spec.interactions // 9
    weight = (people.acts + 0.3) ** 0.75 * np.minimum(people.fame, 300.0) ** 0.45
    nobody = np.zeros(people.count, np.int64)
    author = np.sort(drawn_by_weight(rng, nobody, weight, np.zeros(count, np.int64)))
    at = rhythm.moments(rng, people.offset[author])
    order = np.lexsort((at, author))
    author, at = author[order], at[order]
    appeal = (1.0 + rng.pareto(1.2, count)) * people.fame[author] ** 0.45
    bucket = people.bucket()[author]
    link, links = _links(rng, bucket, at)
    shown, shown_at, shown_bucket = _shown(rng, people, author, at, appeal, rhythm)
    return Feed(
        author=author,
        at=at,
        appeal=appeal,
        link=link,
        bucket=bucket,
        links=links,
        shown=shown,
        shown_at=shown_at,
        shown_bucket=shown_bucket,
        span=rhythm.span,
    )


def _links(rng: np.random.Generator, bucket: Longs, at: Floats) -> tuple[Longs, int]:
    """Which link each post has: its own, or one that the posts before it in the bucket have."""
    order = np.lexsort((at, bucket))
    fresh = rng.random(len(order)) < 0.4
    fresh[0] = True
    link = np.empty(len(order), dtype=np.int64)
    link[order] = np.cumsum(fresh) - 1
    return link, int(fresh.sum())


def _shown(
    rng: np.random.Generator,
    people: People,
    author: Longs,
    at: Floats,
    appeal: Floats,
    rhythm: Rhythm,
) -> tuple[Longs, Floats, Longs]:
    """Posts as they are shown, as often as they draw: half within 80 minutes.

    That is the half-life of a tweet's impressions; their rate is highest after 72 seconds (Pfeffer
    et al., ICWSM 2023), which a log-normal of sigma 1.6 comes near.
    """
    times = 3 * len(author)
    ends = np.cumsum(np.minimum(appeal, 400.0))
    post = np.searchsorted(ends, rng.random(times) * ends[-1])
    when = at[post] + rng.lognormal(np.log(80 * 60.0), 1.6, times)
    bucket = people.bucket()[author[post]]
    order = np.lexsort((when, bucket))
    order = order[when[order] < rhythm.span]
    return post[order], when[order], bucket[order]
