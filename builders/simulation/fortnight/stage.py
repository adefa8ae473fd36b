"""The platform as it is drawn on: what was done, said, made and planted so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from builders.simulation.fortnight.feed import Feed
from builders.simulation.fortnight.people import People
from builders.simulation.fortnight.rhythm import Rhythm
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.words import Tongue
from builders.simulation.one_table import NONE, Acts, Group
from builders.simulation.population import Floats, Longs

ACTIONS = ("like", "comment", "repost", "share", "tag", "follow")
LIKE, COMMENT, REPOST, SHARE, TAG, FOLLOW = range(len(ACTIONS))
TAGS_OF_A_BUCKET = 40

LIVES, EVEN, POPULAR = range(3)
"""What an account does beside a ring: what its owner would; anything; what everybody looks at."""


@dataclass(slots=True)
class Stage:
    """What planters draw from and add to.

    `taken`: who is in a group already. `own`: by account, how many acts of its own a ring leaves
    it, or `NONE`: as many as it would do anyway. `cover`: what a ring's accounts fill these with.
    """

    rng: np.random.Generator
    spec: FortnightSpec
    rhythm: Rhythm
    people: People
    feed: Feed
    tongue: Tongue
    acts: list[Acts] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    posts: int = 0
    links: int = 0
    taken: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    own: Longs = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    cover: Longs = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """What is made from here on has the numbers after what the feed has."""
        self.posts, self.links = self.feed.count, self.feed.links
        self.taken = np.zeros(self.people.count, dtype=np.bool_)
        self.own = np.full(self.people.count, NONE)
        self.cover = np.full(self.people.count, LIVES)

    def new_posts(self, count: int) -> Longs:
        """Posts that nobody is shown unless a planter sends people there."""
        self.posts += count
        return np.arange(self.posts - count, self.posts)

    def new_links(self, count: int) -> Longs:
        """Links that no post of the feed carries."""
        self.links += count
        return np.arange(self.links - count, self.links)

    def say(self, text: str) -> int:
        """The number of a planted text."""
        self.said.append(text)
        return len(self.said) - 1

    def do(
        self,
        who: npt.NDArray[np.integer],
        what: npt.NDArray[np.integer] | int,
        at: Floats,
        action: npt.NDArray[np.integer] | int,
        text: npt.NDArray[np.integer] | int = NONE,
    ) -> None:
        """Add acts; what would fall out of the span is not in the extract."""
        inside = (at >= 0) & (at < self.rhythm.span)
        acts = Acts(
            np.asarray(who, dtype=np.int64),
            np.broadcast_to(np.asarray(what, dtype=np.int64), len(at)),
            np.asarray(at, dtype=np.float64),
            np.broadcast_to(np.asarray(action, dtype=np.int64), len(at)),
            np.broadcast_to(np.asarray(text, dtype=np.int64), len(at)),
        )
        self.acts.append(acts.pick(inside))

    def label(self, name: str, kind: str, level: str | None, members: Longs) -> None:
        """Tell the truth of a group, once its acts are there."""
        self.groups.append(Group(name, kind, level, np.sort(members)))

    def people_who(
        self,
        count: int,
        *,
        least: int = 0,
        bucket: tuple[int, int] | None = None,
        activity: float = 0.0,
    ) -> Longs:
        """So many free accounts, and from now on not free.

        Args:
            count: how many; fewer where there are not as many.
            least: the least acts that they do in the span.
            bucket: a language and a topic that they read, or any (`NONE`).
            activity: the power of acts that they are drawn by.
        """
        people = self.people
        fit = ~self.taken & (people.acts >= least)
        if bucket is not None:
            language, topic = bucket
            if language != NONE:
                fit &= people.language == language
            if topic != NONE:
                fit &= (people.interests == topic).any(axis=1)
        free = np.flatnonzero(fit)
        weight = (people.acts[free] + 1.0) ** activity
        drawn = self.rng.exponential(1.0, len(free)) / weight
        chosen = free[np.argsort(drawn, kind="stable")[:count]]
        self.taken[chosen] = True
        return np.asarray(chosen)

    def passers_by(self, count: int, language: int = NONE) -> Longs:
        """Anybody who is about, whatever else they are in; the busier the sooner."""
        people = self.people
        weight = people.acts * (1.0 if language == NONE else people.language == language)
        weight = np.where(self.own == 0, 0.0, weight)
        ends = np.cumsum(weight, dtype=np.float64)
        drawn = self.rng.random(count) * ends[-1]
        return np.unique(np.searchsorted(ends, drawn, side="right"))

    def between(self, least: float, most: float) -> float:
        """A number drawn evenly on a logarithmic scale."""
        return float(np.exp(self.rng.uniform(np.log(least), np.log(most))))

    def size(self, least: float, most: float, scale: float) -> int:
        """A size drawn so, in a world of this size."""
        return max(5, round(self.between(least, most) * scale))
