"""Small publics, and one that spans the globe: innocent groups that come as they happen to look.

Nobody sends them, and what they share is little known, so that few others are there to compare
them with. Each group draws its own rates, and people sleep: what goes up at night is seen in the
morning. Circles are of ordinary people, not of the busiest.
"""

from __future__ import annotations

import numpy as np

from builders.simulation.clock import waking_times
from builders.simulation.crowds import Crowd, famous, likes_and_words, record
from builders.simulation.drawing import weighted
from builders.simulation.mixes import between, bounded_size
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import ZONE_OFFSETS, Floats, Longs
from builders.simulation.rows import FOLLOW, LIKE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS

Rng = np.random.Generator

_LEAST_ACTS = 3.0
"""What somebody does in the span by himself who is there often enough to be of a circle."""


def friends(bed: Bed, rng: Rng, name: str) -> None:
    """Three to fifteen of one zone who follow one another and like what one of them posts."""
    people = neighbours(bed, rng, between(rng, 3, 15))
    circle(bed, rng, people)
    bed.lookalikes.append((name, "friends", people))


def circle(bed: Bed, rng: Rng, people: Indices) -> None:
    """Let people follow one another and like what one of them posts, awake and not all of it."""
    size = len(people)
    _follow_one_another(bed, rng, people, rng.uniform(0.3, 1.0))
    a_day = size * np.exp(rng.uniform(np.log(0.2), np.log(1.5)))
    count = max(size, int(rng.poisson(a_day * bed.spec.days)))
    owner = weighted(rng, rng.gamma(1.5, 1.0, size), count)
    post = bed.new_posts(people[owner])
    born = waking_times(rng, count, bed.zone_of(people[:1])[0], bed.spec.span_ms)
    fondness = rng.uniform(0.3, 0.9, size)
    likes = rng.random((size, count)) < fondness[:, None]
    who, what = np.nonzero(likes & (np.arange(size)[:, None] != owner))
    at = born[what] + _waits(rng, size, who, least=15 * MINUTE_MS, most=6 * HOUR_MS)
    at = _when_up(bed, rng, people, who, at)
    bed.act(people[who], at, likes_and_words(rng, len(who)), post[what])
    bed.ask_visits(LIKE, post, born, rng.poisson(rng.uniform(0.0, 8.0), count))


def newsroom(bed: Bed, rng: Rng, name: str) -> None:
    """Five to twenty colleagues who share their paper's articles soon after publication.

    Who is off duty misses most; what he does not miss he shares when he is up.
    """
    size = between(rng, 5, 20)
    staff = neighbours(bed, rng, size)
    _follow_one_another(bed, rng, staff, rng.uniform(0.0, 0.6))
    count = max(6, int(rng.poisson(rng.uniform(1.0, 5.0) * bed.spec.days)))
    link = bed.new_links(count)
    born = waking_times(rng, count, bed.zone_of(staff[:1])[0], bed.spec.span_ms)
    keen = rng.uniform(0.2, 0.9, size)
    who, what = np.nonzero(rng.random((size, count)) < keen[:, None])
    soon = born[what] + _waits(rng, size, who, least=3 * MINUTE_MS, most=40 * MINUTE_MS)
    at = _when_up(bed, rng, staff, who, soon)
    kept = (at == soon) | (rng.random(len(who)) < 0.3)
    who, what, at = who[kept], what[kept], at[kept]
    bed.act(staff[who], at, SHARE, link[what])
    bed.ask_visits(SHARE, link, born, rng.poisson(rng.uniform(1.0, 20.0), count))
    record(bed, name, "newsroom", staff, who)


def hobbyists(bed: Bed, rng: Rng, name: str) -> None:
    """Ten to sixty of a narrow pastime who share the same few rare things, without hurry.

    Some of the things are new and some have always been there, to be found at any time.
    """
    size = bounded_size(bed, rng, 10, 60, most_share=0.02)
    people = _enthusiasts(bed, rng, size)
    size = len(people)
    count = between(rng, 15, 40)
    link = bed.new_links(count)
    born = rng.integers(-2 * DAY_MS, bed.spec.span_ms, count)
    old = rng.random(count) < rng.uniform(0.0, 0.7)
    keen = rng.uniform(0.2, 0.6, size)
    who, what = np.nonzero(rng.random((size, count)) < keen[:, None])
    came = born[what] + _waits(rng, size, who, least=6 * HOUR_MS, most=3 * DAY_MS)
    found = rng.integers(0, bed.spec.span_ms, len(who))
    at = _when_up(bed, rng, people, who, np.where(old[what], found, came))
    bed.act(people[who], at, SHARE, link[what])
    visits = rng.poisson(rng.uniform(0.0, 6.0), count)
    bed.ask_visits(SHARE, link, np.maximum(born, 0), visits)
    record(bed, name, "hobbyists", people, who)


def world_fan_club(bed: Bed, rng: Rng, name: str) -> None:
    """Fans in every zone of a star who posts at one hour: half of them sleep then."""
    size = bounded_size(bed, rng, 40, 300, most_share=0.05)
    fans = bed.crowd(rng, size)
    count = max(12, between(rng, 25, 60) * min(bed.spec.days, 14) // 14)
    post = bed.new_posts(np.repeat(famous(bed, rng, 1), count))
    hour = int(rng.integers(0, 24)) * HOUR_MS
    day = rng.integers(0, bed.spec.days, count) * DAY_MS
    born = day + (hour + rng.integers(0, 3 * HOUR_MS, count)) % DAY_MS
    loyalty = rng.uniform(0.4, 0.9, size)
    who, what = np.nonzero(rng.random((size, count)) < loyalty[:, None])
    at = born[what] + _waits(rng, size, who, least=10 * MINUTE_MS, most=3 * HOUR_MS)
    at = _when_up(bed, rng, fans, who, at)
    bed.act(fans[who], at, likes_and_words(rng, len(who)), post[what])
    bed.ask_visits(LIKE, post, born, between(rng, 10, 60) + rng.poisson(10.0, count))
    record(bed, name, "world-fan-club", fans, who)


PUBLIC_PLANTERS: dict[str, Crowd] = {
    "friends": friends,
    "newsroom": newsroom,
    "hobbyists": hobbyists,
    "world-fan-club": world_fan_club,
}


def neighbours(bed: Bed, rng: Rng, count: int) -> Indices:
    """Accounts in no ring, all of one zone, drawn evenly: busy and quiet ones as there are."""
    here = np.flatnonzero(~bed.ring_member & (bed.population.expected >= _LEAST_ACTS))
    zone = bed.zone_of(here)
    mine = here[zone == zone[int(rng.integers(0, len(here)))]]
    return np.sort(rng.choice(mine, count, replace=False))


def _enthusiasts(bed: Bed, rng: Rng, count: int) -> Indices:
    """Accounts of one home topic, drawn evenly."""
    topic = bed.population.home_topic
    here = np.flatnonzero(~bed.ring_member & (bed.population.expected >= _LEAST_ACTS))
    mine = here[topic[here] == topic[here][int(rng.integers(0, len(here)))]]
    return np.sort(rng.choice(mine, min(count, len(mine)), replace=False))


def _follow_one_another(bed: Bed, rng: Rng, people: Indices, share: float) -> None:
    """Let a share of all pairs follow each other in the span; the others did so long before."""
    size = len(people)
    first, second = np.nonzero(np.triu(rng.random((size, size)) < share, k=1))
    at = rng.integers(0, bed.spec.span_ms, len(first))
    later = at + rng.exponential(1.0 * DAY_MS, len(first)).astype(np.int64)
    bed.act(people[first], at, FOLLOW, people[second])
    bed.act(people[second], later, FOLLOW, people[first])


def _waits(rng: Rng, size: int, who: Indices, *, least: float, most: float) -> Longs:
    """How long each act comes after its thing, ms.

    The group has a patience between two bounds, log-uniform, each of `size` people one of his own
    around it, and each act of person `who` is log-normal around that.
    """
    usual = np.exp(rng.uniform(np.log(least), np.log(most)))
    own: Floats = usual * np.exp(rng.normal(0.0, 0.6, size))
    spread = rng.uniform(0.8, 1.5)
    return np.asarray(own[who] * np.exp(rng.normal(0.0, spread, len(who))), dtype=np.int64)


def _when_up(bed: Bed, rng: Rng, people: Indices, who: Indices, at: Longs) -> Longs:
    """Each moment, or some time after getting up where person `who` of `people` sleeps then.

    Each goes to bed around 23:30 of his zone and sleeps 6.5 to 8.5 hours.
    """
    to_bed = 23.5 * HOUR_MS + rng.normal(0.0, HOUR_MS, len(people))
    slept = rng.uniform(6.5, 8.5, len(people)) * HOUR_MS
    local = at + np.asarray(ZONE_OFFSETS)[bed.zone_of(people)][who] * HOUR_MS
    since = (local - to_bed[who]) % DAY_MS
    up = at - since + slept[who] + rng.exponential(40.0 * MINUTE_MS, len(who))
    return np.where(since < slept[who], up, at).astype(np.int64)
