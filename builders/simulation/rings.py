"""Coordinated accounts: co-action rings of six levels, and seven other kinds of ring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from builders.simulation.clock import waking_times
from builders.simulation.drawing import weighted
from builders.simulation.objects import POSTS_PER_LINK
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import Bools, Longs
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, NONE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, LEVELS, MINUTE_MS, RING_KINDS
from builders.simulation.texts import copied, message

Rng = np.random.Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How hard a co-action ring is to see.

    `accounts` is the middle of the sizes, which are log-uniform between 2/3 and 3/2 of it;
    `share` is how much of the targets an account joins; `cover` is what else its accounts do.
    """

    accounts: int
    targets: int
    share: float
    jitter_ms: int
    cover: Literal["none", "random", "organic", "copied"]
    hijacked: float
    rotating: bool = False


CO_ACTION: dict[str, Level] = {
    "L0": Level(accounts=200, targets=20, share=1.0, jitter_ms=10_000, cover="none", hijacked=0.0),
    "L1": Level(
        accounts=100, targets=15, share=0.9, jitter_ms=MINUTE_MS, cover="random", hijacked=0.0
    ),
    "L2": Level(
        accounts=50, targets=10, share=0.8, jitter_ms=10 * MINUTE_MS, cover="organic", hijacked=0.2
    ),
    "L3": Level(
        accounts=30, targets=10, share=0.6, jitter_ms=HOUR_MS, cover="organic", hijacked=0.5
    ),
    "L4": Level(
        accounts=20,
        targets=8,
        share=0.5,
        jitter_ms=6 * HOUR_MS,
        cover="copied",
        hijacked=1.0,
        rotating=True,
    ),
    "L5": Level(
        accounts=12,
        targets=6,
        share=0.5,
        jitter_ms=24 * HOUR_MS,
        cover="copied",
        hijacked=1.0,
        rotating=True,
    ),
}

OVERLAP = 0.2  # of the accounts of two neighbouring L5 rings


def plant_rings(bed: Bed) -> None:
    """Plant every ring of the spec: first the levels, then the kinds, each with its own seed."""
    for place, level in enumerate(LEVELS):
        for number in range(bed.spec.rings_of_level(level)):
            rng = np.random.default_rng([bed.spec.seed, 6, place, number])
            _plant_level(bed, rng, level, number)
    for place, kind in enumerate(RING_KINDS):
        for number in range(bed.spec.rings_of_kind(kind)):
            rng = np.random.default_rng([bed.spec.seed, 7, place, number])
            members = _PLANTERS[kind](bed, rng)
            fresh = kind == "swarm"
            bed.rings.append(
                (f"{kind}-{number + 1}", None, kind, members, np.full(len(members), not fresh))
            )


def _plant_level(bed: Bed, rng: Rng, name: str, number: int) -> None:
    level = CO_ACTION[name]
    joins = _joins(rng, level, round(level.accounts * 1.5 ** rng.uniform(-1.0, 1.0)))
    members = _level_members(bed, rng, name, number, joins)
    hijacked = _hijack(bed, rng, level, members)
    action, kind = ((SHARE, "link-spam"), (LIKE, "like-farm"))[number % 2]
    centre = _centres(bed, rng, name, level)
    target = _targets(bed, rng, action, level.targets)
    who, what = np.nonzero(joins)
    at = centre[what] + rng.integers(0, level.jitter_ms, len(who))
    bed.act(members[who], at, action, target[what])
    _organic_traffic(bed, rng, action, target, centre, joins.sum(axis=0) if name > "L2" else 0)
    _cover(bed, rng, level, members, joins.sum(axis=1))
    bed.rings.append((f"{name}-{number + 1}", name, kind, members, hijacked))


def _joins(rng: Rng, level: Level, size: int) -> Bools:
    """Who joins which target; a rotating ring sends just a random part to each."""
    noise = rng.random((size, level.targets))
    if level.rotating:
        rank = noise.argsort(axis=0).argsort(axis=0)
        return rank < round(level.share * size)
    joins = noise < level.share
    least = np.sort(noise, axis=1)[:, 1:2]
    return joins | (noise <= least)


def _level_members(bed: Bed, rng: Rng, name: str, number: int, joins: Bools) -> Indices:
    size = len(joins)
    at_least = float(joins.sum(axis=1).max()) if name not in ("L0", "L1") else 3.0
    if name != "L5" or number % 2 == 0:
        return bed.members(rng, size, at_least=at_least)
    before = bed.rings[-1][3]
    both = rng.choice(before, max(1, round(OVERLAP * len(before))), replace=False)
    new = bed.members(rng, size - len(both), at_least=at_least)
    return np.concatenate([both, new])


def _hijack(bed: Bed, rng: Rng, level: Level, members: Indices) -> Bools:
    """Mark the hijacked members; the others are made fresh."""
    hijacked = np.zeros(len(members), dtype=bool)
    hijacked[rng.permutation(len(members))[: round(level.hijacked * len(members))]] = True
    bed.make_fresh(rng, members[~hijacked], within_days=3.0 if level.cover == "none" else 30.0)
    return hijacked


def _centres(bed: Bed, rng: Rng, name: str, level: Level) -> Longs:
    """When each target is acted on; L5 goes through the span slowly, the others in waking hours."""
    span = bed.spec.span_ms
    if name == "L5":
        slot = (span - level.jitter_ms) // level.targets
        return np.arange(level.targets) * slot + rng.integers(0, slot, level.targets)
    awake = waking_times(rng, level.targets, int(rng.integers(0, 4)), span)
    return np.minimum(awake, span - level.jitter_ms - 1)


def _targets(bed: Bed, rng: Rng, action: int, count: int) -> Indices:
    """Fresh links, or fresh posts of a few customers."""
    if action == SHARE:
        return bed.new_links(count)
    customers = rng.choice(bed.population.count, 3)
    return bed.new_posts(rng.choice(customers, count))


def _organic_traffic(
    bed: Bed, rng: Rng, action: int, target: Indices, centre: Longs, as_many: Indices | int
) -> None:
    """At least 20 organic actions on each target, or as many as the ring's own."""
    begin = np.maximum(centre - rng.exponential(20.0 * MINUTE_MS, len(target)).astype(np.int64), 0)
    counts = np.maximum(20 + rng.poisson(5.0, len(target)), as_many)
    bed.ask_visits(action, target, begin, counts)


def _cover(bed: Bed, rng: Rng, level: Level, members: Indices, done: Indices) -> None:
    """What else the members do: their usual activity less what the ring took of it."""
    if level.cover == "none":
        bed.expected[members] = 0.0
        bed.log_in(rng, members, 2)
        return
    bed.spend(members, done)
    if level.cover == "random":
        _random_cover(bed, rng, members)
        return
    _show_up(bed, rng, members)
    if level.cover == "copied":
        bed.model[members] = bed.crowd(rng, len(members))


def _random_cover(bed: Bed, rng: Rng, members: Indices) -> None:
    """Actions on objects drawn evenly, popular or not, as cheap automation does."""
    who = np.repeat(members, rng.poisson(bed.expected[members]))
    post = rng.integers(0, bed.posts.count, len(who))
    born = np.maximum(bed.posts.born_at[post], 0)
    at = born + rng.integers(0, np.minimum(DAY_MS, bed.spec.span_ms - born))
    shares = rng.random(len(who)) < 0.3
    object_ = np.where(shares, post // POSTS_PER_LINK, post)
    bed.act(who, at, np.where(shares, SHARE, LIKE), object_)
    bed.expected[members] = 0.0
    bed.log_in(rng, members, 1)


def _show_up(bed: Bed, rng: Rng, members: Indices) -> None:
    """Three log-ins: an account that chance never wakes would give itself away by silence."""
    bed.log_in(rng, members, 3)
    bed.spend(members, np.full(len(members), 3))


def _copied_comments(bed: Bed, rng: Rng) -> Indices:
    """A dozen texts, each posted nearly word for word by most members under other posts."""
    texts = int(rng.integers(8, 16))
    members = bed.members(rng, int(rng.integers(15, 41)), at_least=float(texts))
    zone = int(rng.integers(0, 4))
    done = np.zeros(len(members), dtype=np.int64)
    for centre in waking_times(rng, texts, zone, bed.spec.span_ms - DAY_MS):
        text = message(bed.stock, rng)
        who = np.flatnonzero(rng.random(len(members)) < 0.8)
        at = centre + rng.integers(0, 2 * HOUR_MS, len(who))
        numbers = np.array([bed.new_text(copied(text, rng)) for _ in who], dtype=np.int64)
        bed.act(members[who], at, COMMENT, _current_posts(bed, rng, int(centre), len(who)), numbers)
        done[who] += 1
    bed.spend(members, done)
    return members


def _current_posts(bed: Bed, rng: Rng, at: int, count: int) -> Indices:
    """Posts of the day before a moment, the appealing ones sooner."""
    born = bed.posts.born_at
    recent = np.flatnonzero((born < at) & (born >= at - DAY_MS))
    return recent[weighted(rng, bed.posts.appeal[recent], count)]


def _mutual_follow(bed: Bed, rng: Rng) -> Indices:
    """Most pairs follow one another, the second within a day of the first."""
    size = int(rng.integers(12, 25))
    members = bed.members(rng, size, at_least=0.6 * size)
    first, second = np.triu_indices(size, k=1)
    chosen = np.flatnonzero(rng.random(len(first)) < 0.6)
    first, second = members[first[chosen]], members[second[chosen]]
    turned = rng.random(len(chosen)) < 0.5
    src, dst = np.where(turned, second, first), np.where(turned, first, second)
    at = rng.integers(0, bed.spec.span_ms - DAY_MS, len(src))
    bed.act(src, at, FOLLOW, dst)
    bed.act(dst, at + rng.integers(MINUTE_MS, DAY_MS, len(src)), FOLLOW, src)
    per_account = np.bincount(np.concatenate([src, dst]), minlength=bed.population.count)
    bed.spend(members, per_account[members])
    return members


def _mutual_boost(bed: Bed, rng: Rng) -> Indices:
    """Each member's posts are liked, and now and then commented, by the others within two hours."""
    size = int(rng.integers(8, 15))
    members = bed.members(rng, size, at_least=1.4 * size)
    owner = np.repeat(members, 2)
    post = bed.new_posts(owner)
    born = waking_times(rng, len(post), int(rng.integers(0, 4)), bed.spec.span_ms - DAY_MS)
    fan, which = np.nonzero(
        (members[:, None] != owner[None, :]) & (rng.random((size, len(post))) < 0.6)
    )
    at = born[which] + rng.integers(MINUTE_MS, 2 * HOUR_MS, len(fan))
    bed.act(members[fan], at, LIKE, post[which])
    talks = rng.random(len(fan)) < 0.25
    bed.act(members[fan[talks]], at[talks] + MINUTE_MS, COMMENT, post[which[talks]])
    bed.ask_visits(LIKE, post, born, 20 + rng.poisson(5.0, len(post)))
    bed.spend(members, np.bincount(np.concatenate([fan, fan[talks]]), minlength=size))
    return members


def _shared_device(bed: Bed, rng: Rng) -> Indices:
    """Some members a device, with one address a device; all their log-ins come from there."""
    members = bed.members(rng, int(rng.integers(12, 26)), at_least=8.0)
    count = -(-len(members) // 6)
    pick = np.arange(len(members)) % count
    bed.device[members] = bed.new_devices(count)[pick]
    _move_in(bed, rng, members, bed.new_addresses(count)[pick])
    return members


def _shared_ip(bed: Bed, rng: Rng) -> Indices:
    """A few dozen accounts behind two addresses that nobody else has, each on its own device."""
    members = bed.members(rng, int(rng.integers(15, 31)), at_least=8.0)
    bed.device[members] = members
    _move_in(bed, rng, members, bed.new_addresses(2)[np.arange(len(members)) % 2])
    return members


def _move_in(bed: Bed, rng: Rng, members: Indices, addresses: Indices) -> None:
    bed.home_address[members] = addresses
    bed.carrier_address[members] = NONE
    bed.log_in(rng, members, 4)
    bed.spend(members, np.full(len(members), 4))


def _slow_drip(bed: Bed, rng: Rng) -> Indices:
    """A handful of accounts on one rare object every other day, hours apart."""
    objects = max(3, bed.spec.days // 2)
    members = bed.members(rng, int(rng.integers(8, 13)), at_least=float(objects))
    slot = bed.spec.span_ms // objects
    begin = np.arange(objects) * slot + rng.integers(0, slot // 4, objects)
    post = bed.new_posts(rng.choice(bed.population.count, objects))
    who, what = np.nonzero(rng.random((len(members), objects)) < 0.8)
    bed.act(members[who], begin[what] + rng.integers(0, 12 * HOUR_MS, len(who)), LIKE, post[what])
    bed.ask_visits(LIKE, post, begin, rng.poisson(3.0, objects))
    bed.spend(members, np.bincount(who, minlength=len(members)))
    return members


def _swarm(bed: Bed, rng: Rng) -> Indices:
    """Many accounts made on one day act once on one post within five minutes."""
    members = bed.members(rng, int(rng.integers(40, 81)), at_least=3.0)
    bed.make_fresh(rng, members, within_days=0.5)
    post = bed.new_posts(rng.choice(bed.population.count, 1))
    begin = waking_times(rng, 1, int(rng.integers(0, 4)), bed.spec.span_ms - DAY_MS)
    bed.act(members, begin + rng.integers(0, 5 * MINUTE_MS, len(members)), LIKE, post[0])
    bed.ask_visits(LIKE, post, begin, np.array([25]))
    _show_up(bed, rng, members)
    return members


_PLANTERS: dict[str, Callable[[Bed, Rng], Indices]] = {
    "copied-comments": _copied_comments,
    "mutual-follow": _mutual_follow,
    "mutual-boost": _mutual_boost,
    "shared-device": _shared_device,
    "shared-ip": _shared_ip,
    "slow-drip": _slow_drip,
    "swarm": _swarm,
}
