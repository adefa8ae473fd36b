"""What groups are planted into: who is free, what is new, what was done and said so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.hours import HOUR
from builders.simulation.marketplace.goods import Goods, Shelves
from builders.simulation.marketplace.people import People
from builders.simulation.marketplace.places import Places
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.words import Words
from builders.simulation.object_numbers import beginnings
from builders.simulation.one_table import NONE, PlacedActs, of_all
from builders.simulation.population import Floats, Longs
from builders.simulation.stage import BudgetStage

ACTIONS = ("save", "review", "helpful", "answer", "follow", "share", "redeem")
SAVE, REVIEW, HELPFUL, ANSWER, FOLLOW, SHARE, REDEEM = range(len(ACTIONS))

OBJECTS = ("listing", "review", "question", "shop", "account", "link", "coupon")
LISTING, A_REVIEW, QUESTION, SHOP, ACCOUNT, LINK, COUPON = beginnings(len(OBJECTS))
"""What is added to the number of an object, so that those of all kinds are apart."""

REVIEWS_OF_ONE, QUESTIONS_OF_ONE, COUPONS_OF_ONE = 16, 4, 64
"""So many reviews, questions and coupons of a listing or a shop can be numbered."""

_LEAST_BUDGET = 5.0
_BUSY = 0.7


@dataclass(frozen=True, slots=True)
class Acts(PlacedActs):
    """Acts of a marketplace; `NONE` for a place, a device or stars leaves them to be drawn."""

    device: Longs
    stars: Longs


@dataclass(slots=True, kw_only=True)
class Stage(BudgetStage[Acts]):
    """A marketplace as it is drawn on."""

    spec: MarketplaceSpec
    people: People
    goods: Goods
    shelves: Shelves
    words: Words
    places: Places
    listings: int = 0
    _coupons: int = 0

    def __post_init__(self) -> None:
        """Everybody is free, and has all to give."""
        self.open_with(self.people.budget.copy())

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
        at, count = self.hours.inside(at), len(who)
        told = (of_all(one, count) for one in (action, text, place, device, stars))
        acts = Acts(who, of_all(what, count), at, *told)
        self.spend(acts.pick(self.people.joined[who] <= at))

    def new_listings(self, count: int) -> Longs:
        """Listings that are on no shelf, and found by those alone who are sent there."""
        self.listings += count
        return LISTING + self.goods.count + np.arange(self.listings - count, self.listings)

    def new_links(self, count: int, sites: int) -> Longs:
        """Links to pages of a few sites."""
        self.lead_to(count, sites)
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

    def moments(self, count: int, *, sleepless: bool = False) -> Floats:
        """Moments over the span: of somebody with a day and a night, or at any hour."""
        if sleepless:
            return self.rng.uniform(0.0, 0.97 * self.hours.span, count)
        return self.moments_of_one(count)
