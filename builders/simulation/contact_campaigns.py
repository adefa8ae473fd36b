"""Held-out rings that talk, follow, react to one another, or log in from shared devices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from builders.simulation import words
from builders.simulation.campaigns import record
from builders.simulation.mixes import between, drawn_mix, order_times, popular_posts, recruits
from builders.simulation.planting import Bed
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, LOGIN
from builders.simulation.spec import DAY_MS, MINUTE_MS
from builders.simulation.tempo import arrivals, arrivals_by_target
from builders.simulation.texts import copied, message

Rng = np.random.Generator

_EMOJI = ("🔥", "😂", "🙏", "❤️", "👍", "🎉", "😮", "💯", "👀", "✨")
_BANKS = (words.ADJECTIVES, words.MOODS, words.KIN)
_REPHRASED = {"L0": 0.0, "L1": 0.1, "L2": 0.2, "L3": 0.35}  # of the words that have another


def copied_comments(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Texts with slots, filled anew by each account, under posts that differ."""
    mix = drawn_mix(rng, level)
    size, texts = int(rng.integers(15, 51)), int(rng.integers(8, 17))
    members = recruits(bed, rng, size, acts=float(texts) * mix.share)
    width = mix.width_ms * float(rng.uniform(4.0, 12.0))
    done = np.zeros(size, dtype=np.int64)
    for given in order_times(bed, rng, texts, width_ms=width):
        text = message(bed.stock, rng)
        who = np.flatnonzero(rng.random(size) < max(mix.share, 0.55))
        at = given + arrivals(rng, mix.tempo, len(who), width_ms=width)
        variants = [_variant(text, rng, _REPHRASED[mix.level]) for _ in who]
        numbers = np.array([bed.new_text(variant) for variant in variants], dtype=np.int64)
        bed.act(members[who], at, COMMENT, popular_posts(bed, rng, at), numbers)
        done[who] += 1
    record(bed, rng, name, "copied-comments", mix, members, done)


def follow_ring(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Members follow one another, not all of them back, and the same customers; over the span."""
    mix = drawn_mix(rng, level)
    size, customers = int(rng.integers(12, 41)), int(rng.integers(8, 21))
    density = float(rng.uniform(0.3, 0.7)) * min(1.0, 20.0 / size)
    members = recruits(bed, rng, size, acts=1.4 * density * size + 0.7 * customers)
    first, second = np.triu_indices(size, k=1)
    around = (second - first == 1) | (second - first == size - 1)
    pairs = np.flatnonzero((rng.random(len(first)) < density) | around | (first == 0))
    turned = rng.random(len(pairs)) < 0.5
    src = np.where(turned, second[pairs], first[pairs])
    dst = np.where(turned, first[pairs], second[pairs])
    at = rng.integers(0, bed.spec.span_ms, len(pairs))
    back = rng.random(len(pairs)) < rng.uniform(0.3, 0.9)
    later = at[back] + rng.exponential(1.5 * DAY_MS, int(back.sum())).astype(np.int64)
    bed.act(members[src], at, FOLLOW, members[dst])
    bed.act(members[dst[back]], later, FOLLOW, members[src[back]])
    clients = rng.choice(np.setdiff1d(np.arange(bed.population.count), members), customers)
    fan, client = np.nonzero(rng.random((size, customers)) < mix.share)
    bed.act(members[fan], rng.integers(0, bed.spec.span_ms, len(fan)), FOLLOW, clients[client])
    done = np.bincount(np.concatenate([src, dst[back], fan]), minlength=size)
    record(bed, rng, name, "follow-ring", replace(mix, cover="own"), members, done)


def boost_pod(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """Each member posts now and then, and the others react within minutes."""
    mix = drawn_mix(rng, level)
    size = int(rng.integers(8, 25))
    owner = np.repeat(np.arange(size), rng.integers(1, 4, size))
    part = max(mix.share * 0.8, 0.4)
    members = recruits(bed, rng, size, acts=1.25 * part * len(owner))
    post = bed.new_posts(members[owner])
    born = order_times(bed, rng, len(post), width_ms=2.0 * mix.width_ms)
    reacts = (rng.random((size, len(post))) < part) & (np.arange(size)[:, None] != owner)
    who, what = np.nonzero(reacts)
    width = max(mix.width_ms, 4.0 * MINUTE_MS)
    at = born[what] + arrivals_by_target(rng, mix.tempo, what, len(post), width_ms=width)
    bed.act(members[who], at, LIKE, post[what])
    talks = rng.random(len(who)) < 0.25
    bed.act(members[who[talks]], at[talks] + MINUTE_MS, COMMENT, post[what[talks]])
    bed.ask_visits(LIKE, post, born, between(rng, 4, 30) + rng.poisson(5.0, len(post)))
    done = np.bincount(np.concatenate([who, who[talks]]), minlength=size)
    record(bed, rng, name, "mutual-boost", replace(mix, cover="own"), members, done)


def device_farm(bed: Bed, rng: Rng, name: str, level: str | None = None) -> None:
    """A few accounts a device, and now and then one logs in from another device of the ring."""
    mix = replace(drawn_mix(rng, level), cover="own")
    size, each = between(rng, 12, 40), int(rng.integers(3, 8))
    times = int(rng.integers(4, 8))
    members = recruits(bed, rng, size, acts=times)
    count = -(-size // each)
    place = np.arange(size) % count
    devices, addresses = bed.new_devices(count), bed.new_addresses(count)
    bed.device[members] = devices[place]
    bed.home_address[members] = addresses[place]
    bed.carrier_address[members] = -1
    who = np.repeat(np.arange(size), times)
    elsewhere = rng.random(len(who)) < rng.uniform(0.2, 0.5)
    seat = np.where(elsewhere, rng.integers(0, count, len(who)), place[who])
    at = rng.integers(0, bed.spec.span_ms, len(who))
    bed.act(members[who], at, LOGIN, devices[seat], addresses[seat])
    record(bed, rng, name, "device-farm", mix, members, np.full(size, times))


def _variant(text: str, rng: Rng, rephrased: float) -> str:
    """The text with some slots filled anew, an emoji now and then, and a copyist's changes."""
    filled = [_other(word, rng) if rng.random() < rephrased else word for word in text.split(" ")]
    if rng.random() < 0.4:
        filled.append(_EMOJI[int(rng.integers(0, len(_EMOJI)))])
    return copied(" ".join(filled), rng)


def _other(word: str, rng: Rng) -> str:
    for bank in _BANKS:
        if word in bank:
            return bank[int(rng.integers(0, len(bank)))]
    return word
