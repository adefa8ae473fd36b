"""The platform as it is drawn on: what was done, said, made and planted so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from builders.simulation.drawing import weighted
from builders.simulation.fortnight.feed import Feed
from builders.simulation.fortnight.people import People
from builders.simulation.fortnight.rhythm import Rhythm
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.words import Tongue
from builders.simulation.one_table import NONE, Acts, of_all
from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.stage import LIVES, WorldStage

ACTIONS = ("like", "comment", "repost", "share", "tag", "follow")
LIKE, COMMENT, REPOST, SHARE, TAG, FOLLOW = range(len(ACTIONS))
TAGS_OF_A_BUCKET = 40


@dataclass(slots=True, kw_only=True)
class Stage(WorldStage[Acts]):
    """What planters draw from and add to.

    `taken`: who is in a group already. `own`: by account, how many acts of its own a ring leaves
    it, or `NONE`: as many as it would do anyway. `cover`: what a ring's accounts fill these with.
    """

    spec: FortnightSpec
    rhythm: Rhythm
    people: People
    feed: Feed
    tongue: Tongue
    posts: int = field(init=False)
    links: int = field(init=False)
    taken: Bools = field(init=False)
    own: Longs = field(init=False)
    cover: Longs = field(init=False)

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
            of_all(what, len(at)),
            np.asarray(at, dtype=np.float64),
            of_all(action, len(at)),
            of_all(text, len(at)),
        )
        self.acts.append(acts.pick(inside))

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
        return np.unique(weighted(self.rng, weight, count))

    def size(self, least: float, most: float, scale: float) -> int:
        """A size, log-uniform, in a world of this size."""
        return max(5, round(self.between(least, most) * scale))
