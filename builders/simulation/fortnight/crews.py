"""Who is in a ring, what it asks of each, and when they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.fortnight.levels import Level
from builders.simulation.fortnight.stage import Stage
from builders.simulation.hours import DAY
from builders.simulation.one_table import NONE
from builders.simulation.population import Floats, Longs
from builders.simulation.stage import EVEN, LIVES, POPULAR

_LEAST_ACTS = 7
"""Who does less in a fortnight is of no use to a ring, nor can a ring be seen in it."""

_LAZIER = -0.95
"""The power of acts that members are drawn by: so they are as busy as all who do three acts."""

TEMPI = ("even", "exponential", "log-normal", "batches")


@dataclass(frozen=True, slots=True)
class Crew:
    """A ring's accounts. `quota`: how many acts it asks of each at most. `tempo`: how they come.

    `width` is the time within which nine acts in ten on one target fall, s.
    """

    level: Level
    members: Longs
    quota: Longs
    tempo: str
    width: float
    language: int
    begin: float
    end: float

    def chosen(self, rng: np.random.Generator, targets: int) -> npt.NDArray[np.bool_]:
        """Which member (row) comes to which target (column): so many as its quota lets it."""
        many = rng.binomial(targets, self.level.joined, len(self.members))
        many = np.minimum(many, self.quota)
        rank = np.argsort(np.argsort(rng.random((len(many), targets)), axis=1), axis=1)
        return np.asarray(rank < many[:, None])

    def delays(self, rng: np.random.Generator, count: int, width: float | None = None) -> Floats:
        """How long after the order each comes, s."""
        wide = self.width if width is None else width
        if self.tempo == "even":
            return rng.uniform(0.0, wide / 0.9, count)
        if self.tempo == "exponential":
            return rng.exponential(wide / 2.3, count)
        if self.tempo == "log-normal":
            return rng.lognormal(np.log(wide / 3.6), 1.0, count)
        batch = rng.integers(0, 5, count) * wide / 5
        return np.asarray(batch + rng.exponential(wide / 40, count))

    def orders(self, rng: np.random.Generator, stage: Stage, count: int) -> Floats:
        """When the ring is sent to its targets: in its operator's day, in the campaign's time."""
        offset = np.full(6 * count + 60, stage.people.offset[self.members[0]])
        at = stage.rhythm.moments(rng, offset)
        at = at[(at >= self.begin) & (at < self.end)]
        short = rng.uniform(self.begin, self.end, max(0, count - len(at)))
        return np.sort(np.concatenate([at[:count], short]))


def hired(stage: Stage, level: Level, least: float, most: float) -> Crew:
    """A crew of free accounts; what it asks for is taken off what each would do by itself.

    So a member does as much as it would without the ring (less at L0, where it has no life of its
    own), and is not known by how much. Members are drawn among those with seven acts or more, the
    less busy a little sooner, so that they are as busy as all who do three.
    """
    rng, people = stage.rng, stage.people
    size = stage.size(least, most, level.size * stage.spec.ring_size)
    language = int(rng.choice(people.language))
    far = round(size * rng.uniform(0.05, 0.3))
    near = stage.people_who(
        size - far, least=_LEAST_ACTS, bucket=(language, NONE), activity=_LAZIER
    )
    rest = stage.people_who(size - len(near), least=_LEAST_ACTS, activity=_LAZIER)
    members = rng.permutation(np.concatenate([near, rest]))
    asked = people.acts[members] * level.most * rng.uniform(0.8, 1.1, len(members))
    hijacked = rng.random(len(members)) < level.hijacked
    cover = EVEN if level.name == "L1" else POPULAR
    stage.cover[members] = np.where(hijacked, LIVES, cover)
    length = stage.rhythm.span if rng.random() < 0.5 else stage.rhythm.span * rng.uniform(0.4, 1.0)
    begin = rng.uniform(0.0, max(stage.rhythm.span - length, 1.0))
    return Crew(
        level=level,
        members=members,
        quota=np.maximum(asked, 4).astype(np.int64),
        tempo=str(rng.choice(TEMPI)),
        width=level.width * stage.between(0.6, 1.6),
        language=language,
        begin=begin,
        end=begin + length - 0.1 * DAY,
    )


def leave_the_rest(stage: Stage, crew: Crew, since: int) -> None:
    """Leave each member as many acts of its own as it would have done without the ring.

    Args:
        stage: the stage.
        crew: the ring's accounts.
        since: how many parts of acts there were before the ring's.
    """
    done = np.zeros(stage.people.count, dtype=np.int64)
    for part in stage.acts[since:]:
        done += np.bincount(part.who, minlength=stage.people.count)
    left = np.maximum(stage.people.acts - done, 1)[crew.members]
    stage.own[crew.members] = 0 if crew.level.name == "L0" else left
