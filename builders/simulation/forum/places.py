"""Where acts come from: homes, carriers and relays that hundreds share, offices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from builders.simulation.forum.people import People
from builders.simulation.hours import DAY, HOUR, Hours
from builders.simulation.population import Bools, Floats, Longs

_HOME, _CARRIER, _OFFICE, _RELAY, _OWN = (kind << 48 for kind in range(5))

_TOGETHER = 0.28
_MOBILE = 0.5
_BEHIND_ONE = 750
"""Accounts with a carrier's address: the table of look-alikes sees 500 and more behind one."""

_AT_OFFICES = 0.12
_OF_AN_OFFICE = 25
_RELAYED = 0.04
_RELAYS = 12


@dataclass(slots=True, kw_only=True)
class Places:
    """Each account's home, how much of its life is on the road, its carrier, office, relay.

    `renews`: after so many days a home gets another address; a guess, as all here is that has no
    source beside it.
    """

    home: Longs
    renews: Longs
    road: Floats
    carrier: Longs
    office: Longs
    relay: Bools
    salt: int
    made: int = 0

    def new(self, count: int) -> Longs:
        """Places that nobody lives at."""
        self.made += count
        return _OWN + np.arange(self.made - count, self.made)

    def settle(self, who: Longs, place: Longs) -> None:
        """Let accounts live at some places, and at no others."""
        self.home[who] = place
        self.renews[who] = 10_000
        self.road[who] = 0.0
        self.office[who] = -1
        self.relay[who] = False

    def of(self, hours: Hours, people: People, who: Longs, at: Floats) -> Longs:
        """Where somebody is at a moment: the same place for an hour or two."""
        block = (at / (2 * HOUR)).astype(np.int64)
        luck = _luck(who, block, self.salt)
        day = (at / DAY).astype(np.int64) + who % 97
        own = self.home[who] >= _OWN
        home = np.where(
            own, self.home[who], _HOME + (self.home[who] << 16) + day // self.renews[who]
        )
        place = np.where(luck < self.road[who], _CARRIER + self.carrier[who], home)
        busy = (self.office[who] >= 0) & hours.at_work(people.zone[who], at) & (luck > 0.25)
        place = np.where(busy, _OFFICE + self.office[who], place)
        away = self.relay[who] & (luck > 0.3)
        return np.where(away, _RELAY + (who + block) % _RELAYS, place)


def drawn_places(rng: np.random.Generator, people: People) -> Places:
    """Where everybody lives; those of one house, office or carrier are of one zone."""
    row = np.lexsort((rng.random(people.count), people.zone))
    alone = rng.random(people.count) >= _TOGETHER
    alone[0] = True
    home = np.empty(people.count, dtype=np.int64)
    home[row] = np.cumsum(alone)
    place = np.empty(people.count, dtype=np.int64)
    place[row] = np.arange(people.count)
    office = place // int(_OF_AN_OFFICE / _AT_OFFICES)
    carriers = max(2, int(people.count * _MOBILE / _BEHIND_ONE))
    return Places(
        home=home,
        renews=rng.choice((1, 7, 10_000), people.count, p=(0.15, 0.15, 0.7)),
        road=np.where(rng.random(people.count) < _MOBILE, rng.beta(1.5, 2.5, people.count), 0.0),
        carrier=place * carriers // people.count,
        office=np.where(rng.random(people.count) < _AT_OFFICES, office, -1),
        relay=rng.random(people.count) < _RELAYED,
        salt=int(rng.integers(1, 2**31)),
    )


def _luck(who: Longs, block: Longs, salt: int) -> Floats:
    """A number from 0 to 1 that an account has for two hours."""
    mixed = (who.astype(np.uint64) << np.uint64(20)) + block.astype(np.uint64)
    for _ in range(2):
        mixed = (mixed ^ (mixed >> np.uint64(29)) ^ np.uint64(salt)) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray((mixed >> np.uint64(11)) / 2.0**53)
