"""Everybody's life: sittings, what is found in them, and what is done to it."""

from __future__ import annotations

import numpy as np

from builders.simulation.drawing import weighted
from builders.simulation.hours import DAY, in_sittings
from builders.simulation.marketplace.stage import (
    A_REVIEW,
    ACCOUNT,
    ANSWER,
    COUPON,
    COUPONS_OF_ONE,
    FOLLOW,
    HELPFUL,
    LINK,
    LISTING,
    QUESTION,
    QUESTIONS_OF_ONE,
    REDEEM,
    REVIEWS_OF_ONE,
    SHARE,
    SHOP,
    Acts,
    Stage,
)
from builders.simulation.one_table import NONE, repeated
from builders.simulation.population import Floats, Longs
from builders.simulation.stage import EVEN, LIVES, POPULAR

FIRST_LINK = 1 << 34
"""Where links that people pass on are numbered from, beyond all planted ones."""

_LINKS_OF_A_DAY = 24
_FAVOURITES = 3


def background(stage: Stage, room: int) -> Acts:
    """Just `room` acts, shared out by what each account has left to give."""
    rng, people, goods = stage.rng, stage.people, stage.goods
    left = np.maximum(stage.left, 0.0)
    ends = np.floor(np.cumsum(left) * (room / left.sum()) + rng.random()).astype(np.int64)
    # The last end is the room itself, whatever the sum of fractions came to.
    ends[-1] = room
    who = np.repeat(np.arange(people.count), np.diff(np.minimum(ends, room), prepend=0))
    at = _times(stage, who)
    listing = _found(stage, who, at)
    shares = rng.dirichlet(np.array([45.0, 16.0, 12.0, 5.0, 8.0, 7.0, 7.0]) * rng.uniform(0.3, 2))
    action = weighted(rng, shares, len(who))
    habit = people.habit[who]
    action = np.where((habit >= 0) & (rng.random(len(who)) < 0.4), habit, action)
    what = _object(stage, who, listing, action, at)
    # Whoever has saved a thing saves another.
    again = repeated(who, what, action, np.arange(len(who)))
    other = goods.any_of(rng, people.taste(rng, who[again]))
    what[again] = _object(stage, who[again], other, action[again], at[again])
    none = np.full(len(who), NONE)
    return Acts(who, what, at, action, none, none, none, none)


def _times(stage: Stage, who: Longs) -> Floats:
    """Moments of acts, in sittings.

    Within a sitting an act follows another in about a minute, and sittings are hours apart, on
    sites of all sorts (Halfaker and others 2015).
    """
    rng, hours, people = stage.rng, stage.hours, stage.people
    opens = rng.random(len(who)) < 1.0 / people.sitting[who]
    opens |= np.diff(who, prepend=-1) != 0
    starters = who[opens]
    begins = hours.moments(rng, people.shift[starters], people.joined[starters])
    gaps = rng.lognormal(np.log(rng.uniform(25, 100)), 1.1, len(who))
    at = hours.inside(in_sittings(opens, begins, gaps))
    joined = people.joined[who]
    early = at < joined
    at[early] = joined[early] + rng.random(int(early.sum())) * (hours.span - joined[early])
    return at


def _found(stage: Stage, who: Longs, at: Floats) -> Longs:
    """The listing of each act: promoted, popular, of a favourite shop, or any."""
    rng, people, goods = stage.rng, stage.people, stage.goods
    kind = people.taste(rng, who)
    ways = np.array([rng.uniform(0.2, 0.45), rng.uniform(0.2, 0.35), rng.uniform(0.1, 0.25), 0.2])
    way = weighted(rng, ways, len(who))
    way[stage.manner[who] == POPULAR] = 1
    way[stage.manner[who] == EVEN] = 3
    strange = stage.manner[who] != LIVES
    kind[strange] = goods.kind[weighted(rng, np.ones(goods.count), int(strange.sum()))]
    shown = stage.shelves.shown(rng, kind, at)
    fond = goods.popular(rng, people.tastes[np.arange(people.count)[:, None], :_FAVOURITES].ravel())
    favourites = goods.shop[fond].reshape(people.count, _FAVOURITES)
    shop = favourites[who, rng.integers(0, _FAVOURITES, len(who))]
    popular, rare = goods.popular(rng, kind), goods.any_of(rng, kind)
    ways_found = [shown, popular, goods.of_shop(rng, shop)]
    listing = np.select([way == 0, way == 1, way == 2], ways_found, rare)
    listing = np.where(listing < 0, rare, listing)
    for _ in range(4):
        unborn = np.flatnonzero(goods.born[listing] > at)
        listing[unborn] = goods.any_of(rng, goods.kind[listing[unborn]])
    return listing


def _object(stage: Stage, who: Longs, listing: Longs, action: Longs, at: Floats) -> Longs:
    """What an act is done to: the listing, or one of what belongs to it or to its shop."""
    rng, people, goods = stage.rng, stage.people, stage.goods
    count = len(who)
    rank = rng.geometric(0.35, count) - 1
    day = (at // DAY).astype(np.int64)
    kind = goods.kind[listing]
    link = (kind * stage.spec.days + day) * _LINKS_OF_A_DAY
    link += np.minimum(rng.zipf(1.5, count) - 1, _LINKS_OF_A_DAY - 1)
    other = weighted(rng, people.budget, count)
    other = np.where(other == who, (other + 1) % people.count, other)
    coupon = goods.shop[listing] * COUPONS_OF_ONE + np.minimum(day // 7, COUPONS_OF_ONE - 1)
    return np.select(
        [
            action == HELPFUL,
            action == ANSWER,
            (action == FOLLOW) & (rng.random(count) < 0.7),
            action == FOLLOW,
            (action == SHARE) & (rng.random(count) < 0.45),
            action == REDEEM,
        ],
        [
            A_REVIEW + listing * REVIEWS_OF_ONE + np.minimum(rank, REVIEWS_OF_ONE - 1),
            QUESTION + listing * QUESTIONS_OF_ONE + np.minimum(rank, QUESTIONS_OF_ONE - 1),
            SHOP + goods.shop[listing],
            ACCOUNT + other,
            LINK + FIRST_LINK + link,
            COUPON + coupon,
        ],
        LISTING + listing,
    )
