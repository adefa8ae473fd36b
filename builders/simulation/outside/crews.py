"""Who is in a ring, how hard it is to find, and who of it takes part in what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.outside.life import live
from builders.simulation.outside.stage import Stage
from builders.simulation.population import Floats, Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How hard rings of a level are to find: ranges that each ring draws its own from.

    `width` is the seconds in which members come to a target, `joins` the share of them who do,
    `cover` the share of a new account's acts that are ordinary life, `hijacked` the share of
    members who are people, `edited` the share of the words of a copied text.
    """

    width: tuple[float, float]
    joins: tuple[float, float]
    cover: tuple[float, float]
    hijacked: float
    edited: float


LEVELS = {
    "L0": Level(width=(4, 20), joins=(0.9, 1.0), cover=(0.0, 0.05), hijacked=0.0, edited=0.0),
    "L1": Level(width=(30, 120), joins=(0.8, 0.95), cover=(0.2, 0.5), hijacked=0.0, edited=0.05),
    "L2": Level(width=(240, 900), joins=(0.7, 0.85), cover=(0.35, 0.6), hijacked=0.2, edited=0.1),
    "L3": Level(
        width=(1_500, 3_600), joins=(0.5, 0.65), cover=(0.55, 0.8), hijacked=0.5, edited=0.15
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a ring of a level has drawn; where it `rotates`, as many come each time, in turn."""

    level: Level
    width: float
    joins: float
    rotates: bool

    def crew(self, stage: Stage, size: int, acts: float) -> Longs:
        """The members, who have a life beside the `acts` that the ring asks of each."""
        rng = stage.rng
        hijacked = round(size * self.level.hijacked)
        people = stage.some(hijacked) if hijacked else np.empty(0, dtype=np.int64)
        fresh = stage.fresh(size - len(people))
        cover = rng.uniform(*self.level.cover)
        beside = max(acts * cover / max(1 - cover, 0.1), 0.01)
        live(stage, fresh, rng.poisson(beside, len(fresh)))
        return np.concatenate([people, fresh])

    def turn(self, rng: np.random.Generator, members: Longs) -> Longs:
        """Who takes part this time."""
        if self.rotates:
            return rng.permutation(members)[: max(3, int(len(members) * self.joins))]
        return members[rng.random(len(members)) < self.joins]

    def spread(self, rng: np.random.Generator, at: float, count: int, wide: float = 1.0) -> Floats:
        """Times from `at` on, evenly over so many widths."""
        return np.asarray(at + rng.random(count) * self.width * wide)


def drawn_orders(rng: np.random.Generator, name: str) -> Orders:
    """What a ring of a level goes by."""
    level = LEVELS[name]
    return Orders(
        level=level,
        width=rng.uniform(*level.width),
        joins=rng.uniform(*level.joins),
        rotates=name == "L3" or (name == "L2" and rng.random() < 0.5),
    )
