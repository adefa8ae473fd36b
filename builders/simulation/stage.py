"""What groups of a world of one table are planted into: what was done, said and planted so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from builders.simulation.drawing import between
from builders.simulation.hours import Hours
from builders.simulation.one_table import Acts, Group
from builders.simulation.population import Bools, Floats, Longs

LIVES, EVEN, POPULAR = range(3)
"""What an account does beside its group: what its owner likes; anything; what all look at."""

_Some = TypeVar("_Some", bound=Acts)
_Stage = TypeVar("_Stage", bound="WorldStage[Any]")

Planters = Mapping[str, tuple[Callable[[_Stage, str], None], int, int]]
"""How each kind of look-alike is planted, and how many of it are, at least and at most."""


@dataclass(slots=True, kw_only=True)
class WorldStage(Generic[_Some]):
    """A world that is being made; what is planted is drawn from `rng`, one after the other."""

    rng: np.random.Generator
    acts: list[_Some] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    said: list[pa.Array] = field(default_factory=list)
    _texts: int = 0

    def say(self, texts: pa.Array) -> Longs:
        """Keep texts; the numbers that acts name them by."""
        self.said.append(texts)
        self._texts += len(texts)
        return np.arange(self._texts - len(texts), self._texts)

    def label(self, name: str, kind: str, members: Longs, level: str | None = None) -> None:
        """Tell the truth of a ring, by its level, or of a look-alike; each member once."""
        self.groups.append(Group(name, kind, level, np.unique(members)))

    def between(self, least: float, most: float) -> float:
        """A number, log-uniform."""
        return between(self.rng, least, most)

    def sized(self, least: float, most: float) -> int:
        """A size, log-uniform."""
        return round(self.between(least, most))


class Inhabitants(Protocol):
    """Accounts as far as it matters when they act."""

    @property
    def count(self) -> int:
        """How many accounts."""

    @property
    def shift(self) -> Floats:
        """What each one's local hours are moved by, h."""

    @property
    def joined(self) -> Floats:
        """When each account was made, s from the start."""


@dataclass(slots=True, kw_only=True)
class BudgetStage(WorldStage[_Some]):
    """A world in which each account has so many acts to give; groups take theirs from those.

    `left`: the acts that each account has yet to give. `manner`: how it spends them. `taken`: who
    was made for a ring, and is nowhere else. `ringed`: who is in a ring, and in no other; the owner
    of such an account may be in an innocent group. `sites`: where planted links lead.
    """

    hours: Hours
    people: Inhabitants
    left: Floats = field(init=False)
    manner: Longs = field(init=False)
    taken: Bools = field(init=False)
    ringed: Bools = field(init=False)
    sites: list[int] = field(default_factory=list)

    def open_with(self, left: Floats) -> None:
        """Begin: everybody is free, lives as it likes, and has `left` to give."""
        self.left = left
        self.manner = np.full(self.people.count, LIVES)
        self.taken = np.zeros(self.people.count, dtype=np.bool_)
        self.ringed = self.taken.copy()

    def spend(self, acts: _Some) -> None:
        """Add acts, and take them from what their accounts have to give."""
        self.acts.append(acts)
        self.left -= np.bincount(acts.who, minlength=self.people.count)

    def lead_to(self, count: int, sites: int) -> None:
        """Let so many new links lead to a few sites."""
        named = self.rng.integers(0, 2**30, sites)
        self.sites.extend(named[self.rng.integers(0, sites, count)].tolist())

    def awake(self, who: Longs, at: Floats) -> Floats:
        """The moments at which accounts do what came to them at `at`: who sleeps does it later."""
        return self.hours.awake(self.rng, self.people.shift[who], at)

    def moments_of_one(self, count: int) -> Floats:
        """Moments over the span at which somebody, anybody, acts."""
        one = self.rng.integers(0, self.people.count)
        shift = np.full(count, self.people.shift[one])
        return self.hours.moments(self.rng, shift, np.full(count, -1.0))


def plant_look_alikes(stage: _Stage, planters: Planters[_Stage]) -> None:
    """Plant each kind as often as is drawn between its least and its most."""
    for kind, (plant, least, most) in planters.items():
        for number in range(int(stage.rng.integers(least, most + 1))):
            plant(stage, f"{kind}-{number + 1}")
