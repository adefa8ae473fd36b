"""The bed that rings are planted in when it is a log: what they take, make, do and are called.

A hijacked member loses as many of its own acts as the ring gives it, and a fresh one gets as many
acts as some organic account has, so how much an account does gives no ring away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids
from builders.simulation.log import LEAST_ACTS, Log
from builders.simulation.planting import Indices
from builders.simulation.population import Bools, Longs
from builders.simulation.spec import DAY_MS, HOUR_MS
from graph.errors import ConfigError

Rng = np.random.Generator

LEAST_RING = 3
"""Accounts that a ring has at least."""

_FADES_MS = 8.0 * HOUR_MS  # half of a fresh thing's visitors come within it, as in the simulator
_ROOM = 4  # acts of the log to choose each visitor from, where a day has fewer


@dataclass(slots=True, kw_only=True)
class LogBed:
    """Collects what is planted, until the log is written.

    `thing` begins as the log's and is changed where an organic act is sent to a fresh thing;
    `kept` marks the rows that stay, `unsent` those of accounts in no ring that were not sent away.
    Accounts and things from `len(log.accounts)` and
    `len(log.things)` on are fresh. `volume` is what each member of a ring is to do in all.
    """

    log: Log
    seed: int
    least_acts: int
    most_accounts: int | None
    thing: Indices
    kept: Bools
    unsent: Bools
    ring_member: Bools
    volume: dict[int, int] = field(default_factory=dict)
    fresh_accounts: int = 0
    fresh_things: list[tuple[str, str, str | None]] = field(default_factory=list)
    parts: list[tuple[Indices, Indices, Longs]] = field(default_factory=list)
    rings: list[tuple[str, str, str, Indices]] = field(default_factory=list)
    alike: dict[tuple[str, str], tuple[Indices, Longs]] = field(default_factory=dict)
    """The rows of an action and a kind, and their times, once somebody asked for them."""

    def bounded(self, size: int) -> int:
        """A ring's size, no larger than was allowed and no smaller than a ring."""
        return max(LEAST_RING, min(size, self.most_accounts or size))

    @property
    def able(self) -> Indices:
        """The accounts of the log that do enough to be taken, or to be the measure of a member."""
        return np.flatnonzero(self.log.volumes >= self.least_acts)

    def recruits(self, rng: Rng, count: int, *, hijacked: float) -> Indices:
        """Members: hijacked accounts of the log that do enough, and the rest fresh ones.

        Raises:
            ConfigError: the log has too few such accounts left.
        """
        volumes = self.log.volumes
        able = self.able
        free = able[~self.ring_member[able]]
        taken = round(hijacked * count)
        if len(free) < max(taken, 1):
            message = (
                f"a ring wants {max(taken, 1)} accounts with {self.least_acts} acts or more where"
                f" {len(free)} are left; plant fewer rings, or into a larger log"
            )
            raise ConfigError(message)
        old = np.sort(rng.choice(free, taken, replace=False))
        self.ring_member[old] = True
        self.unsent[self.ring_member[self.log.account]] = False
        first = len(self.log.accounts) + self.fresh_accounts
        new = np.arange(first, first + count - taken)
        self.fresh_accounts += len(new)
        like = rng.choice(able, len(new))
        self.volume.update(zip(old.tolist(), volumes[old].tolist(), strict=True))
        self.volume.update(zip(new.tolist(), volumes[like].tolist(), strict=True))
        return np.concatenate([old, new])

    def volumes_of(self, members: Indices) -> Indices:
        """What each member is to do in all."""
        return np.array([self.volume[int(each)] for each in members], dtype=np.int64)

    def is_fresh(self, account: int) -> bool:
        """Whether an account is not of the log."""
        return account >= len(self.log.accounts)

    def own_rows(self, account: int) -> Indices:
        """The rows of an account's own acts that stay as yet."""
        return np.flatnonzero((self.log.account == account) & self.kept)

    def act(self, account: Indices, thing: Indices, at: Longs) -> None:
        """Add acts, at times as the log would have written them."""
        self.parts.append((account, thing, self.log.on_the_step(at)))

    def make_room(self, rng: Rng, account: int, acts: int) -> None:
        """Take away as many of an account's own acts as were added, or all that it has."""
        own = self.own_rows(account)
        self.kept[rng.choice(own, min(acts, len(own)), replace=False)] = False

    def new_thing(self, like: int) -> int:
        """A thing that nobody acted on, of the action and kind of another."""
        row = self.log.things.slice(like, 1).to_pylist()[0]
        return self.made(row["action"], row["object_kind"], None)

    def made(self, action: str, kind: str, name: str | None) -> int:
        """A thing of an action and a kind; without a name it gets an id of its own."""
        self.fresh_things.append((action, kind, name))
        return len(self.log.things) + len(self.fresh_things) - 1

    def send_visitors(self, rng: Rng, thing: int, begin: int, count: int) -> None:
        """Let organic accounts do on a fresh thing what they did elsewhere of its action and kind.

        Most come within hours, as people do who hear of something new; an account comes once.
        """
        kind, at = self._alike(thing)
        first = int(np.searchsorted(at, begin))
        end = int(np.searchsorted(at, begin + DAY_MS, side="right"))
        room = _ROOM * count
        start = max(0, min(first, len(kind) - room))
        near = slice(start, max(end, start + room))
        unsent = self.unsent[kind[near]]
        rows, at = kind[near][unsent], at[near][unsent]
        if len(rows) == 0:
            return
        wait = np.maximum(at - begin, 0)
        weight = np.exp2(-wait / _FADES_MS) + 1e-3
        drawn = rng.choice(rows, min(count, len(rows)), replace=False, p=weight / weight.sum())
        _, once = np.unique(self.log.account[drawn], return_index=True)
        self.thing[drawn[once]] = thing
        self.unsent[drawn[once]] = False

    def _alike(self, thing: int) -> tuple[Indices, Longs]:
        """The rows with the action and kind of a fresh thing, and their times."""
        action, kind, _ = self.fresh_things[thing - len(self.log.things)]
        if (action, kind) not in self.alike:
            actions = pc.equal(self.log.things["action"], action)
            both = pc.and_(actions, pc.equal(self.log.things["object_kind"], kind))
            rows = np.flatnonzero(both.to_numpy()[self.log.thing])
            self.alike[action, kind] = rows, self.log.at[rows]
        return self.alike[action, kind]

    def account_ids(self) -> pa.Array:
        """All accounts' ids, those of fresh ones unlike any in the log."""
        fresh = _unused(self.log.accounts, self.fresh_accounts, salt=2 * self.seed + 1)
        return pa.concat_arrays([self.log.accounts, pa.array(fresh, pa.string())])

    def thing_table(self) -> pa.Table:
        """All things, those of fresh ones with ids unlike any in the log."""
        # What an account is followed by has the account's id, which is known only now.
        nameless = sum(name is None for _, _, name in self.fresh_things)
        drawn = iter(_unused(self.log.things["object"], nameless, salt=2 * self.seed + 2))
        rows = [
            {"action": action, "object_kind": kind,
             "object": next(drawn) if name is None else name,
             "owner": None}
            for action, kind, name in self.fresh_things
        ]  # fmt: skip
        made = pa.Table.from_pylist(rows, schema=self.log.things.schema)
        return pa.concat_tables([self.log.things, made])


def open_log_bed(
    log: Log, seed: int, *, least_acts: int = LEAST_ACTS, most_accounts: int | None = None
) -> LogBed:
    """A bed in which nothing is planted yet."""
    return LogBed(
        log=log,
        seed=seed,
        least_acts=least_acts,
        most_accounts=most_accounts,
        thing=log.thing.copy(),
        kept=np.ones(len(log.at), dtype=bool),
        unsent=np.ones(len(log.at), dtype=bool),
        ring_member=np.zeros(len(log.accounts), dtype=bool),
    )


def _unused(taken: pa.Array | pa.ChunkedArray, count: int, *, salt: int) -> list[str]:
    """So many ids that are not among some."""
    found: list[str] = []
    begin = 0
    while len(found) < count:
        numbers = np.arange(begin, begin + count + 16)
        drawn = ids.letters(ids.scramble(numbers, bits=55, salt=salt), width=11)
        # To look for the few among the many takes no table of the many.
        met = set(taken.filter(pc.is_in(taken, value_set=drawn)).to_pylist())
        found += [each for each in drawn.to_pylist() if each not in met]
        begin += len(numbers)
    return found[:count]
