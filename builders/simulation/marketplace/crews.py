"""A ring before it acts: its members, where they act from, when they are sent, how they come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.hours import DAY
from builders.simulation.marketplace.levels import Level
from builders.simulation.marketplace.stage import SAVE, Stage
from builders.simulation.one_table import NONE
from builders.simulation.population import Floats, Longs
from builders.simulation.stage import EVEN, POPULAR

_PACES = ("alike", "soon", "late", "stepped")


@dataclass(slots=True, kw_only=True)
class Crew:
    """A ring's accounts and habits.

    `most`: the acts for the ring that each member can give. `places`, `machines`: what it acts
    from, if not from where its members are. `pace`: how its acts fall within its width.
    """

    stage: Stage
    level: Level
    members: Longs
    hijacked: npt.NDArray[np.bool_]
    most: Longs
    width: float
    pace: str
    down_the_list: bool
    places: Longs
    machines: Longs
    always: bool

    def orders(self, count: int) -> Floats:
        """When it is sent to each target: over some days, or all of the span."""
        stage, rng = self.stage, self.stage.rng
        at = np.sort(stage.moments(count, sleepless=self.level.name <= "L1" and rng.random() < 0.5))
        # Who hides takes weeks; who does not may be done in two days.
        least = {"L0": 0.08, "L1": 0.15, "L2": 0.25, "L3": 0.4}.get(self.level.name, 0.7)
        short = stage.between(least, 1.0)
        days = (at // DAY) * short + rng.uniform(0.0, 1.0 - short) * (stage.spec.days - 1)
        return np.sort(np.floor(days) * DAY + at % DAY)

    def targets(self, scale: float = 1.0) -> int:
        """How many targets it has."""
        least, most = self.level.targets
        return max(2, round(int(self.stage.rng.integers(least, most + 1)) * scale))

    def listings(self, count: int) -> Longs:
        """Listings of its customers: new ones, and some that were on sale before."""
        stage, rng = self.stage, self.stage.rng
        kind = np.full(count, rng.integers(0, len(stage.goods.first) - 1))
        known = stage.goods.popular(rng, kind)
        known = np.where(stage.goods.born[known] < 0, known, stage.goods.any_of(rng, kind))
        new = stage.new_listings(count)
        return np.where(rng.random(count) < self.level.known, known, new)

    def come(self, targets: int, joined: float | None = None) -> tuple[Longs, Longs]:
        """Who comes to which target."""
        rng, level = self.stage.rng, self.level
        share = level.joined if joined is None else joined
        sent = np.ones((len(self.members), targets), dtype=np.bool_)
        if joined is None:
            # A team a target, drawn anew; of those who are sent, so many more come.
            sent = rng.random(sent.shape) < level.team
            share = min(1.0, share / level.team)
        chance = np.where(sent, share, 0.0)
        return self.stage.attend(chance, self.most, down_the_list=self.down_the_list)

    def late(self, count: int, width: float | None = None) -> Floats:
        """How long after the order each act falls, s: most of them within the width."""
        rng, width = self.stage.rng, self.width if width is None else width
        if self.pace == "soon":
            return np.asarray(rng.exponential(width / 3.0, count))
        if self.pace == "late":
            return np.asarray(np.minimum(rng.lognormal(np.log(width / 3.0), 0.8, count), 3 * width))
        if self.pace == "stepped":
            step = max(1.0, width / 20.0)
            return np.floor(rng.uniform(0.0, width, count) / step) * step + rng.uniform(
                0.0, step / 5.0, count
            )  # fmt: skip
        return np.asarray(rng.uniform(0.0, width, count))

    def when(self, who: Longs, at: Floats) -> Floats:
        """Moments of acts; members that are people sleep, where the ring has hours to spare."""
        if self.width < 1_800.0 or self.always:
            return at
        return self.stage.hours.awake(
            self.stage.rng, self.stage.people.shift[self.members[who]], at
        )  # fmt: skip

    def act(
        self,
        who: Longs,
        what: Longs,
        at: Floats,
        action: npt.NDArray[np.integer] | int,
        *,
        text: npt.NDArray[np.integer] | int = NONE,
        stars: npt.NDArray[np.integer] | int = NONE,
    ) -> None:
        """Do the ring's work; `who` numbers its members."""
        rng, count = self.stage.rng, len(who)
        place = np.full(count, NONE)
        machine = np.full(count, NONE)
        if len(self.places):
            place = self.places[(who + rng.integers(0, 2, count)) % len(self.places)]
        if len(self.machines):
            machine = self.machines[who % len(self.machines)]
        self.stage.do(
            self.members[who], what, self.when(who, at), action,
            text=text, place=place, device=machine, stars=stars,
        )  # fmt: skip

    def visitors(self, targets: Longs, at: Floats, visits: Longs, action: int = SAVE) -> None:
        """Others who come to its targets as well: the more, the better it hides."""
        rng, level = self.stage.rng, self.level
        least = 3 if level.name <= "L1" else 12
        count = np.maximum(least, rng.poisson(level.public * (visits + 1.0)))
        self.stage.passers_by(targets, at, count, action)


def hired(
    stage: Stage,
    level: Level,
    *,
    members: Longs | None = None,
    hijacked: float | None = None,
    most_of: float = 1.0,
) -> Crew:
    """Accounts for a ring.

    They are drawn from all accounts, whatever these have to give, so that a ring is not known by
    how much its members do.

    Args:
        stage: the world.
        level: how well it hides.
        members: those it has already; others are drawn beside them up to its size.
        hijacked: the share of members with owners, if it is not the level's.
        most_of: what the greatest size is multiplied by.
    """
    rng = stage.rng
    least, most = level.sizes
    wanted = stage.sized(least, max(least, most * stage.spec.ring * most_of))
    chosen = np.empty(0, dtype=np.int64) if members is None else members
    fits = np.where(stage.ringed, 0.0, 1.0)
    if level.cover == 0.0:
        # Without cover it does nothing else, so it has none who would have more to do than work.
        fits[stage.left >= 2.5 * level.targets[1]] = 0.0
    chosen = np.concatenate([chosen, stage.some(max(0, wanted - len(chosen)), fits)])
    stage.ringed[chosen] = True
    share = level.hijacked if hijacked is None else hijacked
    owned = rng.random(len(chosen)) < share
    _make(stage, chosen[~owned], level)
    stage.taken[chosen[~owned]] = True
    most_acts = np.maximum(2, np.round(stage.left[chosen] / (1.0 + level.cover))).astype(np.int64)
    crew = Crew(
        stage=stage,
        level=level,
        members=chosen,
        hijacked=owned,
        most=most_acts,
        width=level.width * stage.between(0.6, 1.6),
        pace=str(rng.choice(_PACES)),
        down_the_list=bool(rng.random() < 0.5),
        places=np.empty(0, dtype=np.int64),
        machines=np.empty(0, dtype=np.int64),
        always=bool(rng.random() < 0.5),
    )
    if rng.random() < level.pooled:
        crew.places = stage.places.new_addresses(max(1, round(len(chosen) / stage.between(3, 12))))
    return crew


def _make(stage: Stage, made: Longs, level: Level) -> None:
    """Accounts made for a ring: in one go, or over weeks; some before the span, some within it."""
    rng = stage.rng
    within = stage.between(0.1, 5.0) if level.name <= "L1" else stage.between(5.0, 120.0)
    begins = -stage.between(1.0, 200.0) * DAY
    joined = begins + rng.uniform(0.0, within * DAY, len(made))
    stage.people.joined[made] = np.minimum(joined, -600.0)
    stage.manner[made] = EVEN if level.name <= "L1" else POPULAR
