"""Held-out look-alikes that gather around objects: fans, pushed crowds, shows, lists, tools."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from builders.simulation.clock import waking_times
from builders.simulation.drawing import weighted
from builders.simulation.mixes import between, bounded_size
from builders.simulation.objects import POSTS_PER_LINK
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import TOPICS, Floats, Longs
from builders.simulation.rows import COMMENT, LIKE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS

Rng = np.random.Generator

Crowd = Callable[[Bed, Rng, str], None]
"""Plants one innocent group under a name."""


def fan_club(bed: Bed, rng: Rng, name: str) -> None:
    """Fans of one idol, each with a patience of his own: minutes, hours, half a day."""
    size = bounded_size(bed, rng, 60, 500, most_share=0.1)
    patience = np.array([10 * MINUTE_MS, 2 * HOUR_MS, 12 * HOUR_MS])[rng.integers(0, 3, size)]
    _fans(bed, rng, name, "fan-club", patience * rng.uniform(0.6, 1.6), rng.uniform(1.2, 1.6))


def fast_fan_club(bed: Bed, rng: Rng, name: str) -> None:
    """Fans with notifications switched on, all within minutes; some follow several idols."""
    size = bounded_size(bed, rng, 60, 400, most_share=0.08)
    patience = np.full(size, rng.uniform(2.0, 10.0) * MINUTE_MS)
    idols = int(rng.integers(1, 4))
    _fans(bed, rng, name, "fast-fan-club", patience, rng.uniform(0.8, 1.5), idols=idols)


def flash_crowd(bed: Bed, rng: Rng, name: str) -> None:
    """Hundreds on one post as word spreads: slowly, fast, then less and less."""
    crowd = bed.crowd(rng, bounded_size(bed, rng, 300, 5_000, most_share=0.12))
    post = bed.new_posts(famous(bed, rng, 1))
    begin = _awake(bed, rng, 1)
    half = rng.uniform(10.0, 60.0) * MINUTE_MS
    delay = half * np.exp(rng.logistic(0.0, 0.6, len(crowd)))
    bed.act(crowd, begin + delay.astype(np.int64), likes_and_words(rng, len(crowd)), post[0])
    bed.lookalikes.append((name, "flash-crowd", crowd))


def push_crowd(bed: Bed, rng: Rng, name: str) -> None:
    """A notification goes to everybody at one moment, several times in the span."""
    crowd = bed.crowd(rng, bounded_size(bed, rng, 150, 2_000, most_share=0.06))
    pushes = int(rng.integers(1, 6))
    post = bed.new_posts(famous(bed, rng, pushes))
    begin = _awake(bed, rng, pushes)
    who, what = np.nonzero(rng.random((len(crowd), pushes)) < rng.uniform(0.25, 0.6))
    delay = rng.uniform(1, 60) * 1_000 + rng.exponential(5.0 * MINUTE_MS, len(who))
    at = begin[what] + delay.astype(np.int64)
    bed.act(crowd[who], at, likes_and_words(rng, len(who)), post[what])
    record(bed, name, "push-crowd", crowd, who)


def live_show(bed: Bed, rng: Rng, name: str) -> None:
    """The same viewers on some evenings; twenty posts in two hours, each seen as it comes."""
    viewers = bed.crowd(rng, bounded_size(bed, rng, 80, 300, most_share=0.04))
    host = famous(bed, rng, 1)
    every = 7 if bed.spec.days >= 14 else 3
    evening = int(rng.integers(10, 22)) * HOUR_MS
    acts: list[Indices] = []
    for day in range(int(rng.integers(0, every)), bed.spec.days, every):
        count = int(rng.integers(15, 26))
        post = bed.new_posts(np.repeat(host, count))
        born = day * DAY_MS + evening + np.sort(rng.integers(0, 2 * HOUR_MS, count))
        watches = rng.random((len(viewers), 1)) < 0.7
        who, what = np.nonzero(watches & (rng.random((len(viewers), count)) < 0.4))
        delay = rng.lognormal(np.log(90_000.0), 1.0, len(who)).astype(np.int64)
        bed.act(viewers[who], born[what] + delay, likes_and_words(rng, len(who)), post[what])
        bed.ask_visits(LIKE, post, _inside(bed, born), rng.poisson(12.0, count))
        acts.append(who)
    record(bed, name, "live-show", viewers, np.concatenate([*acts, np.empty(0, np.int64)]))


def match(bed: Bed, rng: Rng, name: str) -> None:
    """A match of two hours and a half: a crowd on dozens of posts, each person on a few."""
    crowd = bed.crowd(rng, bounded_size(bed, rng, 200, 3_000, most_share=0.08))
    count = int(rng.integers(15, 45))
    post = bed.new_posts(famous(bed, rng, count))
    begin = int(_awake(bed, rng, 1)[0])
    born = begin + np.sort(rng.integers(0, 150 * MINUTE_MS, count))
    appeal = rng.pareto(1.3, count) + 0.3
    who = np.repeat(np.arange(len(crowd)), 1 + rng.poisson(1.5, len(crowd)))
    what = weighted(rng, appeal, len(who))
    who, what = _once(who, what, count)
    delay = rng.lognormal(np.log(3.0 * MINUTE_MS), 1.2, len(who)).astype(np.int64)
    bed.act(crowd[who], born[what] + delay, likes_and_words(rng, len(who)), post[what])
    bed.lookalikes.append((name, "match", crowd))


def petition(bed: Bed, rng: Rng, name: str) -> None:
    """One link that goes round for days."""
    crowd = bed.crowd(rng, bounded_size(bed, rng, 150, 2_000, most_share=0.06))
    link = bed.new_links(1)
    begin = rng.integers(0, max(bed.spec.span_ms - 2 * DAY_MS, 1))
    delay = rng.lognormal(np.log(1.2 * DAY_MS), 0.9, len(crowd)).astype(np.int64)
    bed.act(crowd, begin + delay, SHARE, link[0])
    bed.lookalikes.append((name, "petition", crowd))


def hashtag_day(bed: Bed, rng: Rng, name: str) -> None:
    """One day on which a crowd shares a few of some dozen links of one subject."""
    topic = int(rng.integers(0, TOPICS))
    size = bounded_size(bed, rng, 150, 1_500, most_share=0.05)
    crowd = bed.crowd(rng, size, topic=topic)
    count = int(rng.integers(20, 41))
    link = bed.new_links(count)
    who = np.repeat(np.arange(size), 1 + rng.poisson(1.2, size))
    who, what = _once(who, weighted(rng, rng.pareto(1.2, count) + 0.3, len(who)), count)
    day = int(rng.integers(0, bed.spec.days))
    at = day * DAY_MS + waking_times(rng, len(who), bed.zone_of(crowd[who]), DAY_MS)
    bed.act(crowd[who], at, SHARE, link[what])
    record(bed, name, "hashtag-day", crowd, who)


def newsletter(bed: Bed, rng: Rng, name: str) -> None:
    """Subscribers share some of a letter's five links in the hour after it, every morning.

    Compact and recurring: the hardest of them.
    """
    readers = bed.crowd(rng, bounded_size(bed, rng, 60, 250, most_share=0.03))
    keen, taste = rng.uniform(0.3, 0.9, len(readers)), rng.uniform(0.35, 0.7)
    morning = int(rng.integers(5, 10)) * HOUR_MS
    acts: list[Indices] = []
    for day in range(bed.spec.days):
        link = bed.new_links(5)
        sent = day * DAY_MS + morning + int(rng.integers(0, 5 * MINUTE_MS))
        opens = rng.random(len(readers)) < keen
        opened = sent + rng.exponential(25.0 * MINUTE_MS, len(readers)).astype(np.int64)
        who, what = np.nonzero(opens[:, None] & (rng.random((len(readers), 5)) < taste))
        at = opened[who] + rng.integers(0, 6 * MINUTE_MS, len(who))
        bed.act(readers[who], at, SHARE, link[what])
        bed.ask_visits(SHARE, link, np.full(5, sent), rng.poisson(8.0, 5))
        acts.append(who)
    record(bed, name, "newsletter", readers, np.concatenate(acts))


def schedulers(bed: Bed, rng: Rng, name: str) -> None:
    """Users of a tool that posts at the full hour, each what was popular in his own topic."""
    users = bed.crowd(rng, bounded_size(bed, rng, 60, 300, most_share=0.03))
    who = np.repeat(users, 4 + rng.poisson(6.0, len(users)))
    hour = waking_times(rng, len(who), bed.zone_of(who), bed.spec.span_ms) // HOUR_MS
    at = hour * HOUR_MS + rng.integers(0, 4_000, len(who))
    ends = bed.posts.topic_ends
    begins = np.concatenate([[0], ends[:-1]])
    topic = bed.population.home_topic[who]
    # A post of the topic that was born shortly before: posts of a topic are sorted by birth.
    place = np.empty(len(who), dtype=np.int64)
    for number, (first, last) in enumerate(zip(begins, ends, strict=True)):
        mine = np.flatnonzero(topic == number)
        newest = np.searchsorted(bed.posts.born_at[first:last], at[mine])
        place[mine] = first + np.maximum(newest - 1 - rng.integers(0, 40, len(mine)), 0)
    bed.act(who, at, SHARE, place // POSTS_PER_LINK)
    bed.lookalikes.append((name, "schedulers", users))


def niche_power_users(bed: Bed, rng: Rng, name: str) -> None:
    """The keenest of a narrow subject: most of its few dozen posts, whenever they come by."""
    size = bounded_size(bed, rng, 20, 60, most_share=0.02)
    users = bed.crowd(rng, size, topic=int(rng.integers(0, TOPICS)))
    count = int(rng.integers(30, 71))
    owners = rng.choice(users, count)
    post = bed.new_posts(owners)
    born = waking_times(rng, count, 0, bed.spec.span_ms)
    keen = rng.uniform(0.2, 0.6, size)
    who, what = np.nonzero(rng.random((size, count)) < keen[:, None])
    wait = rng.lognormal(np.log(8.0 * HOUR_MS), 1.0, len(who)).astype(np.int64)
    bed.act(users[who], born[what] + wait, likes_and_words(rng, len(who)), post[what])
    bed.ask_visits(LIKE, post, born, rng.poisson(15.0, count))
    record(bed, name, "niche-power-users", users, who)


def _fans(
    bed: Bed, rng: Rng, name: str, kind: str, patience: Floats, sigma: float, *, idols: int = 1
) -> None:
    size = len(patience)
    fans = bed.crowd(rng, size, topic=int(rng.integers(0, TOPICS)))
    idol = famous(bed, rng, idols)
    count = int(rng.integers(40, 61)) * min(bed.spec.days, 14) // 14
    whose = rng.integers(0, idols, max(count, 12))
    post = bed.new_posts(idol[whose])
    born = waking_times(rng, len(post), bed.zone_of(idol)[whose], bed.spec.span_ms)
    admires = rng.random((size, idols)) < 0.7
    admires[np.arange(size), rng.integers(0, idols, size)] = True
    loyalty = np.where(admires, rng.uniform(0.5, 0.9, size)[:, None], 0.0)[:, whose]
    who, what = np.nonzero(rng.random((size, len(post))) < loyalty)
    delay = (patience[who] * np.exp(rng.normal(0.0, sigma, len(who)))).astype(np.int64)
    bed.act(fans[who], born[what] + delay, likes_and_words(rng, len(who)), post[what])
    bed.ask_visits(LIKE, post, born, between(rng, 10, 60) + rng.poisson(10.0, len(post)))
    bed.lookalikes.append((name, kind, fans))


def famous(bed: Bed, rng: Rng, count: int) -> Indices:
    """Accounts of no ring, drawn by their fame."""
    return weighted(rng, bed.population.fame * ~bed.ring_member, count)


def _awake(bed: Bed, rng: Rng, count: int) -> Longs:
    """Moments in the waking hours of some zone, a day or more before the span's end."""
    return waking_times(rng, count, int(rng.integers(0, 4)), bed.spec.span_ms - DAY_MS)


def _inside(bed: Bed, moments: Longs) -> Longs:
    return np.minimum(moments, bed.spec.span_ms - 1)


def record(bed: Bed, name: str, kind: str, crowd: Indices, who: Indices) -> None:
    """Enter those of a crowd who did something into the truth."""
    bed.lookalikes.append((name, kind, crowd[np.unique(who)]))


def likes_and_words(rng: Rng, count: int) -> Indices:
    """So many actions: likes, and comments for a share of them that is the group's own."""
    return np.where(rng.random(count) < rng.uniform(0.08, 0.25), COMMENT, LIKE)


def _once(who: Indices, what: Indices, objects: int) -> tuple[Indices, Indices]:
    """Each pair once."""
    pair = np.unique(who * objects + what)
    return pair // objects, pair % objects
