"""Who is on the marketplace: how much each does, when, what they like, since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.drawing import weighted
from builders.simulation.hours import DAY, Hours
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.population import Floats, Longs

TASTES = 3
"""Kinds of goods that each account looks at, the dearest first."""

DEARNESS = np.cumsum([0.62, 0.26, 0.12])
"""How often each is the one."""


@dataclass(slots=True, kw_only=True)
class People:
    """One entry an account.

    `budget`: its acts of the whole span, of groups and of its own. `shift`: what its hours are
    moved by. `joined`: when the account was made, s from the start, mostly negative. `sitting`: its
    acts in a sitting, as a mean. `habit`: the action that it does more than others do.
    """

    budget: Floats
    zone: Longs
    shift: Floats
    language: Longs
    tastes: Longs
    joined: Floats
    sitting: Floats
    habit: Longs

    @property
    def count(self) -> int:
        """How many accounts there are."""
        return len(self.budget)

    def taste(self, rng: np.random.Generator, who: Longs) -> Longs:
        """A kind of goods for each entry of `who`, the dearest most often."""
        return self.tastes[who, np.searchsorted(DEARNESS, rng.random(len(who)))]


def drawn_people(
    rng: np.random.Generator, spec: MarketplaceSpec, hours: Hours, kinds: Floats, actions: int
) -> People:
    """Accounts of a world.

    How much each does is log-normal, with a few per cent in a Pareto tail: a few people do most of
    what is done, as everywhere (Nielsen 2006, "90-9-1"; Broido and Clauset 2019 on which tail).

    Args:
        rng: the source of chance.
        spec: the size.
        hours: whose zones people live in.
        kinds: how much each kind of goods is looked at.
        actions: how many actions there are to have a habit of.
    """
    # With fewer acts apiece, members of a ring that covers each by three to five would do too few
    # for it to be one, without being busier than others.
    count = int(spec.interactions / rng.uniform(24, 38))
    budget = rng.lognormal(0.0, rng.uniform(0.7, 1.0), count)
    tail = rng.random(count) < rng.uniform(0.005, 0.03)
    budget[tail] *= 1.0 + rng.pareto(rng.uniform(1.3, 2.0), int(tail.sum()))
    budget = np.minimum(budget, 60.0 * budget.mean())
    zone = weighted(rng, hours.share, count)
    speaks = rng.integers(0, int(rng.integers(1, len(hours.share) + 1)), len(hours.share))
    joined = -rng.exponential(rng.uniform(250, 900) * DAY, count)
    new = rng.random(count) < rng.uniform(0.04, 0.15)
    joined[new] = rng.uniform(0.0, 0.97 * hours.span, int(new.sum()))
    habit = rng.integers(0, actions, count)
    return People(
        budget=budget * (spec.interactions / budget.sum()),
        zone=zone,
        shift=hours.shifted(rng, zone),
        language=speaks[zone],
        tastes=weighted(rng, kinds, count * TASTES).reshape(count, TASTES),
        joined=joined,
        sitting=1.0 + rng.gamma(2.0, rng.uniform(1.0, 3.0) / 2.0, count),
        habit=np.where(rng.random(count) < 0.5, habit, -1),
    )
