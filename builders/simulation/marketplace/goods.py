"""What is on sale: goods of shops, how much they are looked at, and what shelves promote when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.drawing import located, weighted, weighted_within
from builders.simulation.hours import DAY, HOUR
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.population import Floats, Longs

_MOST_PROMOTED = 3_000
"""Promotions of a world at the most, so that their table by hours stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """One entry a listing, in the order of their kinds, and within a kind by chance.

    `born`: when it was listed, s from the start; mostly negative. `first`: where each kind begins;
    one entry more at the end. `pull`: running sums of how much each is looked at.
    """

    kind: Longs
    shop: Longs
    born: Floats
    pull: Floats
    first: Longs
    by_shop: Longs
    shop_first: Longs

    @property
    def count(self) -> int:
        """How many listings there are."""
        return len(self.kind)

    @property
    def shops(self) -> int:
        """How many shops there are."""
        return len(self.shop_first) - 1

    def popular(self, rng: np.random.Generator, kind: Longs) -> Longs:
        """A listing of each kind, by how much it is looked at."""
        return weighted_within(rng, self.pull, self.first[kind], self.first[kind + 1])

    def any_of(self, rng: np.random.Generator, kind: Longs) -> Longs:
        """Any listing of each kind, all alike."""
        low, high = self.first[kind], self.first[kind + 1]
        return np.asarray(low + (rng.random(len(kind)) * (high - low)).astype(np.int64))

    def of_shop(self, rng: np.random.Generator, shop: Longs) -> Longs:
        """A listing of each shop, those that stand first in it more often."""
        low, high = self.shop_first[shop], self.shop_first[shop + 1]
        place = (rng.random(len(shop)) ** 2 * (high - low)).astype(np.int64)
        return np.asarray(self.by_shop[np.minimum(low + place, self.count - 1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """What a recommender shows: promoted listings by kind, and how strongly in each hour.

    A listing is taken up, shown much, and forgotten within hours or days: popularity online comes
    in such bursts (Ratkiewicz and others 2010; Crane and Sornette 2008).
    """

    listing: Longs
    first: Longs
    ends: Floats

    def shown(self, rng: np.random.Generator, kind: Longs, at: Floats) -> Longs:
        """A promoted listing for each kind and moment; -1 where nothing of a kind is promoted."""
        promoted = len(self.listing)
        row = np.clip(at / HOUR, 0, len(self.ends) // promoted - 1).astype(np.int64) * promoted
        below = np.concatenate([[0.0], self.ends])
        low, high = below[row + self.first[kind]], below[row + self.first[kind + 1]]
        drawn = low + rng.random(len(kind)) * (high - low)
        place = located(self.ends, drawn) - row
        place = np.clip(place, self.first[kind], np.maximum(self.first[kind + 1] - 1, 0))
        return np.where(high > low, self.listing[np.minimum(place, promoted - 1)], -1)


def drawn_kinds(rng: np.random.Generator) -> Floats:
    """How much each kind of goods is looked at: 15 to 60 kinds, a few of them much."""
    count = int(rng.integers(15, 61))
    return np.asarray(rng.permutation(np.arange(1.0, count + 1) ** -rng.uniform(0.4, 1.0)))


def drawn_goods(
    rng: np.random.Generator, spec: MarketplaceSpec, kinds: Floats, span: float
) -> Goods:
    """Listings of a world, heavy-tailed in views and in shops."""
    count = int(spec.interactions / rng.uniform(7, 18))
    # Each kind has two at least, so that there is always one to show.
    kind = np.sort(
        np.concatenate([np.tile(np.arange(len(kinds)), 2), weighted(rng, kinds, count)])
    )  # fmt: skip
    count = len(kind)
    pull = 1.0 + rng.pareto(rng.uniform(0.95, 1.5), count)
    pull = np.minimum(pull, 0.004 * spec.interactions)
    shops = int(count / rng.uniform(4, 12))
    shop = np.concatenate(
        [rng.permutation(shops), weighted(rng, 1.0 + rng.pareto(1.3, shops), count - shops)]
    )
    rng.shuffle(shop)
    born = -rng.exponential(200 * DAY, count)
    new = rng.random(count) < rng.uniform(0.08, 0.25)
    born[new] = rng.uniform(0.0, 0.95 * span, int(new.sum()))
    pull[new] *= 0.3
    by_shop = np.argsort(shop, kind="stable")
    return Goods(
        kind=kind,
        shop=shop,
        born=born,
        pull=np.cumsum(pull),
        first=np.searchsorted(kind, np.arange(len(kinds) + 1)),
        by_shop=by_shop,
        shop_first=np.searchsorted(shop[by_shop], np.arange(shops + 1)),
    )


def drawn_shelves(rng: np.random.Generator, goods: Goods, span: float) -> Shelves:
    """Promotions of a world: each begins at once and halves in half an hour to a day and a half."""
    wanted = min(_MOST_PROMOTED, int(goods.count * rng.uniform(0.015, 0.06)))
    listing = np.sort(rng.choice(goods.count, wanted, replace=False))
    begins = rng.uniform(-DAY, 0.99 * span, wanted)
    begins = np.maximum(begins, goods.born[listing])
    halves = np.exp(rng.uniform(np.log(0.5 * HOUR), np.log(36 * HOUR), wanted))
    weight = (1.0 + rng.pareto(1.2, wanted)) / np.sqrt(halves / HOUR)
    hour = np.arange(int(span / HOUR))[:, None] * HOUR + HOUR / 2
    age = hour - begins
    shown = np.where(age >= 0, weight * np.exp2(-np.maximum(age, 0.0) / halves), 0.0)
    kinds = len(goods.first) - 1
    return Shelves(
        listing=listing,
        first=np.searchsorted(goods.kind[listing], np.arange(kinds + 1)),
        ends=np.cumsum(shown),
    )
