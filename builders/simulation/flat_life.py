"""The organic life of a flat world: another background than the platform's, drawn at once.

Activity is log-normal where the platform's is Pareto, interests are three topics of unequal weight
where the platform's is one, attention is log-normal where the platform's is exponential, and
follows close triangles, which the platform's do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation import ids
from builders.simulation.clock import zone_hours
from builders.simulation.drawing import located, weighted
from builders.simulation.objects import POSTS_PER_LINK, Posts
from builders.simulation.planting import Bed, Indices
from builders.simulation.population import TOPICS, ZONE_SHARES, Bools, Floats, Longs, Population
from builders.simulation.rows import COMMENT, FOLLOW, LIKE, NONE, SHARE, Rows, joined
from builders.simulation.spec import DAY_MS, HOUR_MS, SimulationSpec

Rng = np.random.Generator

_ACTS_AN_ACCOUNT = 25.0
_INTERESTS = np.array([0.55, 0.8, 0.9])  # home, second, third topic; the rest is any topic
_FOLLOWS = 0.12  # of all acts
_EVERGREEN = 0.12  # of posts: looked at evenly at any time
_TRIES = 12  # draws of a moment at which the account is awake
_ROUNDS = 40  # of triangles closed; a tiny world may run out of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowding:
    """What a flat world's people are like: drawn once a seed."""

    activity_sigma: float
    appeal_exponent: float
    patience_sigma: float
    returned: float
    closed: float


def drawn_crowding(rng: Rng) -> Crowding:
    """Heavy tails between mild and harsh; a third of follows returned, half close a triangle."""
    return Crowding(
        activity_sigma=float(rng.uniform(1.0, 1.3)),
        appeal_exponent=float(rng.uniform(1.05, 1.5)),
        patience_sigma=float(rng.uniform(0.9, 1.5)),
        returned=float(rng.uniform(0.2, 0.4)),
        closed=float(rng.uniform(0.35, 0.6)),
    )


def flat_population(spec: SimulationSpec, crowding: Crowding, salt: int) -> Population:
    """Accounts of a flat world, sorted by zone; devices and addresses mean nothing here."""
    rng = np.random.default_rng([spec.seed, 21])
    count = round(spec.interactions / _ACTS_AN_ACCOUNT)
    zones = np.sort(rng.choice(len(ZONE_SHARES), count, p=ZONE_SHARES)).astype(np.int8)
    activity = np.minimum(rng.lognormal(0.0, crowding.activity_sigma, count), 60.0)
    topics: Floats = 1.0 / (1.5 + np.arange(TOPICS, dtype=np.float64))
    own = np.arange(count, dtype=np.int32)
    return Population(
        ids=ids.account_ids(count, salt=salt),
        zone_ends=np.searchsorted(zones, np.arange(len(ZONE_SHARES)), side="right"),
        home_topic=rng.permutation(TOPICS)[weighted(rng, topics, count)].astype(np.int8),
        expected=activity * (spec.interactions / activity.sum()),
        fast=np.zeros(count, dtype=bool),
        fame=np.minimum(rng.pareto(1.2, count) + 0.1, 1_000.0),
        created_at=np.full(count, spec.start_ms - 400 * DAY_MS, dtype=np.int64),
        device=own,
        home_address=own,
        carrier_address=np.full(count, NONE, dtype=np.int32),
        carriers=1,
    )


def flat_posts(
    spec: SimulationSpec, population: Population, crowding: Crowding, *, plenty: float = 1.0
) -> Posts:
    """Posts of the span and the three days before it; `life_ms` is the median wait of an act.

    With a `plenty` of 2 there are twice as many.
    """
    rng = np.random.default_rng([spec.seed, 22])
    count = round(spec.interactions // 14 * plenty)
    owner = weighted(rng, np.sqrt(population.fame * population.expected), count)
    topic = np.where(
        rng.random(count) < 0.85, population.home_topic[owner], rng.integers(0, TOPICS, count)
    )
    born_at = rng.integers(-3 * DAY_MS, spec.span_ms, count)
    order = np.lexsort((owner, born_at, topic))
    life = 5.0 * HOUR_MS * np.exp(rng.normal(0.0, 0.9, count))
    evergreen = rng.random(count) < _EVERGREEN
    return Posts(
        owner=owner[order].astype(np.int32),
        born_at=born_at[order],
        life_ms=np.where(evergreen, np.inf, np.clip(life, HOUR_MS / 3, 5 * DAY_MS)),
        appeal=np.minimum(0.3 + rng.pareto(crowding.appeal_exponent, count), 1_500.0),
        topic_ends=np.searchsorted(topic[order], np.arange(TOPICS), side="right"),
    )


def organic_rows(bed: Bed, crowding: Crowding, count: int) -> Rows:
    """So many organic acts. Nobody likes or shares a thing twice: he comments on it then."""
    rng = np.random.default_rng([bed.spec.seed, 23])
    follows = _follows(bed, rng, crowding, round(count * _FOLLOWS))
    more = count - len(follows)
    account = weighted(rng, bed.expected, more)
    post, at = _seen(bed, rng, crowding, account)
    _copy(bed, rng, account, post, at)
    action = rng.choice([LIKE, COMMENT, SHARE], more, p=[0.71, 0.1, 0.19])
    object_ = np.where(action == SHARE, post // POSTS_PER_LINK, post)
    again = ~_first_of_each(account, action, object_)
    action[again], object_[again] = COMMENT, post[again]
    return joined([follows, _rows_of(account, at, action, object_)])


def _rows_of(account: Indices, at: Longs, action: Indices, object_: Indices) -> Rows:
    """Rows without a planted text or address."""
    return Rows(
        account.astype(np.int32),
        at,
        action.astype(np.int8),
        object_.astype(np.int32),
        np.full(len(at), NONE, dtype=np.int32),
    )


def _seen(bed: Bed, rng: Rng, crowding: Crowding, account: Indices) -> tuple[Indices, Longs]:
    """A post for each act and when it was seen: in the account's topics and waking hours."""
    wakeful = zone_hours() / zone_hours().max()
    zone = bed.zone_of(account)
    post = np.zeros(len(account), dtype=np.int64)
    at = np.zeros(len(account), dtype=np.int64)
    open_ = np.arange(len(account))
    # What falls asleep or out of the span is drawn anew; the last draw stands if it is inside.
    for left in range(_TRIES, -1, -1):
        drawn, moment = _one_draw(bed, rng, crowding, account[open_])
        inside = (moment >= 0) & (moment < bed.spec.span_ms)
        hour = moment // HOUR_MS % 24
        awake = rng.random(len(open_)) < wakeful[zone[open_], hour]
        good = inside & (awake | (left == 0))
        post[open_[good]], at[open_[good]] = drawn[good], moment[good]
        open_ = open_[~good]
    late = rng.integers(0, bed.spec.span_ms, len(open_))
    post[open_], at[open_] = rng.integers(0, bed.posts.count, len(open_)), late
    return post, at


def _one_draw(bed: Bed, rng: Rng, crowding: Crowding, account: Indices) -> tuple[Indices, Longs]:
    posts = bed.posts
    topic = _topics(bed, rng, account)
    ends = np.concatenate([[0.0], np.cumsum(posts.appeal)])
    begins = np.concatenate([[0], posts.topic_ends[:-1]])
    low, high = ends[begins][topic], ends[posts.topic_ends][topic]
    post = located(ends[1:], low + rng.random(len(account)) * (high - low))
    life = posts.life_ms[post]
    evergreen = np.isinf(life)
    wait = np.where(evergreen, 0.0, life) * np.exp(
        rng.normal(0.0, crowding.patience_sigma, len(account))
    )
    soon = posts.born_at[post] + np.minimum(wait, 400.0 * DAY_MS).astype(np.int64)
    return post, np.where(evergreen, rng.integers(0, bed.spec.span_ms, len(account)), soon)


def _topics(bed: Bed, rng: Rng, account: Indices) -> Indices:
    """Mostly the home topic, then two more that are the account's own, then any."""
    home = bed.population.home_topic[account].astype(np.int64)
    mixed = ids.scramble(account, bits=40, salt=bed.spec.seed & 0xFFFF)
    second = (home + 1 + (mixed % np.uint64(4)).astype(np.int64)) % TOPICS
    third = (home + 5 + (mixed // np.uint64(7) % np.uint64(4)).astype(np.int64)) % TOPICS
    kind = np.searchsorted(_INTERESTS, rng.random(len(account)), side="right")
    return np.choose(kind, [home, second, third, rng.integers(0, TOPICS, len(account))])


def _copy(bed: Bed, rng: Rng, account: Indices, post: Indices, at: Longs) -> None:
    """Accounts behind a copied history do some time later what their model did."""
    row = np.flatnonzero(bed.model[account] != NONE)
    order = np.argsort(account, kind="stable")
    counts = np.bincount(account, minlength=bed.population.count)
    first = np.cumsum(counts) - counts
    model = bed.model[account[row]]
    has = counts[model] > 0
    row, model = row[has], model[has]
    source = order[first[model] + (rng.random(len(row)) * counts[model]).astype(np.int64)]
    later = at[source] + rng.lognormal(np.log(HOUR_MS), 1.0, len(row)).astype(np.int64)
    inside = later < bed.spec.span_ms
    copied_post = post[source]
    post[row[inside]], at[row[inside]] = copied_post[inside], later[inside]


def _follows(bed: Bed, rng: Rng, crowding: Crowding, count: int) -> Rows:
    """Follows of the famous of one's topic, follows back, and of those whom friends follow."""
    first = round(count * (1.0 - crowding.closed) / (1.0 + crowding.returned))
    src, dst = _by_fame(bed, rng, first)
    at = rng.integers(0, bed.spec.span_ms, len(src))
    room = bed.spec.span_ms - at
    back = (rng.random(len(src)) < crowding.returned) & (bed.expected[dst] > 0.0)
    src, dst, at = (
        np.concatenate([src, dst[back]]),
        np.concatenate([dst, src[back]]),
        np.concatenate(
            [at, at[back] + (room[back] * rng.random(int(back.sum()))).astype(np.int64)]
        ),
    )
    for _ in range(_ROUNDS):
        if len(src) >= count:
            break
        more, whom, when = _closures(rng, src, dst, at, count, bed.spec.span_ms)
        src, dst, at = (
            np.concatenate([src, more]),
            np.concatenate([dst, whom]),
            np.concatenate([at, when]),
        )
        kept = _first_of_each(src, np.zeros_like(src), dst) & (src != dst)
        src, dst, at = src[kept], dst[kept], at[kept]
    src, dst, at = src[:count], dst[:count], at[:count]
    return _rows_of(src, at, np.full(len(src), FOLLOW), dst)


def _by_fame(bed: Bed, rng: Rng, count: int) -> tuple[Indices, Indices]:
    """Half of the famous anywhere, half of those with the same home topic."""
    people = bed.population
    src = weighted(rng, bed.expected, count)
    dst = weighted(rng, people.fame, count)
    near = np.flatnonzero(rng.random(count) < 0.5)
    for topic in range(TOPICS):
        mine = near[people.home_topic[src[near]] == topic]
        same = np.flatnonzero(people.home_topic == topic)
        if len(mine) and len(same):
            dst[mine] = same[weighted(rng, people.fame[same], len(mine))]
    kept = _first_of_each(src, np.zeros_like(src), dst) & (src != dst)
    return src[kept], dst[kept]


def _closures(
    rng: Rng, src: Indices, dst: Indices, at: Longs, count: int, span_ms: int
) -> tuple[Indices, Indices, Longs]:
    """Accounts that follow whom one they follow follows, after both follows were made."""
    order = np.argsort(src, kind="stable")
    counts = np.bincount(src, minlength=int(max(src.max(), dst.max())) + 1)
    begins = np.cumsum(counts) - counts
    start = rng.integers(0, len(src), max(2 * (count - len(src)), 1_000))
    start = start[counts[dst[start]] > 0]
    friend = dst[start]
    step = order[begins[friend] + (rng.random(len(start)) * counts[friend]).astype(np.int64)]
    since = np.maximum(at[start], at[step])
    when = since + ((span_ms - since) * rng.random(len(start))).astype(np.int64)
    return src[start], dst[step], when


def _first_of_each(account: Indices, action: Indices, object_: Indices) -> Bools:
    """Whether a row is the first with its account, action and object."""
    order = np.lexsort((np.arange(len(account)), object_, action, account))
    same = (
        (np.diff(account[order]) == 0)
        & (np.diff(action[order]) == 0)
        & (np.diff(object_[order]) == 0)
    )
    first = np.ones(len(account), dtype=bool)
    first[order[1:][same]] = False
    return first
