"""What the accounts of a campaign are and what else they do: ages, cover, warm and cold targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.clock import waking_times
from builders.simulation.drawing import weighted
from builders.simulation.objects import POSTS_PER_LINK
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import Bools, Longs
from builders.simulation.rows import LIKE, SHARE
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS
from builders.simulation.tempo import drawn_tempo

Rng = np.random.Generator

CAMPAIGN_LEVELS: tuple[str, ...] = ("L0", "L1", "L2", "L3")

_WIDTH_MS = {"L0": 10_000, "L1": MINUTE_MS, "L2": 10 * MINUTE_MS, "L3": HOUR_MS}
_SHARE = {"L0": (0.9, 1.0), "L1": (0.8, 0.95), "L2": (0.65, 0.85), "L3": (0.5, 0.7)}
_HIJACKED = {"L0": (0.0, 0.1), "L1": (0.0, 0.3), "L2": (0.2, 0.5), "L3": (0.4, 0.9)}
_COVERS = {
    "L0": ("none", "even"),
    "L1": ("even", "popular", "own"),
    "L2": ("popular", "twice-popular", "own"),
    "L3": ("twice-popular", "copied", "own"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How hard a campaign is to see, drawn anew for each.

    `width_ms` is the stretch that holds about nine in ten acts of an order, `share` how much of
    the accounts joins an order, `hot` the share of orders on what is popular already, `cover`
    what else the accounts do: nothing, acts on objects drawn evenly or by popularity (as many as
    the campaign's, or twice), what one organic account does (`copied`), or their own life.
    """

    level: str
    width_ms: float
    share: float
    hijacked: float
    hot: float
    cover: str
    tempo: str


def drawn_mix(rng: Rng, level: str | None = None) -> Mix:
    """A mix of a level (by default any of `CAMPAIGN_LEVELS`)."""
    name = level or CAMPAIGN_LEVELS[int(rng.integers(0, len(CAMPAIGN_LEVELS)))]
    covers = _COVERS[name]
    return Mix(
        level=name,
        width_ms=_WIDTH_MS[name] * float(rng.uniform(0.6, 1.6)),
        share=float(rng.uniform(*_SHARE[name])),
        hijacked=float(rng.uniform(*_HIJACKED[name])),
        hot=float(rng.uniform(0.0, 0.3)),
        cover=covers[int(rng.integers(0, len(covers)))],
        tempo=drawn_tempo(rng),
    )


def between(rng: Rng, least: float, most: float) -> int:
    """A whole number, log-uniform between two bounds, both included."""
    return round(float(np.exp(rng.uniform(np.log(least), np.log(most)))))


def bounded_size(bed: Bed, rng: Rng, least: int, most: int, *, most_share: float) -> int:
    """A log-uniform size, at most a share of the platform but never below `least`."""
    return between(rng, least, max(least, min(most, int(bed.population.count * most_share))))


def recruits(bed: Bed, rng: Rng, count: int, *, acts: float) -> Indices:
    """Accounts for a campaign of so many acts each.

    Half of the acts is enough by itself: only the busiest would be left otherwise, and how much
    an account does would give the campaign away.
    """
    return bed.members(rng, count, at_least=max(3.0, 0.5 * acts))


def hijack(bed: Bed, rng: Rng, mix: Mix, members: Indices) -> Bools:
    """Mark the hijacked members; the others are made within some weeks of one another."""
    hijacked = np.zeros(len(members), dtype=bool)
    hijacked[rng.permutation(len(members))[: round(mix.hijacked * len(members))]] = True
    bed.make_fresh(rng, members[~hijacked], within_days=float(rng.uniform(2.0, 40.0)))
    return hijacked


def targets(bed: Bed, rng: Rng, action: int, given: Longs, *, hot: float) -> Indices:
    """The objects of orders that are given at some moments (ms from the start).

    Cold targets are new and have a few organic visitors or a few dozen; hot ones are what was
    popular at that moment, so that organic accounts outnumber the campaign's on them.
    """
    count = len(given)
    warm = rng.random(count) < hot
    customers = rng.choice(bed.population.count, max(1, count // 3))
    cold = bed.new_links(count) if action == SHARE else bed.new_posts(rng.choice(customers, count))
    popular = popular_posts(bed, rng, given)
    object_ = np.where(warm, popular // POSTS_PER_LINK if action == SHARE else popular, cold)
    visitors = np.minimum(rng.lognormal(np.log(18.0), 0.8, count), 200.0).astype(np.int64)
    begin = np.maximum(given - rng.exponential(40.0 * MINUTE_MS, count).astype(np.int64), 0)
    bed.ask_visits(action, object_[~warm], begin[~warm], visitors[~warm])
    return object_


def order_times(bed: Bed, rng: Rng, count: int, *, width_ms: float) -> Longs:
    """When a campaign's orders come: mostly in the waking hours of one zone, else at any time.

    Each leaves room for `width_ms` before the span's end.
    """
    last = max(bed.spec.span_ms - int(width_ms) - 1, 1)
    if rng.random() < 0.65:
        return waking_times(rng, count, int(rng.integers(0, 4)), bed.spec.span_ms) % last
    return rng.integers(0, last, count)


def popular_posts(bed: Bed, rng: Rng, moments: Longs) -> Indices:
    """For each moment a post of the day before it, the appealing ones much sooner."""
    posts = bed.posts
    drawn = weighted(rng, posts.appeal**1.2, 64 * len(moments)).reshape(len(moments), 64)
    age = np.asarray(moments)[:, None] - posts.born_at[drawn]
    suits = (age >= 0) & (age < DAY_MS)
    first = np.where(suits.any(axis=1), suits.argmax(axis=1), np.abs(age).argmin(axis=1))
    chosen: Indices = drawn[np.arange(len(moments)), first]
    return chosen


def cover(bed: Bed, rng: Rng, mix: Mix, members: Indices, done: Indices) -> None:
    """Let members do what else they do, and keep the sum of their acts usual."""
    bed.spend(members, done)
    if mix.cover == "none":
        bed.expected[members] = 0.0
        bed.log_in(rng, members, 2)
        return
    bed.log_in(rng, members, 2)
    bed.spend(members, np.full(len(members), 2))
    if mix.cover == "copied":
        bed.model[members] = bed.crowd(rng, len(members))
    elif mix.cover != "own":
        _camouflage(bed, rng, mix, members, done)


def _camouflage(bed: Bed, rng: Rng, mix: Mix, members: Indices, done: Indices) -> None:
    wanted = done * (2 if mix.cover == "twice-popular" else 1)
    count = np.minimum(rng.poisson(wanted), bed.expected[members].astype(np.int64))
    who = np.repeat(members, count)
    at = rng.integers(0, bed.spec.span_ms, len(who))
    if mix.cover == "even":
        post = rng.integers(0, bed.posts.count, len(who))
        born = np.clip(bed.posts.born_at[post], 0, bed.spec.span_ms - HOUR_MS)
        at = born + rng.integers(0, np.minimum(DAY_MS, bed.spec.span_ms - born))
    else:
        post = popular_posts(bed, rng, at)
    shares = rng.random(len(who)) < 0.3
    bed.act(
        who,
        at,
        np.where(shares, SHARE, LIKE),
        np.where(shares, post // POSTS_PER_LINK, post),
    )
    bed.spend(members, count)
