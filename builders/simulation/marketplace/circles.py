"""Small groups that are what they seem: friends, houses, hobbies, newsrooms, classes, helpers."""

from __future__ import annotations

import numpy as np

from builders.simulation.hours import DAY, HOUR, MINUTE
from builders.simulation.marketplace.stage import (
    ACCOUNT,
    ANSWER,
    FOLLOW,
    HELPFUL,
    LISTING,
    QUESTION,
    QUESTIONS_OF_ONE,
    REVIEW,
    SAVE,
    SHARE,
    SHOP,
    Stage,
)
from builders.simulation.one_table import NONE
from builders.simulation.population import Longs


def friends(stage: Stage, name: str) -> None:
    """Some who follow one another and save what one of them has found."""
    members = _circle(stage, 3, 9, least=8)
    rng = stage.rng
    pairs = np.full((len(members), len(members)), rng.uniform(0.4, 1.0))
    np.fill_diagonal(pairs, 0.0)
    who, of = stage.attend(pairs, stage.gives(members, 0.3))
    met = stage.moments(1)[0] + rng.lognormal(np.log(2 * DAY), 1.0, len(of))
    stage.do(members[who], ACCOUNT + members[of], met, FOLLOW)
    count = round(rng.integers(5, 20) * stage.spec.length)
    _told(stage, members, _liked(stage, members, count), rng.uniform(0.3, 0.7), 0.3)
    stage.label(name, "friends", members)


def household(stage: Stage, name: str) -> None:
    """People behind one door, who show each other what they look at."""
    members = _circle(stage, 3, 7, least=6)
    stage.places.live_together(members)
    stage.places.devices[members] = np.maximum(stage.places.devices[members], 2)
    count = round(stage.rng.integers(3, 14) * stage.spec.length)
    _told(stage, members, _liked(stage, members, count), stage.rng.uniform(0.3, 0.8), 0.35)
    stage.label(name, "household", members)


def hobby(stage: Stage, name: str) -> None:
    """People of a rare pastime, who come to the same few goods, each when it likes."""
    rng, goods = stage.rng, stage.goods
    kind = int(rng.integers(0, len(goods.first) - 1))
    members = stage.some(stage.sized(15, 90), stage.fond(kind), least=6)
    what = np.unique(goods.any_of(rng, np.full(int(rng.integers(15, 50)), kind)))
    who, of = stage.attend(
        np.full((len(members), len(what)), rng.uniform(0.1, 0.35)), stage.gives(members, 0.5)
    )
    at = stage.hours.moments(rng, stage.people.shift[members[who]], np.full(len(of), -1.0))
    action = rng.choice(np.array([SAVE, SAVE, REVIEW]), len(of))
    stage.do(members[who], LISTING + what[of], at, action)
    stage.label(name, "hobby", members)


def newsroom(stage: Stage, name: str) -> None:
    """Writers and pages of one house, who pass on all that the house has written.

    Some do it by hand within the hour; in some houses a tool does it within a minute for all.
    """
    rng = stage.rng
    members = _circle(stage, 5, 30, least=10)
    links = stage.new_links(round(rng.integers(15, 60) * stage.spec.length) + 2, sites=1)
    out = np.sort(stage.moments(len(links)))
    who, of = stage.attend(
        np.full((len(members), len(links)), rng.uniform(0.3, 0.9)), stage.gives(members, 0.7)
    )
    median = stage.between(20.0, 40 * MINUTE)
    at = out[of] + rng.lognormal(np.log(median), 0.8, len(of))
    stage.do(members[who], links[of], at, SHARE)
    some = np.maximum(2, rng.poisson(rng.uniform(2, 12), len(links)))
    stage.passers_by(links, out, some, SHARE)
    stage.label(name, "newsroom", members)


def classroom(stage: Stage, name: str) -> None:
    """A class in its lesson: the same things at the same hour, behind the school's address."""
    rng = stage.rng
    members = _circle(stage, 15, 36, least=5)
    place = stage.places.new_addresses(1)[0]
    kind = int(rng.integers(0, len(stage.goods.first) - 1))
    first = (rng.integers(0, max(1, stage.spec.days - 7)) * DAY + rng.uniform(8, 15) * HOUR) - (
        stage.hours.offset[stage.people.zone[members[0]]] * HOUR
    )
    shared = rng.random() < 0.5
    machines = stage.places.new_machines(len(members))
    for lesson in range(int(rng.integers(2, 5))):
        what = stage.goods.popular(rng, np.full(int(rng.integers(3, 7)), kind))
        who, of = stage.attend(np.full((len(members), len(what)), 0.8), stage.gives(members, 0.35))
        at = first + lesson * rng.choice([1, 2, 7]) * DAY + of * 8 * MINUTE
        at = at + rng.lognormal(np.log(4 * MINUTE), 0.7, len(of))
        stage.do(
            members[who], LISTING + what[of], at, rng.choice(np.array([SAVE, HELPFUL])),
            place=place, device=machines[who] if shared else NONE,
        )  # fmt: skip
    stage.label(name, "classroom", members)


def support(stage: Stage, name: str) -> None:
    """Volunteers who answer what is asked under goods they know, partly in ready-made words."""
    rng, goods = stage.rng, stage.goods
    kinds = rng.integers(0, len(goods.first) - 1, int(rng.integers(1, 4)))
    members = stage.some(stage.sized(6, 30), stage.fond(int(kinds[0])), least=12)
    most = stage.gives(members, 0.6)
    count = max(4, int(most.sum() / rng.uniform(1.2, 3.0)))
    listing = goods.popular(rng, rng.choice(kinds, count))
    asked = QUESTION + listing * QUESTIONS_OF_ONE + rng.integers(0, QUESTIONS_OF_ONE, count)
    at = stage.hours.moments(rng, rng.choice(stage.people.shift, count), np.full(count, -1.0))
    who, of = stage.attend(np.full((len(members), count), min(0.9, 2.0 / len(members))), most)
    when = stage.awake(members[who], at[of] + rng.lognormal(np.log(50 * MINUTE), 1.2, len(of)))
    text = np.full(len(of), NONE)
    ready = np.flatnonzero(rng.random(len(of)) < rng.uniform(0.15, 0.5))
    language = int(stage.people.language[members[0]])
    for some in np.array_split(ready, int(rng.integers(3, 9))):
        if len(some):
            said = stage.words.copies(rng, language, int(kinds[0]), len(some), 0.1)
            text[some] = stage.say(said)
    stage.do(members[who], asked[of], when, ANSWER, text=text)
    stage.label(name, "support", members)


def newcomers(stage: Stage, name: str) -> None:
    """People new to the place, who follow and save what everybody is shown on the first day."""
    rng, people = stage.rng, stage.people
    new = (people.joined > 0.0) & (people.joined < 0.9 * stage.hours.span)
    # Whoever comes by one campaign comes within some days.
    middle = rng.uniform(0.1, 0.8) * stage.hours.span
    near = np.exp(-np.abs(people.joined - middle) / (stage.between(0.5, 6.0) * DAY))
    members = stage.some(stage.sized(20, 200 * stage.spec.crowd), np.where(new, near, 0.0))
    if not len(members):
        return
    count = int(rng.integers(8, 20))
    shops = rng.integers(0, stage.goods.shops, count)
    wares = stage.goods.of_shop(rng, shops)
    shown = np.where(rng.random(count) < 0.6, SHOP + shops, LISTING + wares)
    action = np.where(shown >= SHOP, FOLLOW, SAVE)
    who, of = stage.attend(
        np.broadcast_to(rng.uniform(0.15, 0.7, count), (len(members), count)),
        stage.gives(members, 0.7),
    )
    late = rng.exponential(4 * MINUTE, len(of)) + of * rng.uniform(4.0, 20.0)
    at = np.minimum(people.joined[members[who]] + late, stage.hours.span - 1.0)
    stage.do(members[who], shown[of], at, action[of])
    stage.label(name, "newcomers", members)


def _circle(stage: Stage, fewest: int, most: int, *, least: float) -> Longs:
    """People who live near one another and like some of the same."""
    one = int(stage.rng.integers(0, stage.people.count))
    zone = stage.people.zone == stage.people.zone[one]
    kind = int(stage.people.tastes[one, 0])
    return stage.some(stage.sized(fewest, most), zone * stage.fond(kind), least=least)


def _liked(stage: Stage, members: Longs, count: int) -> Longs:
    """What a circle finds: of the kind of goods that one of them likes."""
    finder = stage.rng.choice(members, max(2, count))
    kind = stage.people.taste(stage.rng, finder)
    goods = stage.goods
    rare = stage.rng.random(len(finder)) < 0.5
    found = np.where(rare, goods.any_of(stage.rng, kind), goods.popular(stage.rng, kind))
    return LISTING + found


def _told(stage: Stage, members: Longs, what: Longs, joined: float, most: float) -> None:
    """Have one find each thing, and others take it up within the hour or the day."""
    rng = stage.rng
    found = stage.moments(len(what))
    who, of = stage.attend(np.full((len(members), len(what)), joined), stage.gives(members, most))
    late = rng.lognormal(np.log(stage.between(5 * MINUTE, 8 * HOUR)), 1.3, len(of))
    action = rng.choice(np.array([SAVE, SAVE, SAVE, SHARE, REVIEW]), len(of))
    stage.do(members[who], what[of], stage.awake(members[who], found[of] + late), action)
