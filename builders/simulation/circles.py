"""Held-out look-alikes that share a place, a device or their friends."""

from __future__ import annotations

import numpy as np

from builders.simulation.mixes import bounded_size
from builders.simulation.planting import Bed
from builders.simulation.population import Longs
from builders.simulation.rows import FOLLOW, LIKE, LOGIN, NONE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS

Rng = np.random.Generator


def office(bed: Bed, rng: Rng, name: str) -> None:
    """Colleagues behind one address on working days, who now and then share the firm's news."""
    people = bed.crowd(rng, bounded_size(bed, rng, 20, 60, most_share=0.02))
    address = int(bed.new_addresses(1)[0])
    days = np.arange(bed.spec.days)
    days = days[(bed.spec.start_ms // DAY_MS + 3 + days) % 7 < 5]  # 0 is a Monday
    who, when = np.nonzero(rng.random((len(people), len(days))) < 0.5)
    opens = int(rng.integers(6, 10)) * HOUR_MS
    at = days[when] * DAY_MS + opens + rng.integers(0, 8 * HOUR_MS, len(who))
    bed.act(people[who], at, LOGIN, NONE, address)
    link = bed.new_links(max(2, len(days) // 3))
    news = rng.choice(days, len(link)) * DAY_MS + opens + rng.integers(0, 4 * HOUR_MS, len(link))
    reader, what = np.nonzero(rng.random((len(people), len(link))) < 0.25)
    delay = rng.exponential(2.0 * HOUR_MS, len(reader)).astype(np.int64)
    bed.act(people[reader], news[what] + delay, SHARE, link[what])
    bed.ask_visits(SHARE, link, news, rng.poisson(6.0, len(link)))
    bed.lookalikes.append((name, "office", people))


def siblings(bed: Bed, rng: Rng, name: str) -> None:
    """People with two accounts on one device, the second now and then liking what the first did."""
    both = bed.crowd(rng, 2 * bounded_size(bed, rng, 8, 25, most_share=0.01))
    first, second = np.split(rng.permutation(both), 2)
    bed.device[second] = bed.device[first]
    bed.home_address[second] = bed.home_address[first]
    bed.log_in(rng, both, 3)
    who = np.repeat(np.arange(len(first)), 4)
    post = rng.integers(0, bed.posts.count, len(who))
    born: Longs = np.clip(bed.posts.born_at[post], 0, bed.spec.span_ms - HOUR_MS)
    at = born + rng.integers(0, np.minimum(DAY_MS, bed.spec.span_ms - born))
    bed.act(first[who], at, LIKE, post)
    bed.act(second[who], at + rng.integers(MINUTE_MS, 3 * HOUR_MS, len(who)), LIKE, post)
    bed.lookalikes.append((name, "siblings", both))


def volunteers(bed: Bed, rng: Rng, name: str) -> None:
    """A group of friends who follow one another and like one another's posts at leisure."""
    size = bounded_size(bed, rng, 20, 40, most_share=0.02)
    people = bed.crowd(rng, size)
    first, second = np.nonzero(np.triu(rng.random((size, size)) < rng.uniform(0.4, 0.8), k=1))
    at = rng.integers(0, bed.spec.span_ms, len(first))
    bed.act(people[first], at, FOLLOW, people[second])
    back = rng.random(len(first)) < 0.8
    later = at[back] + rng.exponential(2.0 * DAY_MS, int(back.sum())).astype(np.int64)
    bed.act(people[second[back]], later, FOLLOW, people[first[back]])
    owner = rng.choice(size, size)
    post = bed.new_posts(people[owner])
    born = rng.integers(0, bed.spec.span_ms, len(post))
    fan, what = np.nonzero(rng.random((size, len(post))) < 0.2)
    wait = rng.lognormal(np.log(6.0 * HOUR_MS), 1.2, len(fan)).astype(np.int64)
    bed.act(people[fan], born[what] + wait, LIKE, post[what])
    bed.ask_visits(LIKE, post, born, rng.poisson(10.0, len(post)))
    bed.lookalikes.append((name, "volunteers", people))
