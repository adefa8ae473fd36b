"""Who is there: people with a zone, a habit of rising, subjects, liveliness and an address."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.population import Floats, Longs

FRESH = 1_000
"""Accounts beside the people, for rings: twelve of sixty members need 720."""

_ZONES = (-8.0, -5.0, 0.0, 1.0, 3.0, 5.5, 8.0, 9.0)
_LIVES_ALONE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Accounts by number: `organic` people, then those that only rings use.

    `liveliness` is each one's share of all organic acts, and nothing for accounts of rings.
    `zone` and `lark` are hours, `focus` the share of acts that keep to the two subjects. `home`
    numbers addresses: a household has one, an account of a ring its own. `fame` is each creator's
    share of all follows of creators.
    """

    organic: int
    zones: Floats
    zone: Floats
    lark: Floats
    liveliness: Floats
    subject: Longs
    second: Longs
    focus: Floats
    home: Longs
    subject_shares: Floats
    creators: Longs
    fame: Floats

    @property
    def count(self) -> int:
        """How many accounts, of people and of rings."""
        return len(self.zone)

    def famous(self, rng: np.random.Generator, count: int) -> Longs:
        """Creators, by how well they are known, each as often as it comes."""
        return rng.choice(self.creators, count, p=self.fame)

    def suggested(self, rng: np.random.Generator, count: int) -> Longs:
        """Creators that all are told to follow, by how well they are known, each once."""
        return rng.choice(self.creators, count, replace=False, p=self.fame)


def drawn_people(rng: np.random.Generator, spec: OutsideSpec) -> People:
    """Draw everybody before anything is planted."""
    organic = int(spec.scale * rng.integers(22_000, 45_000))
    count = organic + FRESH
    zones = rng.choice(_ZONES, size=int(rng.integers(2, 6)), replace=False)
    zone = zones[rng.choice(len(zones), count, p=rng.dirichlet(np.full(len(zones), 2.0)))]
    subjects = int(rng.integers(15, 45))
    shares = rng.dirichlet(np.full(subjects, 0.8))
    lively = _liveliness(rng, organic)
    creators = np.flatnonzero(lively > np.quantile(lively, 0.98))
    fame = lively[creators] * (rng.pareto(1.1, len(creators)) + 0.2)
    return People(
        organic=organic,
        zones=zones,
        zone=zone,
        lark=rng.normal(0, 2.0, count),
        liveliness=np.concatenate([lively, np.zeros(FRESH)]),
        subject=rng.choice(subjects, count, p=shares),
        second=rng.choice(subjects, count, p=shares),
        focus=rng.beta(3, 2, count),
        home=_homes(rng, organic, count),
        subject_shares=shares,
        creators=creators,
        fame=fame / fame.sum(),
    )


def _liveliness(rng: np.random.Generator, count: int) -> Floats:
    lively = np.exp(rng.normal(0, rng.uniform(1.1, 1.5), count))
    lively = np.minimum(lively, np.quantile(lively, 0.9995) * 1.2)
    return np.asarray(lively / lively.sum())


def _homes(rng: np.random.Generator, organic: int, count: int) -> Longs:
    """The first account of each one's household; accounts of rings have a home each."""
    opens = rng.random(count) < _LIVES_ALONE
    opens[0] = True
    opens[organic:] = True
    return np.maximum.accumulate(np.where(opens, np.arange(count), 0))
