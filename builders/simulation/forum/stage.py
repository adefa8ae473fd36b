"""What groups are planted into: who is free, what there is, what was done and said so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from builders.simulation.forum.people import FONDNESS, Communities, People
from builders.simulation.forum.places import Places
from builders.simulation.forum.posts import Posts, appeal
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.forum.wording import Wording
from builders.simulation.hours import HOUR
from builders.simulation.object_numbers import beginnings
from builders.simulation.one_table import NONE, PlacedActs, all_of, of_all, repeated
from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.stage import BudgetStage

ACTIONS = ("upvote", "downvote", "comment", "post", "open", "share", "award", "follow", "join")
UPVOTE, DOWNVOTE, COMMENT, POST, OPEN, SHARE, AWARD, FOLLOW, JOIN = range(len(ACTIONS))

OBJECTS = ("post", "comment", "link", "account", "community")
A_POST, A_COMMENT, A_LINK, AN_ACCOUNT, A_COMMUNITY = beginnings(len(OBJECTS))
"""What is added to the number of an object, so that those of all kinds are apart."""

_ONCE = np.isin(np.arange(len(ACTIONS)), (UPVOTE, DOWNVOTE, FOLLOW, JOIN))
"""What one can do to a thing but once."""

_BUSY = 0.6


@dataclass(slots=True, kw_only=True)
class Stage(BudgetStage[PlacedActs]):
    """A forum as it is drawn on."""

    spec: ForumSpec
    people: People
    communities: Communities
    posts: Posts
    places: Places
    wording: Wording
    comments: int = 0
    organic: int = field(init=False)
    links: int = field(init=False)

    def __post_init__(self) -> None:
        """Everybody is free, and has all to give but the posts that everybody's life has."""
        self.organic = self.posts.count
        self.links = int(self.posts.link.max()) + 1
        self.open_with(self.people.budget - self.people.posts)

    def do(
        self,
        who: Longs,
        what: npt.NDArray[np.integer] | int,
        at: Floats,
        action: npt.NDArray[np.integer] | int,
        *,
        text: npt.NDArray[np.integer] | int = NONE,
        place: npt.NDArray[np.integer] | int = NONE,
    ) -> None:
        """Add acts, and take them from what their accounts have to give.

        What would come after the end is not in the extract; whoever joins later has missed it.
        """
        told = (of_all(one, len(who)) for one in (action, text, place))
        acts = PlacedActs(who, of_all(what, len(who)), at, *told)
        there = (self.people.joined[who] <= at) & (at >= 0.0) & (at < self.hours.span)
        self.spend(acts.pick(there))

    def join(self, who: Longs, community: Longs, at: Floats) -> None:
        """Let accounts join communities."""
        self.do(who, A_COMMUNITY + community, at, JOIN)

    def new_posts(
        self, community: Longs, author: Longs, birth: Floats, *, liked: Floats | None = None,
        link: Longs | None = None, text: npt.NDArray[np.integer] | int = NONE, place: int = NONE,
    ) -> Longs:  # fmt: skip
        """Posts by somebody, which feeds show as any; what they are called as objects."""
        count, rng = len(birth), self.rng
        self.posts = self.posts.with_more(
            Posts(
                community=np.broadcast_to(community, count),
                author=author,
                birth=birth,
                appeal=appeal(rng, count) if liked is None else liked,
                link=np.full(count, NONE) if link is None else link,
            )
        )
        number = np.arange(self.posts.count - count, self.posts.count)
        what = A_POST + number if link is None else A_LINK + link
        self.do(author, what, birth, POST, text=text, place=place)
        return A_POST + number

    def new_comments(self, count: int) -> Longs:
        """Comments that were written; what they are called as objects."""
        self.comments += count
        return A_COMMENT + np.arange(self.comments - count, self.comments)

    def new_links(self, count: int, sites: int) -> Longs:
        """Numbers of pages of a few sites."""
        self.lead_to(count, sites)
        self.links += count
        return np.arange(self.links - count, self.links)

    def some(self, wanted: int, weight: Floats | None = None, *, least: float = 3.0) -> Longs:
        """Free accounts of old with as much as `least` to give, drawn by weight or all alike.

        Where nobody has as much, whoever has half of it will do.
        """
        free = ~self.taken & (self.people.joined < 0.0)
        chance = free * (np.ones(len(free)) if weight is None else weight)
        while not (chance * (self.left >= least)).any() and least > 1.0:
            least /= 2
        chance = chance * (self.left >= least)
        count = min(wanted, int((chance > 0).sum() * _BUSY))
        return self.rng.choice(len(chance), count, replace=False, p=chance / chance.sum())

    def fond(self, community: int) -> Floats:
        """A weight: who reads a community, and how much of what one reads is there."""
        return np.asarray((self.people.homes == community) @ FONDNESS)

    def awake_at(self, at: float) -> Bools:
        """Whether somebody is awake at a moment."""
        return np.asarray((at / HOUR - self.people.shift - 0.5) % 24.0 > 6.3)

    def moments(self, count: int, *, sleepless: bool = False, until: float = 0.93) -> Floats:
        """Moments over the span: of somebody with a day and a night, or at any hour."""
        if sleepless:
            return self.rng.uniform(0.0, until * self.hours.span, count)
        at = self.moments_of_one(count)
        late = at > until * self.hours.span
        at[late] = self.rng.uniform(0.0, until * self.hours.span, int(late.sum()))
        return at

    def passers_by(
        self, what: Longs, since: Floats, count: Longs, actions: dict[int, float], *,
        weight: Floats | None = None, middle: float = 5 * HOUR,
    ) -> None:  # fmt: skip
        """Others who come to some things in the hours after, each once, as to anything.

        Whoever would come past the end comes at some moment between.
        """
        free = np.where(self.ringed, 0.0, np.maximum(self.left, 0.0))
        free = free if weight is None else free * (weight + 0.01 * weight.mean())
        for thing, begin, many in zip(what, np.maximum(since, 0.0), count, strict=True):
            chance = np.where(self.people.joined <= begin, free, 0.0)
            who = self.rng.choice(len(free), int(many), replace=False, p=chance / chance.sum())
            at = begin + self.rng.lognormal(np.log(middle), 1.4, int(many))
            at = self.awake(who, at)
            late = at >= self.hours.span
            at[late] = begin + self.rng.random(int(late.sum())) * (self.hours.span - begin)
            action = self.rng.choice([*actions], int(many), p=[*actions.values()])
            self.do(who, np.full(len(who), thing), at, action)


def once(acts: PlacedActs) -> PlacedActs:
    """All acts, save that one votes on, follows and joins a thing but once: the first time."""
    kept = np.ones(len(acts.who), dtype=np.bool_)
    kept[repeated(acts.who, acts.what, acts.action, acts.at)] = False
    return acts.pick(kept | ~_ONCE[acts.action])


def planted(stage: Stage) -> PlacedActs:
    """All that was planted so far, as it happened."""
    return once(all_of(stage.acts))
