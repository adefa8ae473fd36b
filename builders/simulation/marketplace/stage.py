"""What groups are planted into: who is free, what is new, what was done and said so far."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.simulation.hours import HOUR, Hours
from builders.simulation.marketplace.goods import Goods, Shelves
from builders.simulation.marketplace.people import People
from builders.simulation.marketplace.places import Places
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.words import Words
from builders.simulation.one_table import NONE, Group, PlacedActs
from builders.simulation.population import Bools, Floats, Longs

ACTIONS = ("save", "review", "helpful", "answer", "follow", "share", "redeem")
SAVE, REVIEW, HELPFUL, ANSWER, FOLLOW, SHARE, REDEEM = range(len(ACTIONS))

OBJECTS = ("listing", "review", "question", "shop", "account", "link", "coupon")
LISTING, A_REVIEW, QUESTION, SHOP, ACCOUNT, LINK, COUPON = (
    kind << 40 for kind in range(len(OBJECTS))
)
"""What is added to the number of an object, so that those of all kinds are apart."""

REVIEWS_OF_ONE, QUESTIONS_OF_ONE, COUPONS_OF_ONE = 16, 4, 64
"""So many reviews, questions and coupons of a listing or a shop can be numbered."""

LIVES, EVEN, POPULAR = range(3)
"""What an account does beside its group: what its owner likes; anything; what all look at."""

_LEAST_BUDGET = 5.0
_BUSY = 0.7


@dataclass(frozen=True, slots=True)
class Acts(PlacedActs):
    """Acts of a marketplace; `NONE` for a place, a device or stars leaves them to be drawn."""

    device: Longs
    stars: Longs


@dataclass(slots=True, kw_only=True)
class Stage:
    """A world as it is drawn on.

    `left`: the acts that each account has yet to give. `manner`: how it spends them. `taken`: who
    was made for a ring, and is nowhere else. `ringed`: who is in a ring, and in no other; the owner
    of such an account may be in an innocent group.
    """

    rng: np.random.Generator
    spec: MarketplaceSpec
    hours: Hours
    people: People
    goods: Goods
    shelves: Shelves
    words: Words
    places: Places
    acts: list[Acts] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    said: list[pa.Array] = field(default_factory=list)
    sites: list[int] = field(default_factory=list)
    listings: int = 0
    left: Floats = field(init=False)
    manner: Longs = field(init=False)
    taken: Bools = field(init=False)
    ringed: Bools = field(init=False)
    _texts: int = 0
    _coupons: int = 0

    def __post_init__(self) -> None:
        """Everybody is free, and has all to give."""
        self.left = self.people.budget.copy()
        self.manner = np.full(self.people.count, LIVES)
        self.taken = np.zeros(self.people.count, dtype=np.bool_)
        self.ringed = self.taken.copy()

    def do(
        self,
        who: Longs,
        what: npt.NDArray[np.integer] | int,
        at: Floats,
        action: npt.NDArray[np.integer] | int,
        *,
        text: npt.NDArray[np.integer] | int = NONE,
        place: npt.NDArray[np.integer] | int = NONE,
        device: npt.NDArray[np.integer] | int = NONE,
        stars: npt.NDArray[np.integer] | int = NONE,
    ) -> None:
        """Add acts, and take them from what their accounts have to give.

        Whoever joins only after a moment has missed it.
        """

        def full(given: npt.NDArray[np.integer] | int) -> Longs:
            return np.broadcast_to(np.asarray(given, dtype=np.int64), len(who))

        at = self.hours.inside(at)
        acts = Acts(
            who, full(what), at, full(action), full(text), full(place), full(device), full(stars)
        ).pick(self.people.joined[who] <= at)
        self.acts.append(acts)
        self.left -= np.bincount(acts.who, minlength=self.people.count)

    def say(self, texts: pa.Array) -> Longs:
        """Keep texts; the numbers that acts name them by."""
        self.said.append(texts)
        self._texts += len(texts)
        return np.arange(self._texts - len(texts), self._texts)

    def new_listings(self, count: int) -> Longs:
        """Listings that are on no shelf, and found by those alone who are sent there."""
        self.listings += count
        return LISTING + self.goods.count + np.arange(self.listings - count, self.listings)

    def new_links(self, count: int, sites: int) -> Longs:
        """Links to pages of a few sites."""
        named = self.rng.integers(0, 2**30, sites)
        self.sites.extend(named[self.rng.integers(0, sites, count)].tolist())
        return LINK + np.arange(len(self.sites) - count, len(self.sites))

    def new_coupons(self, count: int) -> Longs:
        """Coupons that were handed round, and are in no shop's window."""
        self._coupons += count
        behind = self.goods.shops * COUPONS_OF_ONE
        return COUPON + behind + np.arange(self._coupons - count, self._coupons)

    def some(self, wanted: int, weight: Floats | None = None, *, least: float = 0.0) -> Longs:
        """Free accounts with as much as `least` to give, drawn by weight or all alike."""
        open_ = ~self.taken & (self.left >= max(_LEAST_BUDGET, least))
        chance = open_ * (np.ones(len(open_)) if weight is None else weight)
        count = min(wanted, int((chance > 0).sum() * _BUSY))
        return self.rng.choice(len(chance), count, replace=False, p=chance / chance.sum())

    def fond(self, kind: int, near: float | None = None) -> Floats:
        """A weight: those who look at a kind of goods, at hours near those given, if any are."""
        first, *rest = (self.people.tastes == kind).T
        weight = 8.0 * first + 3.0 * np.any(rest, axis=0) + 0.02
        if near is not None:
            weight = weight * np.exp(-np.abs(self.people.shift - near) / 3.0)
        return np.asarray(weight)

    def attend(
        self, chance: Floats, most: Longs, *, down_the_list: bool = False
    ) -> tuple[Longs, Longs]:
        """Who comes to what: numbers of members and of targets.

        Args:
            chance: how likely each member (row) is to come to each target (column).
            most: to how many targets each member comes at the most.
            down_the_list: members go down the list until they are tired; else they pick.
        """
        luck = self.rng.random(chance.shape)
        comes = luck < chance
        wish = np.broadcast_to(np.arange(chance.shape[1]), chance.shape) if down_the_list else luck
        rank = np.argsort(np.argsort(np.where(comes, wish, np.inf), axis=1), axis=1)
        who, what = np.nonzero(comes & (rank < most[:, None]))
        return who, what

    def passers_by(self, targets: Longs, at: Floats, count: Longs, action: int) -> None:
        """Others who come to some targets in the hours and days after, as to anything."""
        of = np.repeat(np.arange(len(targets)), count)
        free = np.where(self.taken, 0.0, np.maximum(self.left, 0.0))
        who = self.rng.choice(len(free), len(of), p=free / free.sum())
        late = self.rng.lognormal(np.log(8 * HOUR), 1.5, len(of))
        self.do(who, targets[of], self.awake(who, at[of] + late), action)

    def gives(self, members: Longs, share: float) -> Longs:
        """How many acts members give to a group, of what they have: one at least."""
        return np.maximum(1, (share * self.left[members]).astype(np.int64))

    def awake(self, who: Longs, at: Floats) -> Floats:
        """The moments at which accounts do what came to them at `at`: who sleeps does it later."""
        return self.hours.awake(self.rng, self.people.shift[who], at)

    def label(self, name: str, kind: str, members: Longs, level: str | None = None) -> None:
        """Tell the truth of a group."""
        self.groups.append(Group(name, kind, level, np.sort(members)))

    def sized(self, least: float, most: float) -> int:
        """A size, log-uniform."""
        return round(float(np.exp(self.rng.uniform(np.log(least), np.log(most)))))

    def between(self, least: float, most: float) -> float:
        """A number, log-uniform."""
        return float(np.exp(self.rng.uniform(np.log(least), np.log(most))))

    def moments(self, count: int, *, sleepless: bool = False) -> Floats:
        """Moments over the span: of somebody with a day and a night, or at any hour."""
        if sleepless:
            return self.rng.uniform(0.0, 0.97 * self.hours.span, count)
        one = int(self.rng.integers(0, self.people.count))
        shift = np.full(count, self.people.shift[one])
        return self.hours.moments(self.rng, shift, np.full(count, -1.0))
