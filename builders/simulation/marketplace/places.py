"""Where people act from: addresses of homes, carriers, work and relays; devices of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from builders.simulation.drawing import weighted
from builders.simulation.hours import DAY, HOUR, Hours
from builders.simulation.marketplace.people import People
from builders.simulation.one_table import NONE
from builders.simulation.population import Floats, Longs

_STAY = 3 * HOUR
"""For so long somebody stays on one connection and one device."""

_DEVICES = 4


@dataclass(slots=True, kw_only=True)
class Places:
    """Addresses and devices, by number; one entry an account, or one a house.

    Many accounts are behind one address: of a carrier, which gives hundreds of phones the same one
    (Richter and others 2016), of a work place, of a relay. One house has many addresses: a provider
    gives it another every day or week (Padmanabhan and others 2016), and its old one to others.

    `house`: of each account. `lease`: days for which a house has one address; infinite where it is
    its own. `carrier`, `work`, `relay`: the first address of what the account uses, or `NONE`, and
    beside it how many there are. `away`: how often an account is on its carrier's network.
    """

    salt: int
    house: Longs
    lease: Floats
    pool: int
    carrier: Longs
    exits: Longs
    work: Longs
    relay: Longs
    relays: int
    away: Floats
    devices: Longs
    tablet: float
    addresses: int
    machines: int

    def new_addresses(self, count: int) -> Longs:
        """Addresses that nobody had before."""
        self.addresses += count
        return np.arange(self.addresses - count, self.addresses)

    def new_machines(self, count: int) -> Longs:
        """Devices that nobody had before."""
        self.machines += count
        return np.arange(self.machines - count, self.machines)

    def live_together(self, who: Longs) -> None:
        """Move accounts into the house of the first."""
        self.house[who] = self.house[who[0]]

    def address(self, hours: Hours, people: People, who: Longs, at: Floats) -> Longs:
        """Where each act came from: the same for one account for hours."""
        block = (at // _STAY).astype(np.int64)
        luck = _luck(who, block, self.salt)
        house = self.house[who]
        lease = self.lease[house]
        turn = np.where(np.isfinite(lease), at / DAY / np.where(np.isfinite(lease), lease, 1.0), 0)
        leased = _luck(house, turn.astype(np.int64), self.salt + 1) * self.pool
        home = np.where(np.isfinite(lease), leased.astype(np.int64), self.pool + house)
        exit_ = (_luck(who, block, self.salt + 2) * self.exits[who]).astype(np.int64)
        found = np.where(luck < self.away[who], self.carrier[who] + exit_, home)
        works = hours.at_work(people.zone[who], at) & (self.work[who] != NONE)
        found = np.where(works & (luck < 0.6), self.work[who], found)
        way = (_luck(who, block, self.salt + 3) * self.relays).astype(np.int64)
        return np.where((self.relay[who] != NONE) & (luck > 0.4), self.relay[who] + way, found)

    def device(self, who: Longs, at: Floats) -> Longs:
        """On what each act was done: mostly the first device; or a tablet that a house shares."""
        luck = _luck(who, (at // _STAY).astype(np.int64), self.salt + 4)
        own = np.where(luck < 0.75, 0, (luck * 97) % self.devices[who]).astype(np.int64)
        shared = (luck > 1.0 - self.tablet) & (self.devices[who] > 1)
        return np.where(
            shared, len(self.devices) * _DEVICES + self.house[who], who * _DEVICES + own
        )


def drawn_places(rng: np.random.Generator, people: People) -> Places:
    """Where the people of a world are."""
    count = people.count
    own = rng.random(count) > rng.uniform(0.25, 0.5)
    # The others live with the one before them in a list without order: mostly two to a house.
    order = rng.permutation(count)
    house = np.empty(count, dtype=np.int64)
    house[order] = np.cumsum(np.where(np.arange(count) == 0, True, own)) - 1
    houses = int(house.max()) + 1
    lease = np.where(
        rng.random(houses) < rng.uniform(0.2, 0.7),
        rng.choice([1.0, 1.0, 2.0, 7.0, 14.0], houses),
        np.inf,
    )
    pool = int(1.5 * np.isfinite(lease).sum()) + 1
    addresses = pool + houses
    exits = max(1, int(count / rng.uniform(60, 400)))
    carriers = int(rng.integers(2, 7))
    each = max(1, exits // carriers)
    carrier = addresses + each * weighted(rng, rng.dirichlet(np.full(carriers, 2.0)), count)
    addresses += each * carriers
    # Work places are heavy-tailed too; schools and offices of a few to some hundreds.
    size = 1.0 + rng.pareto(1.1, max(2, count // 40))
    works = rng.random(count) < rng.uniform(0.15, 0.4)
    work = np.where(works, addresses + weighted(rng, np.minimum(size, 60.0), count), NONE)
    addresses += len(size)
    relays = int(rng.integers(4, 40))
    hidden = rng.random(count) < rng.uniform(0.005, 0.05)
    relay = np.where(hidden, addresses, NONE)
    return Places(
        salt=int(rng.integers(1, 2**31)),
        house=house,
        lease=lease,
        pool=pool,
        carrier=carrier,
        exits=np.full(count, each),
        work=work,
        relay=relay,
        relays=relays,
        away=rng.beta(1.0, rng.uniform(1.0, 3.0), count),
        devices=rng.choice(np.array([1, 2, 3, 4]), count, p=[0.45, 0.35, 0.15, 0.05]),
        tablet=float(rng.uniform(0.02, 0.12)),
        addresses=addresses + relays,
        machines=count * _DEVICES + houses,
    )


def _luck(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], salt: int) -> Floats:
    """A number in [0, 1) that pairs of numbers always have, without a table of all pairs."""
    mixed = one.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= other.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(salt)
    for shift, odd in ((33, 0xFF51AFD7ED558CCD), (29, 0xC4CEB9FE1A85EC53)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(odd)
    mixed ^= mixed >> np.uint64(32)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)
