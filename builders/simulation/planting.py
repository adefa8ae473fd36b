"""The bed that rings and look-alikes are planted in: what they take, make, do and are called."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.simulation.clock import waking_times
from builders.simulation.drawing import located, weighted
from builders.simulation.objects import Posts
from builders.simulation.population import Bools, Floats, Ints, Longs, Population
from builders.simulation.rows import COMMENT, LIKE, LOGIN, NONE, Rows, joined
from builders.simulation.spec import DAY_MS, HOUR_MS, SimulationSpec
from builders.simulation.texts import Phrases
from graph.errors import ConfigError

Indices = npt.NDArray[np.int64]


@dataclass(slots=True, kw_only=True)
class Bed:
    """Collects what is planted, until the world is closed.

    `expected`, `created_at`, `device`, `home_address`, `carrier_address` begin as the
    population's and are changed for planted accounts; `model[a]` is the account whose objects
    account a copies. `ring_member` marks accounts of rings, `rate_ends` is the running sum of the
    population's activity.
    """

    spec: SimulationSpec
    population: Population
    posts: Posts
    stock: Phrases
    expected: Floats
    created_at: Longs
    device: Ints
    home_address: Ints
    carrier_address: Ints
    model: Ints
    ring_member: Bools
    rate_ends: Floats
    addresses: int
    devices: int
    links: int
    post_owners: list[Indices] = field(default_factory=list)
    planted_posts: int = 0
    texts: list[str] = field(default_factory=list)
    parts: list[Rows] = field(default_factory=list)
    visits: list[tuple[int, Indices, Longs]] = field(default_factory=list)
    rings: list[tuple[str, str | None, str, Indices, Bools]] = field(default_factory=list)
    lookalikes: list[tuple[str, str, Indices]] = field(default_factory=list)
    pages: list[Indices] = field(default_factory=list)

    def members(self, rng: np.random.Generator, count: int, *, at_least: float) -> Indices:
        """Accounts for a ring, drawn evenly from those with at least so many expected actions.

        Raises:
            ConfigError: the platform has too few accounts left.
        """
        eligible = np.flatnonzero(~self.ring_member & (self.population.expected >= at_least))
        if len(eligible) < count:
            message = (
                f"a ring wants {count} accounts where {len(eligible)} are left;"
                " simulate more interactions or plant fewer rings"
            )
            raise ConfigError(message)
        chosen = np.sort(rng.choice(eligible, count, replace=False))
        self.ring_member[chosen] = True
        return chosen

    def crowd(self, rng: np.random.Generator, count: int, *, topic: int | None = None) -> Indices:
        """Organic accounts for a look-alike, the more active sooner; one account comes once.

        With a `topic`, an account of another home topic is taken one time in fifty.
        """
        chosen = np.empty(0, dtype=np.int64)
        while len(chosen) < count:
            drawn = located(self.rate_ends, rng.random(2 * count + 8) * self.rate_ends[-1])
            suits = ~self.ring_member[drawn]
            if topic is not None:
                suits &= (self.population.home_topic[drawn] == topic) | (
                    rng.random(len(drawn)) < 0.02
                )
            both = np.concatenate([chosen, drawn[suits]])
            _, first = np.unique(both, return_index=True)
            chosen = both[np.sort(first)]
        return np.sort(chosen[:count])

    def make_fresh(
        self, rng: np.random.Generator, accounts: Indices, *, within_days: float
    ) -> None:
        """Let accounts be made within some days of one another, in the month before the start."""
        last = self.spec.start_ms - int(rng.uniform(0.0, 20.0) * DAY_MS)
        spread = rng.uniform(0.0, within_days * DAY_MS, len(accounts))
        self.created_at[accounts] = last - spread.astype(np.int64)

    def spend(self, accounts: Indices, actions: npt.NDArray[np.integer]) -> None:
        """Take planted actions off what accounts do by themselves, so that the sum stays usual."""
        self.expected[accounts] = np.maximum(self.expected[accounts] - actions, 0.0)

    def new_posts(self, owners: Indices) -> Indices:
        """Posts of the given owners, which only planted rows and asked visits reach."""
        first = self.posts.count + self.planted_posts
        self.post_owners.append(owners)
        self.planted_posts += len(owners)
        return np.arange(first, first + len(owners))

    def new_links(self, count: int) -> Indices:
        """Links that only planted rows and asked visits reach."""
        self.links += count
        return np.arange(self.links - count, self.links)

    def new_addresses(self, count: int) -> Indices:
        """Addresses that nobody has yet."""
        self.addresses += count
        return np.arange(self.addresses - count, self.addresses)

    def new_devices(self, count: int) -> Indices:
        """Devices that nobody has yet."""
        self.devices += count
        return np.arange(self.devices - count, self.devices)

    def new_text(self, text: str) -> int:
        """The number of a text that planted comments may carry."""
        self.texts.append(text)
        return len(self.texts) - 1

    def act(
        self,
        account: npt.NDArray[np.integer],
        at: npt.NDArray[np.integer],
        action: int | npt.NDArray[np.integer],
        object_: npt.NDArray[np.integer] | int,
        aux: npt.NDArray[np.integer] | int = NONE,
    ) -> None:
        """Add interactions; those that begin after the span are left out, as in a real extract."""
        shape = len(account)
        columns = [
            np.broadcast_to(np.asarray(c), shape) for c in (account, at, action, object_, aux)
        ]
        inside = (columns[1] >= 0) & (columns[1] < self.spec.span_ms)
        self.parts.append(Rows(*(column[inside] for column in columns)))

    def ask_visits(self, action: int, objects: Indices, from_ms: Longs, counts: Indices) -> None:
        """Ask for organic traffic on planted objects, drawn when all rings are known."""
        self.visits.append((action, np.repeat(objects, counts), np.repeat(from_ms, counts)))

    def log_in(self, rng: np.random.Generator, accounts: Indices, times: int) -> None:
        """Let accounts log in some times over the span, awake in their zone."""
        who = np.repeat(accounts, times)
        at = waking_times(rng, len(who), self.zone_of(who), self.spec.span_ms)
        self.act(who, at, LOGIN, NONE)

    def zone_of(self, accounts: npt.NDArray[np.integer]) -> Indices:
        """The time zones of accounts."""
        return np.searchsorted(self.population.zone_ends, accounts, side="right")

    def planted(self) -> Rows:
        """Everything planted, with the organic visits that were asked for, in time order."""
        return joined([*self.parts, *self._drawn_visits()])

    def _drawn_visits(self) -> list[Rows]:
        if not self.visits:
            return []
        rng = np.random.default_rng([self.spec.seed, 5])
        action = np.concatenate([np.full(len(begin), a) for a, _, begin in self.visits])
        object_ = np.concatenate([objects for _, objects, _ in self.visits])
        begin = np.concatenate([begin for _, _, begin in self.visits])
        weight = np.where(self.ring_member, 0.0, self.population.expected)
        account = weighted(rng, weight, len(begin))
        waits = rng.exponential(8.0 * HOUR_MS, len(begin)).astype(np.int64)
        at = begin + waits % (self.spec.span_ms - begin)
        talks = (action == LIKE) & (rng.random(len(begin)) < 0.15)
        rows = Rows(
            account.astype(np.int32),
            at,
            np.where(talks, COMMENT, action),
            object_,
            np.full(len(begin), NONE),
        )
        return [rows]


def open_bed(spec: SimulationSpec, population: Population, posts: Posts, stock: Phrases) -> Bed:
    """A bed in which nothing is planted yet."""
    count = population.count
    return Bed(
        spec=spec,
        population=population,
        posts=posts,
        stock=stock,
        expected=population.expected.copy(),
        created_at=population.created_at.copy(),
        device=population.device.copy(),
        home_address=population.home_address.copy(),
        carrier_address=population.carrier_address.copy(),
        model=np.full(count, NONE, dtype=np.int32),
        ring_member=np.zeros(count, dtype=bool),
        rate_ends=np.cumsum(population.expected),
        addresses=count + population.carriers,
        devices=2 * count,
        links=posts.links,
    )


def ring_table(bed: Bed) -> pa.Table:
    """The truth about rings: ring, level (null beside the levels), kind, account, hijacked."""
    names, levels, kinds, accounts, hijacked = [], [], [], [], []
    for name, level, kind, members, taken_over in bed.rings:
        names += [name] * len(members)
        levels += [level] * len(members)
        kinds += [kind] * len(members)
        accounts.append(members)
        hijacked.append(taken_over)
    table = pa.table(
        {
            "ring": pa.array(names, pa.string()),
            "level": pa.array(levels, pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "account": _ids(bed, accounts),
            "hijacked": pa.array(np.concatenate([*hijacked, np.empty(0, dtype=bool)])),
        }
    )
    return table.sort_by([("ring", "ascending"), ("account", "ascending")])


def lookalike_table(bed: Bed) -> pa.Table:
    """The truth about look-alikes: group, kind, account. Members of rings are left out."""
    names, kinds, accounts = [], [], []
    for name, kind, members in bed.lookalikes:
        innocent = members[~bed.ring_member[members]]
        names += [name] * len(innocent)
        kinds += [kind] * len(innocent)
        accounts.append(innocent)
    table = pa.table(
        {
            "group": pa.array(names, pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "account": _ids(bed, accounts),
        }
    )
    return table.sort_by([("group", "ascending"), ("account", "ascending")])


def _ids(bed: Bed, accounts: list[Indices]) -> pa.Array:
    numbers = np.concatenate([*accounts, np.empty(0, dtype=np.int64)])
    return bed.population.ids.take(pa.array(numbers))
