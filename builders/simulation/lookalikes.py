"""Innocent groups that look coordinated: seven kinds that detectors should leave alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from builders.simulation.clock import waking_times
from builders.simulation.drawing import weighted
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import TOPICS, Floats
from builders.simulation.rows import COMMENT, LIKE, LOGIN, NONE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, LOOK_ALIKES, MINUTE_MS

Rng = np.random.Generator


def plant_lookalikes(bed: Bed) -> None:
    """Plant every look-alike of the spec, each with its own seed. Rings are planted before."""
    for place, kind in enumerate(LOOK_ALIKES):
        for number in range(bed.spec.groups_of_kind(kind)):
            rng = np.random.default_rng([bed.spec.seed, 8, place, number])
            _PLANTERS[kind](bed, rng, f"{kind}-{number + 1}", number)


def _fan_club(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """Fans of one idol: each likes half or more of 40 to 60 posts, minutes to a day later."""
    size = _size(bed, rng, 60, 500, most_share=0.1)
    fans = bed.crowd(rng, size, topic=int(rng.integers(0, TOPICS)))
    idol = weighted(rng, bed.population.fame * ~bed.ring_member, 1)
    post = bed.new_posts(np.repeat(idol, int(rng.integers(40, 61))))
    born = waking_times(rng, len(post), bed.zone_of(idol)[0], bed.spec.span_ms)
    loyalty = rng.uniform(0.5, 0.9, size)
    who, what = np.nonzero(rng.random((size, len(post))) < loyalty[:, None])
    median = np.array([10 * MINUTE_MS, 2 * HOUR_MS, 12 * HOUR_MS])[rng.integers(0, 3, size)]
    delay = (median[who] * np.exp(rng.normal(0.0, 1.5, len(who)))).astype(np.int64)
    action = np.where(rng.random(len(who)) < 0.15, COMMENT, LIKE)
    bed.act(fans[who], born[what] + delay, action, post[what])
    bed.ask_visits(LIKE, post, born, 20 + rng.poisson(10.0, len(post)))
    bed.lookalikes.append((name, "fan-club", fans))


def _flash_crowd(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """Hundreds or thousands like one post, most within the hour."""
    crowd = bed.crowd(rng, _size(bed, rng, 300, 5_000, most_share=0.125))
    post = bed.new_posts(weighted(rng, bed.population.fame, 1))
    begin = waking_times(rng, 1, int(rng.integers(0, 4)), bed.spec.span_ms - DAY_MS)
    delay = rng.exponential(20.0 * MINUTE_MS, len(crowd)).astype(np.int64)
    action = np.where(rng.random(len(crowd)) < 0.2, COMMENT, LIKE)
    bed.act(crowd, begin + delay, action, post[0])
    bed.lookalikes.append((name, "flash-crowd", crowd))


def _news_burst(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """A crowd shares most of three related links within two hours."""
    crowd = bed.crowd(rng, _size(bed, rng, 800, 10_000, most_share=0.17))
    link = bed.new_links(3)
    begin = waking_times(rng, 1, int(rng.integers(0, 4)), bed.spec.span_ms - DAY_MS)
    joins = rng.random((len(crowd), 3)) < 0.7
    joins[np.arange(len(crowd)), rng.integers(0, 3, len(crowd))] = True
    who, what = np.nonzero(joins)
    bed.act(crowd[who], begin + rng.integers(0, 2 * HOUR_MS, len(who)), SHARE, link[what])
    bed.lookalikes.append((name, "news-burst", crowd))


def _classroom(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """Thirty people in one place, three days: one address, five things to look at in one hour."""
    people = bed.crowd(rng, 30)
    address = int(bed.new_addresses(1)[0])
    for day in np.sort(rng.choice(bed.spec.days, 3, replace=False)):
        begin = int(day) * DAY_MS + int(rng.integers(8, 16)) * HOUR_MS
        post = bed.new_posts(np.full(5, people[0]))
        arrival = begin + rng.integers(0, 10 * MINUTE_MS, len(people))
        bed.act(people, arrival, LOGIN, NONE, address)
        who = np.repeat(np.arange(len(people)), 5)
        at = arrival[who] + rng.integers(MINUTE_MS, 50 * MINUTE_MS, len(who))
        bed.act(people[who], at, LIKE, np.tile(post, len(people)))
        bed.ask_visits(LIKE, post, np.full(5, begin), 20 + rng.poisson(5.0, 5))
    bed.lookalikes.append((name, "classroom", people))


def _syndicated_pages(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """Pages of one declared owner share the same links within seconds of one another."""
    pages = bed.crowd(rng, int(rng.integers(10, 41)))
    link = bed.new_links(int(rng.integers(15, 31)))
    centre = waking_times(rng, len(link), int(rng.integers(0, 4)), bed.spec.span_ms)
    who, what = np.divmod(np.arange(len(pages) * len(link)), len(link))
    bed.act(pages[who], centre[what] + rng.integers(0, 8_000, len(who)), SHARE, link[what])
    bed.ask_visits(SHARE, link, centre, 20 + rng.poisson(5.0, len(link)))
    bed.pages.append(pages)
    bed.lookalikes.append((name, "syndicated-pages", pages))


def _super_users(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """The most active hundredth, a dense block by nature; of several groups each the next.

    Nothing is planted, only named.
    """
    weight = np.where(bed.ring_member, 0.0, bed.population.expected)
    size = bed.population.count // 100
    top = _highest(weight, size * (number + 1))[size * number :]
    bed.lookalikes.append((name, "super-users", np.sort(top)))


def _popular_hubs(bed: Bed, rng: Rng, name: str, number: int) -> None:
    """The accounts that everyone follows, and a carrier's address that hundreds come from."""
    fame = np.where(bed.ring_member, 0.0, bed.population.fame)
    hubs = _highest(fame, 10 * (number + 1))[10 * number :]
    carrier = number % bed.population.carriers
    behind = np.flatnonzero(bed.carrier_address == carrier)
    bed.lookalikes.append((f"{name}-accounts", "popular-hubs", np.sort(hubs)))
    bed.lookalikes.append((f"{name}-address", "popular-hubs", behind))


def _highest(values: Floats, count: int) -> Indices:
    """The numbers of the highest values, the highest first; of equals the lesser number."""
    least = np.partition(values, -count)[-count]
    candidates = np.flatnonzero(values >= least)
    return candidates[np.argsort(-values[candidates], kind="stable")][:count]


def _size(bed: Bed, rng: Rng, least: int, most: int, *, most_share: float) -> int:
    """A log-uniform size, at most a share of the platform but never below `least`."""
    bound = max(least, min(most, int(bed.population.count * most_share)))
    return round(math.exp(rng.uniform(math.log(least), math.log(bound))))


_PLANTERS: dict[str, Callable[[Bed, Rng, str, int], None]] = {
    "fan-club": _fan_club,
    "flash-crowd": _flash_crowd,
    "news-burst": _news_burst,
    "classroom": _classroom,
    "syndicated-pages": _syndicated_pages,
    "super-users": _super_users,
    "popular-hubs": _popular_hubs,
}
