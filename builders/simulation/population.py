"""Who is on the platform: accounts with zone, home topic, activity, fame, devices, addresses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids, words
from builders.simulation.spec import DAY_MS, SimulationSpec

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TOPICS = 10
ZONE_SHARES = (0.35, 0.3, 0.2, 0.15)
ZONE_OFFSETS = (-6, 0, 3, 8)
"""Hours from UTC of the four time zones."""

LOYALTY = 0.7
"""The share of an account's actions that go to its home topic."""

_LEAST_ACTIVE = 13.5  # with a Pareto exponent of 1.5 this gives 32 actions an account
_CARRIER_SHARE = 0.3
_ACCOUNTS_PER_CARRIER_ADDRESS = 850


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Accounts by number, sorted by zone; everything else is an array over them.

    `expected` is the number of actions an account is expected to take in the whole span.
    `home_address` and `carrier_address` number addresses, `device` numbers devices; an account
    without a carrier has -1.
    """

    ids: pa.StringArray
    zone_ends: Longs
    home_topic: npt.NDArray[np.int8]
    expected: Floats
    fast: Bools
    fame: Floats
    created_at: Longs
    device: Ints
    home_address: Ints
    carrier_address: Ints
    carriers: int

    @property
    def count(self) -> int:
        """How many accounts."""
        return len(self.expected)


def populate(spec: SimulationSpec, salt: int) -> Population:
    """Draw the accounts of a platform before anything is planted."""
    rng = np.random.default_rng([spec.seed, 1])
    count = spec.accounts
    zones = np.sort(rng.choice(len(ZONE_SHARES), count, p=ZONE_SHARES)).astype(np.int8)
    household = _households(rng, count)
    carriers = max(1, int(count * _CARRIER_SHARE) // _ACCOUNTS_PER_CARRIER_ADDRESS)
    on_carrier = rng.random(count) < _CARRIER_SHARE
    carrier = np.where(on_carrier, rng.integers(0, carriers, count), -1)
    shares_device = rng.random(count) < 0.15
    return Population(
        ids=ids.account_ids(count, salt=salt),
        zone_ends=np.searchsorted(zones, np.arange(len(ZONE_SHARES)), side="right"),
        home_topic=_home_topics(rng, zones),
        expected=_activity(rng, count),
        fast=rng.random(count) < 0.05,
        fame=np.minimum(rng.pareto(1.1, count) + 0.2, 2_000.0),
        created_at=spec.start_ms - _ages(rng, count),
        device=np.where(shares_device, household, np.arange(count)).astype(np.int32),
        home_address=household.astype(np.int32),
        carrier_address=carrier.astype(np.int32),
        carriers=carriers,
    )


def account_table(
    population: Population, created_at: Longs, pages: Longs, spec: SimulationSpec
) -> pa.Table:
    """The platform's list of accounts, sorted by id; `pages` show a page's name."""
    rng = np.random.default_rng([spec.seed, 2])
    count = population.count
    names = _names(rng, count, pages)
    followers = rng.poisson(population.fame * 15.0)
    table = pa.table(
        {
            "account": population.ids,
            "name": names,
            "created_at": pa.array(created_at, pa.int64()),
            "followers": pa.array(followers, pa.int64()),
            "platform": pa.array(["agora"]).take(pa.array(np.zeros(count, dtype=np.int8))),
        }
    )
    return table.sort_by("account")


def _activity(rng: np.random.Generator, count: int) -> Floats:
    active = np.minimum(_LEAST_ACTIVE * (1.0 + rng.pareto(1.5, count)), 2_000.0)
    lurking = rng.random(count) < 0.15
    return np.where(lurking, rng.uniform(0.5, 3.0, count), active)


def _home_topics(rng: np.random.Generator, zones: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Each zone prefers other topics: its own topics come first in a declining series."""
    rank = (np.arange(TOPICS)[None, :] - 3 * np.arange(len(ZONE_SHARES))[:, None]) % TOPICS
    share = 1.0 / (1.0 + rank)
    ends = np.cumsum(share / share.sum(axis=1, keepdims=True), axis=1)
    drawn = rng.random(len(zones))
    topic = np.minimum((drawn[:, None] > ends[zones]).sum(axis=1), TOPICS - 1)
    return np.asarray(topic, dtype=np.int8)


def _ages(rng: np.random.Generator, count: int) -> Longs:
    """Ages in ms: a platform of eight years that grows, so young accounts are many."""
    years = 8.0 * rng.beta(1.0, 1.8, count)
    return (years * 365.25 * DAY_MS).astype(np.int64) + 60_000


def _households(rng: np.random.Generator, count: int) -> Longs:
    """For each account the first account of its household; a third live with others."""
    opens = rng.random(count) < 0.8
    opens[0] = True
    return np.maximum.accumulate(np.where(opens, np.arange(count), 0))


def _names(rng: np.random.Generator, count: int, pages: Longs) -> pa.Array:
    parts = [
        pa.array(bank).take(_choice(rng, len(bank), count))
        for bank in (words.FIRST_NAMES, words.LAST_NAMES, words.NAME_TAILS)
    ]
    number = pc.cast(pa.array(rng.integers(1, 10_000, count)), pa.string())
    names = pc.binary_join_element_wise(*parts, number, "")
    awkward = rng.random(count) < 0.001
    names = pc.if_else(
        pa.array(awkward),
        pa.array(words.AWKWARD_NAMES).take(_choice(rng, len(words.AWKWARD_NAMES), count)),
        names,
    )
    is_page = np.zeros(count, dtype=bool)
    is_page[pages] = True
    towns = pa.array([f"{town} Daily (Northern Press)" for town in words.TOWNS])
    return pc.if_else(pa.array(is_page), towns.take(_choice(rng, len(words.TOWNS), count)), names)


def _choice(rng: np.random.Generator, bound: int, count: int) -> pa.Array:
    return pa.array(rng.integers(0, bound, count, dtype=np.int32))
