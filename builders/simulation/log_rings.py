"""Co-action rings of the six levels in a log: on fresh things and on what is talked about there.

A ring has an ordered list of targets as long as its level says. Each member goes down it, joining
or not, until what it may spend on the ring is spent. In a log whose accounts do little, hardly
anybody comes far: the first targets have most of the ring, the last ones its busiest accounts.
"""

from __future__ import annotations

import numpy as np

from builders.simulation.log import LEAST_ACTS
from builders.simulation.log_bed import LogBed
from builders.simulation.planting import Indices
from builders.simulation.population import Bools, Longs
from builders.simulation.rings import CO_ACTION, OVERLAP, Level
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS
from builders.simulation.tempo import arrivals_by_target, drawn_tempo

Rng = np.random.Generator

COVER = {"L0": 0, "L1": 1, "L2": 1, "L3": 3, "L4": 3, "L5": 5}
"""Acts beside each act for the ring, where the account does enough."""

_LEAST_VISITORS = 20


def plant_level(bed: LogBed, rng: Rng, name: str, number: int) -> None:
    """Plant one ring of a level; the second of two L5 rings shares a fifth of the first's."""
    level = CO_ACTION[name]
    size = bed.bounded(round(level.accounts * 1.5 ** rng.uniform(-1.0, 1.0)))
    members = _members(bed, rng, name, number, size)
    volume = bed.volumes_of(members)
    budget = np.maximum(np.minimum(volume, LEAST_ACTS), volume // (1 + COVER[name]))
    joins = _joins(rng, level, budget)
    row = _moments(bed, rng, name, level.targets)
    target = _targets(bed, rng, row)
    centre = bed.log.at[row]
    who, what = np.nonzero(joins)
    delay = arrivals_by_target(
        rng, drawn_tempo(rng), what, level.targets, width_ms=float(level.jitter_ms)
    )
    bed.act(members[who], target[what], centre[what] + delay)
    _visitors(bed, rng, name, target, centre, joins.sum(axis=0))
    for member, done in zip(members.tolist(), joins.sum(axis=1).tolist(), strict=True):
        _live(bed, rng, level, member, done)
    bed.rings.append((f"{name}-{number + 1}", name, "co-action", members))


def _members(bed: LogBed, rng: Rng, name: str, number: int, size: int) -> Indices:
    hijacked = CO_ACTION[name].hijacked
    if name != "L5" or number % 2 == 0:
        return bed.recruits(rng, size, hijacked=hijacked)
    before = bed.rings[-1][3]
    both = rng.choice(before, max(1, round(OVERLAP * len(before))), replace=False)
    new = bed.recruits(rng, max(size - len(both), 1), hijacked=hijacked)
    return np.concatenate([both, new])


def _joins(rng: Rng, level: Level, budget: Indices) -> Bools:
    """Who joins which target, down the list; a rotating ring sends a random part of who is left."""
    joins = np.zeros((len(budget), level.targets), dtype=bool)
    for target in range(level.targets):
        able = np.flatnonzero(joins.sum(axis=1) < budget)
        noise = rng.random(len(able))
        if level.rotating:
            goes = noise.argsort().argsort() < round(level.share * len(able))
        else:
            goes = noise < level.share
        joins[able[goes], target] = True
    return joins


def _moments(bed: LogBed, rng: Rng, name: str, count: int) -> Indices:
    """The rows at whose times the orders come: so they keep to the log's days and hours.

    L5 goes through the log slowly. The others' orders come in any order.
    """
    rows = len(bed.log.at)
    if name == "L5":
        return ((np.arange(count) + rng.random(count)) * rows / count).astype(np.int64)
    return rng.integers(0, rows, count)


def _targets(bed: LogBed, rng: Rng, row: Indices) -> Indices:
    """By turns a fresh thing, and what was acted on at that moment, popular things sooner."""
    thing = bed.log.thing[row]
    fresh = rng.permutation(len(row)) % 2 == 0
    return np.array(
        [bed.new_thing(int(each)) if new else each for each, new in zip(thing, fresh, strict=True)],
        dtype=np.int64,
    )


def _visitors(
    bed: LogBed, rng: Rng, name: str, target: Indices, centre: Longs, joined: Indices
) -> None:
    """Organic visitors of the fresh things: 20 and more, or as many as the ring's own from L3."""
    for thing, at, own in zip(target.tolist(), centre.tolist(), joined.tolist(), strict=True):
        if thing >= len(bed.log.things):
            begin = at - int(rng.exponential(20.0 * MINUTE_MS))
            count = _LEAST_VISITORS + int(rng.poisson(5.0))
            bed.send_visitors(rng, thing, begin, max(count, own if name > "L2" else 0))


def _live(bed: LogBed, rng: Rng, level: Level, member: int, done: int) -> None:
    """What else a member does, so that the sum of its acts is what it was to be."""
    left = max(bed.volume[member] - done, 0)
    if bed.is_fresh(member):
        if level.cover != "none":
            _wander(bed, rng, member, left, evenly=level.cover == "random")
        return
    if level.cover in ("organic", "none"):
        bed.make_room(rng, member, done)
    elif level.cover == "random":
        bed.make_room(rng, member, done + left)
        _wander(bed, rng, member, left, evenly=True)
    else:
        copied = _copy(bed, rng, member, left)
        bed.make_room(rng, member, done + copied)


def _wander(bed: LogBed, rng: Rng, member: int, count: int, *, evenly: bool) -> None:
    """Acts on things of the log, near a time at which somebody acted on them.

    Drawn evenly over things, popular or not, or over acts, which takes the popular ones.
    """
    log = bed.log
    if evenly:
        thing = rng.integers(0, len(log.things), count)
        first, end = log.begins[thing], log.begins[thing + 1]
        row = log.by_thing[first + (rng.random(count) * (end - first)).astype(np.int64)]
    else:
        row = rng.integers(0, len(log.at), count)
    at = log.at[row] + rng.integers(0, DAY_MS if evenly else HOUR_MS, count)
    bed.act(np.full(count, member), log.thing[row], at)


def _copy(bed: LogBed, rng: Rng, member: int, count: int) -> int:
    """Let a member do some time later what one organic account did; give how many acts that is."""
    able = bed.able
    model = int(rng.choice(able[~bed.ring_member[able]]))
    rows = np.flatnonzero(bed.log.account == model)
    row = rng.choice(rows, min(count, len(rows)), replace=False)
    later = rng.lognormal(np.log(HOUR_MS), 1.0, len(row)).astype(np.int64)
    bed.act(np.full(len(row), member), bed.log.thing[row], bed.log.at[row] + later)
    return len(row)
