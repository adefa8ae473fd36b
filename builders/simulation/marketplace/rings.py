"""The twelve kinds of ring, each around what its level asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from builders.simulation.hours import DAY
from builders.simulation.marketplace.crews import Crew, hired
from builders.simulation.marketplace.levels import Level, dealt
from builders.simulation.marketplace.stage import (
    A_REVIEW,
    ACCOUNT,
    FOLLOW,
    HELPFUL,
    LISTING,
    REDEEM,
    REVIEW,
    REVIEWS_OF_ONE,
    SAVE,
    SHARE,
    Stage,
)
from builders.simulation.population import Floats, Longs

_ONCE = ("swarm", "hijack-burst")
"""Kinds that come together once, whatever their accounts do else."""


def plant_rings(stage: Stage) -> None:
    """Plant the rings of a world."""
    number: Counter[str] = Counter()
    for kind, level in dealt(stage.rng):
        for members in _PLANTERS[kind](stage, level):
            number[kind] += 1
            stage.label(f"{kind}-{number[kind]}", kind, members, level.name)
            if level.cover == 0.0 and kind not in _ONCE:
                stage.left[members] = 0.0


def _link_spam(stage: Stage, level: Level) -> list[Longs]:
    """Links to shops elsewhere, passed on by all of it."""
    crew = hired(stage, level)
    links = stage.new_links(crew.targets(), sites=int(stage.rng.integers(1, 5)))
    return _sent(crew, links, SHARE)


def _like_farm(stage: Stage, level: Level) -> list[Longs]:
    """Saves of customers' listings, or votes for reviews that a customer likes to see on top."""
    crew = hired(stage, level)
    what = crew.listings(crew.targets())
    if stage.rng.random() < 0.35:
        rank = stage.rng.integers(0, 3, len(what))
        return _sent(crew, A_REVIEW + what * REVIEWS_OF_ONE + rank, HELPFUL)
    return _sent(crew, what, SAVE)


def _lockstep_reviews(stage: Stage, level: Level) -> list[Longs]:
    """Five stars, in words of their own, for listings that are bought up one after another."""
    crew = hired(stage, level)
    return _sent(crew, crew.listings(crew.targets(0.8)), REVIEW, stars=5)


def _slow_drip(stage: Stage, level: Level) -> list[Longs]:
    """Reviews or saves of a listing spread over days or weeks, each at its member's own hour.

    Bought reviews are spread so: a campaign lasts for weeks (He, Hollenbeck and Proserpio 2022 see
    ratings rise for about a month).
    """
    crew, rng = hired(stage, level), stage.rng
    what = crew.listings(crew.targets())
    who, of = crew.come(len(what))
    days = stage.between(2.0, max(3.0, 0.8 * stage.spec.days)) * DAY
    begins = rng.uniform(0.0, max(1.0, stage.hours.span - days), len(what))
    day = np.floor((begins[of] + rng.uniform(0.0, days, len(of))) / DAY) * DAY
    shift = stage.people.shift[crew.members[who]]
    hour = stage.hours.moments(rng, shift, np.full(len(of), -1.0)) % DAY
    action = REVIEW if rng.random() < 0.6 else SAVE
    stars = rng.choice(np.array([4, 5, 5, 5]), len(of)) if action == REVIEW else -1
    crew.act(who, what[of], day + hour, action, stars=stars)
    crew.visitors(what, begins, np.bincount(of, minlength=len(what)))
    return [crew.members]


def _copied_reviews(stage: Stage, level: Level) -> list[Longs]:
    """A few texts under different listings; the better hidden, the more words are exchanged."""
    crew, rng = hired(stage, level), stage.rng
    models = int(rng.integers(2, 9))
    at = crew.orders(models)
    changed = {"L0": 0.0, "L1": 0.06, "L2": 0.15, "L3": 0.25, "L4": 0.35, "L5": 0.45}[level.name]
    language = int(np.bincount(stage.people.language[crew.members]).argmax())
    kind = int(rng.integers(0, len(stage.goods.first) - 1))
    crew.most = np.minimum(crew.most, models * 3)
    each = -(-crew.most // models)
    for model in range(models):
        comes = rng.random(len(crew.members)) < np.minimum(1.0, crew.most / models) * level.joined
        who = np.repeat(np.flatnonzero(comes), np.minimum(each, 3)[comes])
        texts = stage.say(stage.words.copies(rng, language, kind, len(who), changed))
        what = stage.goods.popular(rng, np.full(len(who), kind))
        late = crew.late(len(who), min(30 * crew.width, 2 * DAY))
        crew.act(who, LISTING + what, at[model] + late, REVIEW, text=texts, stars=5)
    return [crew.members]


def _follow_ring(stage: Stage, level: Level) -> list[Longs]:
    """Accounts that follow one another, so as to look like somebody."""
    crew, rng = hired(stage, level), stage.rng
    count = len(crew.members)
    share = {"L0": 0.9, "L1": 0.7, "L2": 0.5, "L3": 0.35, "L4": 0.25, "L5": 0.2}[level.name]
    pairs = np.full((count, count), share)
    np.fill_diagonal(pairs, 0.0)
    who, of = stage.attend(pairs, crew.most)
    at = crew.orders(count)[of] + crew.late(len(of), min(8 * crew.width, 3 * DAY))
    crew.act(who, ACCOUNT + crew.members[of], at, FOLLOW)
    # As many follow back as had no reason to: reciprocity is what gives such rings away at first.
    alone = ~np.isin(of * count + who, who * count + of)
    back = np.flatnonzero(alone & (rng.random(len(who)) < share))
    back = back[stage.left[crew.members[of[back]]] > 1]
    late = crew.late(len(back), min(20 * crew.width, 5 * DAY))
    crew.act(of[back], ACCOUNT + crew.members[who[back]], at[back] + late, FOLLOW)
    return [crew.members]


def _boost_pod(stage: Stage, level: Level) -> list[Longs]:
    """Sellers who save, share and vote for one another's new listings, by hand and by turns.

    Members trade what they owe within a time that the pod sets (Weerasinghe and others 2020).
    """
    crew, rng = hired(stage, level), stage.rng
    count = min(len(crew.members), 3 * crew.targets())
    seller = np.sort(rng.permutation(len(crew.members))[:count])
    what = stage.new_listings(count)
    at = crew.orders(count)[rng.permutation(count)]
    chance = np.full((len(crew.members), count), level.joined)
    chance[seller, np.arange(count)] = 0.0
    who, of = stage.attend(chance, crew.most)
    action = rng.choice(np.array([SAVE, SAVE, SAVE, SHARE]), len(of))
    crew.act(who, what[of], at[of] + crew.late(len(of)), action)
    crew.visitors(what, at, np.bincount(of, minlength=count))
    return [crew.members]


def _shared_infrastructure(stage: Stage, level: Level) -> list[Longs]:
    """One operator's accounts, each at something of its own; a few addresses and devices tell.

    From one address for fifty accounts to one each; and the better it hides, the fewer of its acts
    come from there (EvilCohort, Stringhini and others 2015).
    """
    crew, rng = hired(stage, level), stage.rng
    share = {"L0": 0.03, "L1": 0.08, "L2": 0.15, "L3": 0.3, "L4": 0.5, "L5": 0.7}[level.name]
    tells = max(1, round(len(crew.members) * share))
    if (by := rng.random()) < 0.7:
        crew.places = stage.places.new_addresses(tells)
    if by > 0.4:
        crew.machines = stage.places.new_machines(tells)
    what = crew.listings(4 * crew.targets())
    who, of = crew.come(len(what), joined=0.3)
    at = stage.moments(len(of), sleepless=crew.always)
    action = rng.choice(np.array([SAVE, SAVE, REVIEW, REDEEM]), len(of))
    thing = np.where(action == REDEEM, stage.new_coupons(len(what))[of], what[of])
    crew.act(who, thing, at, action)
    return [crew.members]


def _hijack_burst(stage: Stage, level: Level) -> list[Longs]:
    """Accounts of others, all at once made to pass on a link or two from elsewhere; then quiet."""
    crew, rng = hired(stage, level, hijacked=1.0), stage.rng
    few = int(rng.integers(2, 6))
    links = stage.new_links(few, sites=int(rng.integers(1, 3)))
    crew.most = np.minimum(np.maximum(crew.most, 2), few)
    crew.places = stage.places.new_addresses(max(1, round(len(crew.members) * rng.uniform(0.1, 1))))
    who, of = crew.come(few)
    begins = rng.uniform(0.05, 0.9) * stage.hours.span
    at = begins + np.sort(rng.uniform(0.0, 20 * crew.width, few))[of] + crew.late(len(of))
    crew.act(who, links[of], at, SHARE)
    crew.visitors(links, np.full(few, begins), np.bincount(of, minlength=few), SHARE)
    return [crew.members]


def _swarm(stage: Stage, level: Level) -> list[Longs]:
    """Many who come together once, to one to three listings, and never again."""
    crew, rng = hired(stage, level), stage.rng
    what = crew.listings(int(rng.integers(1, 4)))
    who, of = crew.come(len(what), joined=max(0.8, level.joined))
    begins = rng.uniform(0.05, 0.9) * stage.hours.span
    begin = begins + np.sort(rng.uniform(0.0, 5 * crew.width, len(what)))
    action = int(rng.choice([SAVE, REVIEW]))
    crew.act(who, what[of], begin[of] + crew.late(len(of)), action)
    crew.visitors(what, begin, np.bincount(of, minlength=len(what)))
    return [crew.members]


def _rotating_teams(stage: Stage, level: Level) -> list[Longs]:
    """Teams take turns, so that hardly two accounts meet all the time."""
    crew, rng = hired(stage, level), stage.rng
    what = crew.listings(crew.targets(2.0))
    teams = int(rng.integers(2, 5))
    members = np.arange(len(crew.members))
    on_duty = np.empty((len(members), len(what)), dtype=np.bool_)
    for target in range(len(what)):
        # Half of the rings shuffle their teams each time, half have fixed ones.
        shuffled = rng.permutation(members) if crew.always else members
        on_duty[:, target] = shuffled % teams == target % teams
    who, of = stage.attend(np.where(on_duty, max(0.7, level.joined), 0.0), crew.most)
    at = crew.orders(len(what))
    crew.act(who, what[of], at[of] + crew.late(len(of)), SAVE)
    crew.visitors(what, at, np.bincount(of, minlength=len(what)))
    return [crew.members]


def _overlapping_rings(stage: Stage, level: Level) -> list[Longs]:
    """Two rings with a fifth of their accounts in common, each with customers of its own."""
    first = hired(stage, level, most_of=0.6)
    common = stage.rng.choice(first.members, max(1, len(first.members) // 5), replace=False)
    stage.taken[common] = True
    # Who works for two has half of its acts for each.
    first.most[np.isin(first.members, common)] //= 2
    one = _sent(first, first.listings(first.targets()), SAVE)
    second = hired(stage, level, members=common, most_of=0.6)
    other = _sent(second, second.listings(second.targets()), SAVE)
    return [*one, *other]


def _sent(crew: Crew, what: Longs, action: int, *, stars: int = -1) -> list[Longs]:
    """Have a crew come to each of some targets when it is sent there, and others after it."""
    who, of = crew.come(len(what))
    at: Floats = crew.orders(len(what))
    crew.act(who, what[of], at[of] + crew.late(len(of)), action, stars=stars)
    crew.visitors(what, at, np.bincount(of, minlength=len(what)), action)
    return [crew.members]


_PLANTERS: dict[str, Callable[[Stage, Level], list[Longs]]] = {
    "link-spam": _link_spam,
    "like-farm": _like_farm,
    "slow-drip": _slow_drip,
    "copied-reviews": _copied_reviews,
    "follow-ring": _follow_ring,
    "boost-pod": _boost_pod,
    "shared-infrastructure": _shared_infrastructure,
    "hijack-burst": _hijack_burst,
    "lockstep-reviews": _lockstep_reviews,
    "swarm": _swarm,
    "rotating-teams": _rotating_teams,
    "overlapping-rings": _overlapping_rings,
}
