"""Worlds without any coordination, for the calibration of what is called chance; and with rings.

People differ in how much they act (Pareto), live in four time zones, act in sittings of minutes,
and mostly on their own topic; objects differ in popularity (Pareto), are born at some time and die
away within hours; some people act only on objects that are minutes old. Two such accounts meet
often and have nothing to do with one another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engine import Engine
from graph.schemas import INTERACTIONS
from graph.table import Table

Ints = npt.NDArray[np.int64]

HOUR = 3_600_000
DAY = 24 * HOUR
STEP = 300_000
"""Objects are chosen as they stand every five minutes."""
BEGIN = 1_700_006_400_000
"""A midnight, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NullWorld:
    """How people act who have nothing to do with one another."""

    seed: int
    accounts: int = 20_000
    actions: int = 600_000
    objects: int = 8_000
    days: int = 7
    topics: int = 10
    loyalty: float = 0.7
    """Share of an account's acts that are on its own topic."""
    fast: float = 0.05
    """Share of accounts that act only on objects which are minutes old."""


@dataclass(frozen=True, slots=True)
class Acts:
    """Who acted on which object, of which topic, when; `ring[a]` is account `a`'s ring, or -1."""

    account: Ints
    object_: Ints
    acted_at: Ints
    topic: Ints
    ring: Ints
    kind: tuple[str, ...] = ()
    """The kind of each ring."""

    def table(self, engine: Engine, *, kind: str = "post") -> Table:
        """The acts as `INTERACTIONS`."""
        number = len(self.account)
        nothing = pa.nulls(number, pa.string())
        columns = {
            "account": _names("u", self.account),
            "action": pa.array(["like"]).take(pa.array(np.zeros(number, np.int64))),
            "object": _names("o", self.object_),
            "object_kind": pa.array([kind]).take(pa.array(np.zeros(number, np.int64))),
            "acted_at": pa.array(self.acted_at),
            "content": nothing,
            "owner": nothing,
            "text": nothing,
            "platform": nothing,
        }
        return engine.from_arrow(pa.table(columns, schema=INTERACTIONS.arrow), INTERACTIONS)


def null_world(spec: NullWorld) -> Acts:
    """A world without coordination."""
    rng = np.random.default_rng(spec.seed)
    zone = rng.integers(0, 4, spec.accounts)
    at_home = rng.random(spec.accounts) < 0.6
    # Topics go with time zones: most accounts of a zone share a few.
    home = np.where(
        at_home,
        (zone + 4 * rng.integers(0, max(spec.topics // 4, 1), spec.accounts)) % spec.topics,
        rng.integers(0, spec.topics, spec.accounts),
    )
    account = np.repeat(np.arange(spec.accounts), _activity(rng, spec))
    acted_at = _sittings(rng, account, zone, spec.days)
    loyal = rng.random(len(account)) < spec.loyalty
    topic = np.where(loyal, home[account], rng.integers(0, spec.topics, len(account)))
    fast = rng.random(spec.accounts) < spec.fast
    object_, of_topic = _chosen(rng, acted_at, topic, fast[account], spec)
    return Acts(
        account,
        object_,
        acted_at + BEGIN,
        of_topic[object_],
        np.full(spec.accounts, -1, dtype=np.int64),
    )


RINGS = {
    "tight-niche": (20, 8, 10, 1.0),
    "tight-popular": (20, 8, 10, 1.0),
    "loose": (5, 40, 30, 0.3),
    "four-acts": (30, 5, 4, 1.0),
}
"""Kinds of ring: how many rings, of how many accounts, on how many objects, attended how often."""


def with_rings(world: Acts, *, seed: int, days: int = 7) -> Acts:
    """The world with rings among its accounts, who go on living their lives."""
    rng = np.random.default_rng([seed, 1])
    ring = world.ring.copy()
    kinds: list[str] = []
    parts = [(world.account, world.object_, world.acted_at, world.topic)]
    usual = np.bincount(world.account, minlength=len(ring))
    # Members have some cover, and are not the busiest.
    free = rng.permutation(np.flatnonzero((usual >= 3) & (usual <= 100)))
    popular = np.argsort(-np.bincount(world.object_), kind="stable")[:300]
    topics = np.zeros(int(world.object_.max()) + 1, np.int64)
    topics[world.object_] = world.topic
    new = len(topics)
    used = 0
    for kind, (rings, size, acts, share) in RINGS.items():
        for _ in range(rings):
            members = free[used : used + size]
            used += size
            ring[members] = len(kinds)
            kinds.append(kind)
            if kind == "tight-popular":
                objects = rng.choice(popular, acts, replace=False)
                topic = topics[objects]
            else:
                objects = new + np.arange(acts)
                new += acts
                topic = rng.integers(0, 10, acts)
            begins = BEGIN + rng.integers(0, days * DAY - HOUR, acts)
            there = rng.random((acts, size)) < share
            act, member = np.nonzero(there)
            late = rng.integers(0, 120_000, len(act))
            parts.append((members[member], objects[act], begins[act] + late, topic[act]))
    account, object_, acted_at, topic = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Acts(account, object_, acted_at, topic, ring, tuple(kinds))


def _names(letter: str, numbers: Ints) -> pa.Array:
    distinct, place = np.unique(numbers, return_inverse=True)
    return pa.array([f"{letter}{n:06d}" for n in distinct]).take(pa.array(place))


def _activity(rng: np.random.Generator, spec: NullWorld) -> Ints:
    """Acts of each account: Pareto(1.5), at most 2,000, as many in all as asked for."""
    drawn = np.minimum((1.0 - rng.random(spec.accounts)) ** (-1 / 1.5), 200.0)
    return np.minimum(rng.multinomial(spec.actions, drawn / drawn.sum()), 2000).astype(np.int64)


def _sittings(rng: np.random.Generator, account: Ints, zone: Ints, days: int) -> Ints:
    """When each act is: sittings of some acts a minute apart, at the waking hours of the zone."""
    # An act begins a sitting with chance 1/6; others follow the one before within minutes.
    first = np.ones(len(account), dtype=bool)
    first[1:] = (account[1:] != account[:-1]) | (rng.random(len(account) - 1) < 1 / 6)
    sitting = np.cumsum(first) - 1
    whose = account[first]
    hours = np.arange(24)
    wakeful = np.exp(1.5 * np.cos((hours - 20) / 24 * 2 * np.pi))
    local = rng.choice(24, size=len(whose), p=wakeful / wakeful.sum())
    hour = (local - 6 * zone[whose]) % 24
    began = (
        rng.integers(0, days, len(whose)) * DAY + hour * HOUR + rng.integers(0, HOUR, len(whose))
    )
    gaps = np.where(first, 0, rng.exponential(60_000, len(account)))
    passed = np.cumsum(gaps)
    begins = np.flatnonzero(first)
    times = began[sitting] + passed - passed[begins][sitting]
    return np.minimum(times, days * DAY - 1).astype(np.int64)


def _chosen(
    rng: np.random.Generator,
    acted_at: Ints,
    topic: Ints,
    fast: npt.NDArray[np.bool_],
    spec: NullWorld,
) -> tuple[Ints, Ints]:
    """The object of each act, by its popularity and age; and the topic of each object."""
    of_topic = rng.integers(0, spec.topics, spec.objects)
    pull = np.minimum((1.0 - rng.random(spec.objects)) ** (-1 / 1.1), 120.0)
    born = rng.integers(-DAY, spec.days * DAY, spec.objects)
    life = np.exp(rng.normal(np.log(8 * HOUR), 0.7, spec.objects))
    by_topic = [np.flatnonzero(of_topic == t) for t in range(spec.topics)]
    steps = spec.days * DAY // STEP + 1
    group = (topic * steps + acted_at // STEP) * 2 + fast
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(group[order]) != 0))
    object_ = np.empty(len(acted_at), dtype=np.int64)
    draws = rng.random(len(acted_at))
    for begin, end in zip(starts, np.append(starts[1:], len(order)), strict=True):
        rows = order[begin:end]
        some = by_topic[topic[rows[0]]]
        age = (acted_at[rows[0]] // STEP) * STEP + STEP / 2 - born[some]
        weight = pull[some] * np.exp(-np.maximum(age, 0) / life[some]) * (age >= 0)
        if fast[rows[0]]:
            young = weight * (age < 30 * 60_000)
            weight = young if young.sum() > 0 else weight
        sums = np.cumsum(weight)
        place = np.searchsorted(sums, draws[rows] * sums[-1], side="right")
        object_[rows] = some[np.minimum(place, len(some) - 1)]
    return object_, of_topic
