"""Held-out rings: campaigns on which no setting was chosen, with parameters drawn for each.

They act on objects here; those that follow, talk and log in are in `contact_campaigns.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from builders.simulation.mixes import (
    Mix,
    between,
    cover,
    drawn_mix,
    hijack,
    order_times,
    recruits,
    targets,
)
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import Bools, Floats
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, SHARE
from builders.simulation.spec import DAY_MS
from builders.simulation.tempo import arrivals_by_target, drawn_tempo

Rng = np.random.Generator

Campaign = Callable[[Bed, Rng, str, str | None], None]
"""Plants one campaign under a name, of a level or of any."""


def link_spam(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Accounts that share the same links, in a tempo of their own."""
    _co_action(bed, rng, name, "link-spam", SHARE, drawn_mix(rng, level))


def like_farm(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Accounts that like the same posts, behind likes of what everybody likes."""
    _co_action(bed, rng, name, "like-farm", LIKE, drawn_mix(rng, level))


def order_book(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """One operator's stock of accounts: each customer's order uses another part of it.

    Orders last minutes to a day and many pile up before a deadline; no account takes more orders
    than it has acts, so that its count stays usual.
    """
    mix = drawn_mix(rng, level or ("L1", "L2", "L3")[int(rng.integers(0, 3))])
    most = max(60, min(800, int(0.04 * bed.population.count)))
    members = recruits(bed, rng, between(rng, min(200, most), most), acts=12.0)
    orders = int(rng.integers(30, 101)) * min(1.0, len(members) / 200)
    orders = max(12, round(orders))
    part = rng.uniform(0.1, 0.6, orders)
    joins = _limited(rng, rng.random((len(members), orders)) < part, bed.expected[members] - 2.0)
    action = (SHARE, LIKE)[int(rng.integers(0, 2))]
    width = mix.width_ms * np.exp(rng.uniform(0.0, np.log(24.0), orders))
    given = order_times(bed, rng, orders, width_ms=min(float(width.max()), DAY_MS))
    object_ = targets(bed, rng, action, given, hot=mix.hot)
    who, what = np.nonzero(joins)
    tempo = "deadline" if rng.random() < 0.6 else mix.tempo
    at = given[what] + arrivals_by_target(rng, tempo, what, orders, width_ms=width)
    bed.act(members[who], at, action, object_[what])
    record(bed, rng, name, "order-book", mix, members, joins.sum(axis=1))


def slow_drip(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """A handful on rare objects, one to four acts a week and account, hours apart or a day."""
    mix = drawn_mix(rng, level or ("L1", "L2", "L3")[int(rng.integers(0, 3))])
    weeks = bed.spec.days / 7.0
    objects = max(5, round(weeks * rng.uniform(2.5, 4.5)))
    size = int(rng.integers(8, 16))
    joins = joins_of(rng, size, objects, max(mix.share, 0.55))
    members = recruits(bed, rng, size, acts=float(joins.sum(axis=1).max()))
    slot = bed.spec.span_ms // objects
    width = min(slot, DAY_MS) * float(rng.uniform(0.3, 1.0))
    begin = np.arange(objects) * slot + rng.integers(0, max(slot // 3, 1), objects)
    post = bed.new_posts(rng.choice(bed.population.count, objects))
    who, what = np.nonzero(joins)
    at = begin[what] + arrivals_by_target(rng, mix.tempo, what, objects, width_ms=width)
    bed.act(members[who], at, LIKE, post[what])
    bed.ask_visits(LIKE, post, begin, rng.poisson(rng.uniform(1.0, 6.0), objects))
    mix = replace(mix, cover="own", hijacked=float(rng.uniform(0.4, 1.0)))
    record(bed, rng, name, "slow-drip", mix, members, joins.sum(axis=1))


def hijack_burst(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Old accounts that are taken over for a day or two, and organic before and after."""
    mix = drawn_mix(rng, level)
    size, orders = between(rng, 20, 80), int(rng.integers(6, 13))
    joins = joins_of(rng, size, orders, mix.share)
    members = recruits(bed, rng, size, acts=float(joins.sum(axis=1).max()))
    stretch = int(rng.uniform(1.0, 2.0) * DAY_MS)
    first = int(rng.integers(0, bed.spec.span_ms - stretch))
    action = (SHARE, LIKE)[int(rng.integers(0, 2))]
    given = first + rng.integers(0, stretch, orders)
    object_ = targets(bed, rng, action, given, hot=0.0)
    who, what = np.nonzero(joins)
    at = given[what] + arrivals_by_target(rng, mix.tempo, what, orders, width_ms=mix.width_ms)
    bed.act(members[who], at, action, object_[what])
    mix = replace(mix, cover="own", hijacked=1.0)
    record(bed, rng, name, "hijack-burst", mix, members, joins.sum(axis=1))


def rotating_teams(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Two rings that share some accounts; each sends another team of its own to each object."""
    overlap = float(rng.uniform(0.1, 0.4))
    before: Indices = np.empty(0, dtype=np.int64)
    for half in ("a", "b"):
        mix = drawn_mix(rng, level or ("L1", "L2", "L3")[int(rng.integers(0, 3))])
        size, orders = between(rng, 24, 60), int(rng.integers(10, 19))
        noise = rng.random((size, orders))
        joins = noise.argsort(axis=0).argsort(axis=0) < round(rng.uniform(0.4, 0.6) * size)
        both = rng.permutation(before)[: round(overlap * min(size, len(before)))]
        new = recruits(bed, rng, size - len(both), acts=float(orders) * 0.6)
        members = np.concatenate([both, new])
        send(bed, rng, mix, members, joins, (SHARE, LIKE)[int(rng.integers(0, 2))])
        mix = replace(mix, cover="own", hijacked=1.0)
        record(bed, rng, f"{name}-{half}", "rotating-teams", mix, members, joins.sum(axis=1))
        before = members


def turnover(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """A campaign whose accounts are replaced while it runs, a quarter or more at each of two times.

    Everybody who was ever in it is in the truth.
    """
    mix = drawn_mix(rng, level)
    at_once, orders = between(rng, 20, 50), int(rng.integers(12, 22))
    replaced = round(float(rng.uniform(0.25, 0.5)) * at_once)
    members = recruits(bed, rng, at_once + 2 * replaced, acts=0.7 * orders)
    present = np.zeros((len(members), orders), dtype=bool)
    for era, part in enumerate(np.array_split(np.arange(orders), 3)):
        present[era * replaced : era * replaced + at_once, part] = True
    joins = present & (rng.random(present.shape) < max(mix.share, 0.6))
    action = (SHARE, LIKE)[int(rng.integers(0, 2))]
    # The eras follow one another.
    given = np.sort(order_times(bed, rng, orders, width_ms=mix.width_ms))
    object_ = targets(bed, rng, action, given, hot=mix.hot / 2.0)
    who, what = np.nonzero(joins)
    at = given[what] + arrivals_by_target(rng, mix.tempo, what, orders, width_ms=mix.width_ms)
    bed.act(members[who], at, action, object_[what])
    record(bed, rng, name, "turnover", mix, members, joins.sum(axis=1))


def many_kinds(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """For each customer a link is shared, a post commented and the account followed."""
    mix = drawn_mix(rng, level)
    size, customers = between(rng, 18, 60), int(rng.integers(5, 11))
    members = recruits(bed, rng, size, acts=2.2 * customers)
    done = np.zeros(size, dtype=np.int64)
    clients = rng.choice(np.setdiff1d(np.arange(bed.population.count), members), customers)
    for action in (SHARE, COMMENT, FOLLOW):
        joins = rng.random((size, customers)) < mix.share
        on = SHARE if action == SHARE else LIKE
        given = order_times(bed, rng, customers, width_ms=mix.width_ms)
        object_ = targets(bed, rng, on, given, hot=0.0)
        who, what = np.nonzero(joins)
        tempo = drawn_tempo(rng)
        at = given[what] + arrivals_by_target(rng, tempo, what, customers, width_ms=mix.width_ms)
        bed.act(members[who], at, action, clients[what] if action == FOLLOW else object_[what])
        done += joins.sum(axis=1)
    record(bed, rng, name, "many-kinds", mix, members, done)


def small_cell(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """A handful of accounts that are sent again and again: few, as friends are, and on orders."""
    mix = drawn_mix(rng, level)
    size, orders = int(rng.integers(4, 11)), int(rng.integers(10, 41))
    joins = joins_of(rng, size, orders, mix.share)
    members = recruits(bed, rng, size, acts=float(orders) * mix.share)
    send(bed, rng, mix, members, joins, (SHARE, LIKE)[int(rng.integers(0, 2))])
    record(bed, rng, name, "small-cell", mix, members, joins.sum(axis=1))


def _co_action(bed: Bed, rng: Rng, name: str, kind: str, action: int, mix: Mix) -> None:
    size, orders = between(rng, 18, 140), int(rng.integers(8, 21))
    joins = joins_of(rng, size, orders, mix.share)
    members = recruits(bed, rng, size, acts=float(orders) * mix.share)
    send(bed, rng, mix, members, joins, action)
    record(bed, rng, name, kind, mix, members, joins.sum(axis=1))


def send(bed: Bed, rng: Rng, mix: Mix, members: Indices, joins: Bools, action: int) -> None:
    """Send members to as many targets as `joins` has columns, in the mix's tempo."""
    orders = joins.shape[1]
    given = order_times(bed, rng, orders, width_ms=mix.width_ms)
    object_ = targets(bed, rng, action, given, hot=mix.hot)
    who, what = np.nonzero(joins)
    at = given[what] + arrivals_by_target(rng, mix.tempo, what, orders, width_ms=mix.width_ms)
    bed.act(members[who], at, action, object_[what])


def joins_of(rng: Rng, size: int, orders: int, share: float) -> Bools:
    """Who joins which order: some accounts are keener than others, all join three at least."""
    keen = np.clip(share * rng.lognormal(0.0, 0.15, size), 0.05, 1.0)
    noise = rng.random((size, orders))
    return (noise < keen[:, None]) | (noise <= np.sort(noise, axis=1)[:, 2:3])


def _limited(rng: Rng, joins: Bools, most: Floats) -> Bools:
    """Each account joins a random part of its orders, at most so many."""
    noise = np.where(joins, rng.random(joins.shape), 2.0)
    rank = noise.argsort(axis=1).argsort(axis=1)
    return joins & (rank < np.maximum(most, 3.0)[:, None])


def record(
    bed: Bed, rng: Rng, name: str, kind: str, mix: Mix, members: Indices, done: Indices
) -> None:
    """Give members their ages and their cover, and enter the ring into the truth."""
    hijacked = hijack(bed, rng, mix, members)
    cover(bed, rng, mix, members, done)
    bed.rings.append((name, mix.level, kind, members, hijacked))
