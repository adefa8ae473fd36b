"""What people are shown: hot posts, the newest, old threads, posts of those they follow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builders.simulation.drawing import weighted_within
from builders.simulation.forum.posts import Posts
from builders.simulation.hours import HOUR, MINUTE
from builders.simulation.one_table import NONE
from builders.simulation.population import Bools, Floats, Longs

_STEP = 20 * MINUTE
_SEEN_FOR = 60 * HOUR

_TENTH_AFTER = 12.5 * HOUR
"""A post needs ten times the votes to stand where one stands that is 12.5 hours younger: the
hot ranking that Reddit published (log10 of the score, and 45,000 s for each unit of it)."""

_FRONT = 1.3
"""The front page is steeper than a community's own page; a guess."""

_RECENT = 72 * HOUR


class Feed:
    """All posts, in the orders that feeds ask for them."""

    def __init__(self, posts: Posts) -> None:
        """Sort `posts` once by community and once by author."""
        self.posts = posts
        # One number for two keys: all births of one community before those of the next.
        self._width = float(posts.birth.max() - posts.birth.min()) + 2.0
        self._first = float(posts.birth.min()) - 1.0
        self.order = np.lexsort((posts.birth, posts.community))
        self._keys = self._key(posts.community, posts.birth)[self.order]
        self._liked = np.cumsum(posts.appeal[self.order] ** 0.7)
        self._by_author = np.lexsort((posts.birth, posts.author))
        self._author_keys = self._key(posts.author, posts.birth)[self._by_author]

    def _key(self, group: Longs, at: Floats) -> Floats:
        return np.asarray(group * self._width + np.clip(at - self._first, 0.0, self._width - 1.0))

    def _between(self, community: Longs, at: Floats) -> tuple[Longs, Longs]:
        """Where a community's posts begin and end in `order`, as of a moment."""
        low = np.searchsorted(self._keys, community * self._width)
        return low, np.searchsorted(self._keys, self._key(community, at), side="right")

    def hot(self, rng: np.random.Generator, community: Longs, at: Floats, front: Bools) -> Longs:
        """A hot post of a community, or of all where `front`; `NONE` where nothing is hot.

        What is hot is found every twenty minutes, so that only the newest page shows newer posts.
        """
        found = np.full(len(at), NONE, dtype=np.int64)
        if not len(at):
            return found
        births = self.posts.birth[self.order]
        sites = self.posts.community[self.order]
        liked = self.posts.appeal[self.order]
        step = np.floor(at / _STEP).astype(np.int64)
        acts = np.argsort(step, kind="stable")
        steps, begins = np.unique(step[acts], return_index=True)
        luck = rng.random(len(at))
        for now, low, high in zip(steps * _STEP, begins, [*begins[1:], len(acts)], strict=True):
            shown = np.flatnonzero((births <= now) & (births > now - _SEEN_FOR))
            if not len(shown):
                continue
            heat = liked[shown] * 10.0 ** ((births[shown] - now) / _TENTH_AFTER)
            some = acts[low:high]
            for mine, weight in ((some[~front[some]], heat), (some[front[some]], heat**_FRONT)):
                ends = np.concatenate([[0.0], np.cumsum(weight)])
                start = np.zeros(len(mine))
                until = np.full(len(mine), ends[-1])
                if weight is heat:
                    start = ends[np.searchsorted(sites[shown], community[mine])]
                    until = ends[np.searchsorted(sites[shown], community[mine], side="right")]
                place = (
                    np.searchsorted(ends, start + luck[mine] * (until - start), side="right") - 1
                )
                place = np.clip(place, 0, len(shown) - 1)
                found[mine] = np.where(until > start, self.order[shown[place]], NONE)
        return found

    def newest(self, rng: np.random.Generator, community: Longs, at: Floats) -> Longs:
        """One of a community's newest posts."""
        low, high = self._between(community, at)
        place = high - rng.geometric(0.2, len(at))
        return np.where(place >= low, self.order[np.maximum(place, 0)], NONE)

    def any_before(self, rng: np.random.Generator, community: Longs, at: Floats) -> Longs:
        """Any post of a community, as a search or a list of its best finds it."""
        low, high = self._between(community, at)
        place = weighted_within(rng, self._liked, low, high)
        return np.where(high > low, self.order[np.minimum(place, len(self.order) - 1)], NONE)

    def evenly(self, rng: np.random.Generator, at: Floats) -> Longs:
        """Any post there is, popular or not, new or old."""
        births = np.argsort(self.posts.birth, kind="stable")
        there = np.searchsorted(self.posts.birth[births], at, side="right")
        return births[np.minimum(rng.random(len(at)) * there, len(births) - 1).astype(np.int64)]

    def last_of(self, author: Longs, at: Floats) -> Longs:
        """The last post of somebody, if it is of the last three days."""
        place = np.searchsorted(self._author_keys, self._key(author, at), side="right") - 1
        post = self._by_author[np.maximum(place, 0)]
        fresh = self.posts.birth[post] > at - _RECENT
        return np.where((place >= 0) & (self.posts.author[post] == author) & fresh, post, NONE)

    def of_community(self, community: int, least: float, most: float) -> npt.NDArray[np.int64]:
        """A community's posts that were born between two moments, oldest first."""
        low, high = np.searchsorted(
            self._keys, self._key(np.array([community, community]), np.array([least, most]))
        )
        return self.order[low:high]
