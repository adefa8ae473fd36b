"""Who lives near whom: a ring of accounts on which friends' friends are friends.

Follows by fame alone close hardly a triangle, where real follow graphs are full of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.population import Ints, Longs, Population
from builders.simulation.spec import SimulationSpec

NEAR_SHARE = 0.4
"""The share of organic follows that go to a neighbour."""

_STEP = 1.0 / 5.0  # the mean distance of a friend is five places


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A ring of all accounts: `order[place]` is an account, `place[account]` where it stands."""

    order: Ints
    place: Ints

    def near(self, rng: np.random.Generator, accounts: Ints) -> Longs:
        """For each account another that stands near it."""
        step = rng.geometric(_STEP, len(accounts)) * rng.choice([-1, 1], len(accounts))
        beside = self.order[(self.place[accounts] + step) % len(self.order)]
        return np.asarray(beside, dtype=np.int64)


def settle(spec: SimulationSpec, population: Population) -> Neighbours:
    """Put accounts of one zone and home topic beside one another, the lively beside the lively."""
    rng = np.random.default_rng([spec.seed, 10])
    count = population.count
    zone = np.searchsorted(population.zone_ends, np.arange(count), side="right")
    lively = population.expected * rng.lognormal(0.0, 0.4, count)
    order = np.lexsort((lively, population.home_topic, zone)).astype(np.int32)
    place = np.empty(count, dtype=np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    return Neighbours(order, place)
