"""Who is in a ring: accounts that do as much as others do, and where they act from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.forum.levels import Level
from builders.simulation.forum.stage import Stage
from builders.simulation.hours import DAY
from builders.simulation.one_table import NONE
from builders.simulation.population import Bools, Floats, Longs
from builders.simulation.stage import EVEN, POPULAR

_LEAST_SIZE = 6
_MOST_OF_ALL = 0.04
_WARMED = 5 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """A ring's accounts, from where its operator works each, and when it works, s.

    `place` is `NONE` for accounts that act from where they live.
    """

    members: Longs
    place: Longs
    since: float
    until: float


def sized(stage: Stage, level: Level) -> int:
    """How many accounts: log-uniform around the level's number, fewer in small worlds."""
    drawn = level.accounts * stage.spec.ring * stage.between(2 / 3, 3 / 2)
    return max(_LEAST_SIZE, min(round(drawn), int(_MOST_OF_ALL * stage.people.count)))


def enlisted(stage: Stage, level: Level, size: int, asked: int) -> Crew:
    """A ring's accounts, drawn from all that have as much to give as it asks of each.

    Whoever is drawn and does too little is drawn again, so that what the ring asks is done. So that
    a ring is not known by how much its accounts do, what they do in all is what organic accounts
    do; these are drawn by a weight that puts the median member's other acts at the level's.

    Args:
        stage: the world.
        level: how hidden it is.
        size: how many accounts.
        asked: acts that the ring asks of a member, at the most.
    """
    rng, people = stage.rng, stage.people
    mine = round(size * level.hijacked)
    fresh_can = ~stage.ringed & (people.posts == 0) & (people.joined < 0.0)
    made = _drawn(stage, fresh_can, size - mine, asked, (1.0 + level.cover) * asked)
    stage.ringed[made] = stage.taken[made] = True
    stolen_can = ~stage.ringed & (people.joined < 0.0)
    stolen = _drawn(stage, stolen_can, mine, asked, (1.0 + level.cover) * asked)
    stage.ringed[stolen] = True
    people.fame[made] = 0.0
    stage.manner[made] = POPULAR if level.popular else EVEN
    if level.cover == 0.0:
        stage.left[made] = 0.0
    length = stage.hours.span * float(rng.uniform(0.3, 0.9))
    since = float(rng.uniform(0.02, 0.95) * (stage.hours.span - length))
    # Accounts are warmed up some days before the ring works with them.
    people.joined[made] = since - _WARMED * rng.random(len(made))
    members = rng.permutation(np.concatenate([made, stolen]))
    crowded = rng.random() < 0.5
    many = max(1, round(size * stage.between(*level.addresses))) if crowded else size
    pool = stage.places.new(many)
    own = pool[rng.permutation(size) % many]
    fresh = stage.taken[members]
    stage.places.settle(members[fresh], own[fresh])
    place = np.where(rng.random(size) < (1.0 if crowded else 0.0), own, NONE)
    return Crew(members=members, place=place, since=since, until=since + length)


def _drawn(stage: Stage, can: Bools, count: int, asked: int, median: float) -> Longs:
    """Accounts with `asked` or more to give, half of them with less than `median` if possible."""
    able = np.flatnonzero(can & (stage.left >= max(asked, 3)))
    count = min(count, int(0.7 * len(able)))
    if count <= 0:
        return np.zeros(0, dtype=np.int64)
    chance = _tilted(stage.left[able], median)
    return stage.rng.choice(able, count, replace=False, p=chance)


def _tilted(much: Floats, median: float) -> Floats:
    """Chances by a power of how much accounts do, so that the median one drawn does `median`."""
    order = np.argsort(much, kind="stable")
    logs = np.log(np.maximum(much, 1.0))

    def below(power: float) -> tuple[float, Floats]:
        chance = np.exp(power * (logs - logs.max() / 2))
        chance /= chance.sum()
        half = np.searchsorted(np.cumsum(chance[order]), 0.5)
        return float(much[order[min(int(half), len(order) - 1)]]), chance

    low, high = -4.0, 2.0
    for _ in range(24):
        middle = (low + high) / 2
        if below(middle)[0] < median:
            low = middle
        else:
            high = middle
    return below((low + high) / 2)[1]
