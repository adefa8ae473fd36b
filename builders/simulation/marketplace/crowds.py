"""Large crowds that are what they seem: fans, flash crowds, hunters of deals, long sittings."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.marketplace.stage import (
    COUPON,
    COUPONS_OF_ONE,
    FOLLOW,
    HELPFUL,
    LISTING,
    REDEEM,
    REVIEW,
    SAVE,
    SHARE,
    SHOP,
    Stage,
)


def fan_club(stage: Stage, name: str) -> None:
    """Fans of one maker: whatever it lists is saved by most of them, soon or when they wake.

    Delays of fans are log-normal with medians of ten minutes to twelve hours.
    """
    rng = stage.rng
    shop = int(rng.integers(0, stage.goods.shops))
    kind = int(rng.integers(0, len(stage.goods.first) - 1))
    # Some makers are known in one country, others everywhere.
    near = None if rng.random() < 0.4 else float(stage.people.shift[rng.integers(0, 100)])
    fans = stage.some(
        stage.sized(40, 350 * stage.spec.crowd), stage.fond(kind, near), least=stage.between(5, 12)
    )
    count = max(4, round(rng.integers(8, 45) * stage.spec.length))
    what = stage.new_listings(count)
    out = np.sort(stage.moments(count))
    # Loyal fans come to nine in ten, lukewarm ones to half.
    loyal = rng.beta(2.0, rng.uniform(1.0, 3.0), len(fans))
    who, of = stage.attend(
        np.broadcast_to(loyal[:, None], (len(fans), count)), stage.gives(fans, 0.6)
    )
    late = rng.lognormal(np.log(stage.between(10 * MINUTE, 12 * HOUR)), 1.5, len(of))
    action = rng.choice(np.array([SAVE, SAVE, SAVE, REVIEW, SHARE]), len(of))
    stage.do(fans[who], what[of], stage.awake(fans[who], out[of] + late), action)
    joins = fans[rng.random(len(fans)) < 0.5]
    moment = stage.hours.moments(rng, stage.people.shift[joins], np.full(len(joins), -1.0))
    stage.do(joins, SHOP + shop, moment, FOLLOW)
    stage.passers_by(what, out, rng.poisson(rng.uniform(4, 40), count), SAVE)
    stage.label(name, "fan-club", fans)


def flash_crowd(stage: Stage, name: str) -> None:
    """Everybody at once at one to three things: a sale, a thing in the news, a live show."""
    rng = stage.rng
    crowd = stage.some(stage.sized(120, 1_000 * stage.spec.crowd), stage.left.clip(0.0))
    count = int(rng.integers(1, 4))
    kind = np.full(count, rng.integers(0, len(stage.goods.first) - 1))
    if rng.random() < 0.4:
        what, action = stage.new_coupons(count), REDEEM
    else:
        what, action = LISTING + stage.goods.popular(rng, kind), SAVE
    begin = float(stage.moments(1)[0])
    joined = np.full((len(crowd), count), rng.uniform(0.6, 1.0))
    who, of = stage.attend(joined, stage.gives(crowd, 0.5))
    late = rng.exponential(stage.between(8 * MINUTE, 2 * HOUR), len(of)) + of * 3 * MINUTE
    stage.do(crowd[who], what[of], begin + late, action)
    stage.label(name, "flash-crowd", crowd)


def deal_hunters(stage: Stage, name: str) -> None:
    """A group that tells its members of each deal: they are at the coupon within minutes."""
    rng = stage.rng
    hunters = stage.some(
        stage.sized(25, 220 * stage.spec.crowd), stage.left.clip(0.0), least=stage.between(6, 15)
    )
    count = max(4, round(rng.integers(12, 60) * stage.spec.length))
    shop = rng.integers(0, stage.goods.shops, count)
    coupon = COUPON + shop * COUPONS_OF_ONE + rng.integers(0, 4, count)
    ware = LISTING + stage.goods.of_shop(rng, shop)
    told = np.sort(stage.moments(count))
    keen = rng.beta(1.5, 2.5, len(hunters))
    who, of = stage.attend(
        np.broadcast_to(keen[:, None], (len(hunters), count)), stage.gives(hunters, 0.6)
    )
    late = rng.lognormal(np.log(stage.between(3 * MINUTE, 90 * MINUTE)), 1.1, len(of))
    action = rng.choice(np.array([REDEEM, REDEEM, SAVE, SHARE]), len(of))
    what = np.where(action == SAVE, ware[of], coupon[of])
    stage.do(hunters[who], what, stage.awake(hunters[who], told[of] + late), action)
    stage.passers_by(coupon, told, rng.poisson(rng.uniform(3, 25), count), REDEEM)
    stage.label(name, "deal-hunters", hunters)


def long_sitting(stage: Stage, name: str) -> None:
    """People who go down the same page of the day, in an evening or a few."""
    rng = stage.rng
    kind = int(rng.integers(0, len(stage.goods.first) - 1))
    people = stage.some(stage.sized(15, 90), stage.fond(kind), least=20)
    evenings = int(rng.integers(1, 4))
    day = np.sort(rng.integers(0, stage.spec.days, evenings))
    for evening in range(evenings):
        page = np.unique(stage.goods.popular(rng, np.full(int(rng.integers(15, 50)), kind)))
        page = LISTING + rng.permutation(page)
        there = people[rng.random(len(people)) < rng.uniform(0.4, 0.9)]
        seen = np.full((len(there), len(page)), rng.uniform(0.4, 0.8))
        who, of = stage.attend(seen, stage.gives(there, 0.5), down_the_list=True)
        shift = stage.people.shift[there]
        hour = stage.hours.moments(rng, shift, np.full(len(there), -1.0)) % DAY
        pace = rng.lognormal(np.log(45.0), 0.4, len(there))
        at = day[evening] * DAY + hour[who] + of * pace[who]
        action = rng.choice(np.array([SAVE, SAVE, HELPFUL]))
        stage.do(there[who], page[of], at + rng.uniform(0.0, 15.0, len(of)), action)
    stage.label(name, "long-sitting", people)
