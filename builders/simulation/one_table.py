"""What worlds of one table have in common: a spec, acts as columns, groups and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.simulation.population import Floats, Longs
from builders.simulation.spec import SimulationSpec
from graph.errors import ConfigError

NONE = -1
"""No text, no place of its own."""

LEAST_LIFE = 0.4
"""The share of all acts that must be left for everybody's life, beside what is planted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """How many interactions, in how many days. The same spec gives the same bytes."""

    interactions: int = 500_000
    days: int = 14
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            ConfigError: a number is out of bounds.
        """
        SimulationSpec(interactions=self.interactions, days=self.days, seed=self.seed)


@dataclass(frozen=True, slots=True)
class Acts:
    """Acts as columns, an entry an act: who does what kind of thing to which, at s from the start.

    `text` numbers what is said, by the count of whoever keeps the texts.
    """

    who: Longs
    what: Longs
    at: Floats
    action: Longs
    text: Longs

    def pick(self, which: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Self:
        """Some of them, in the order of `which`."""
        return type(self)(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class PlacedActs(Acts):
    """Acts that tell where they were done; `place` numbers addresses."""

    place: Longs


_Some = TypeVar("_Some", bound=Acts)


def of_all(given: npt.ArrayLike, count: int) -> Longs:
    """A column of acts; one number given is that of all."""
    return np.broadcast_to(np.asarray(given, dtype=np.int64), count)


def all_of(parts: Sequence[_Some]) -> _Some:
    """All acts of some parts, one part after another."""
    first = parts[0]
    return type(first)(
        *(
            np.concatenate([getattr(part, field.name) for part in parts])
            for field in fields(first)
        )
    )  # fmt: skip


def in_order(acts: _Some) -> _Some:
    """All acts by time; those of one moment by account, action and thing."""
    return acts.pick(np.lexsort((acts.what, acts.action, acts.who, acts.at)))


def repeated(who: Longs, what: Longs, action: Longs, rank: Floats | Longs) -> Longs:
    """Which acts their account does to the same thing again, in the order of accounts and things.

    Of several alike the one of the least `rank` is the first, and not among them.
    """
    order = np.lexsort((rank, action, what, who))
    same = np.ones(max(len(who) - 1, 0), dtype=np.bool_)
    for column in (who, what, action):
        same &= column[order][1:] == column[order][:-1]
    return order[1:][same]


@dataclass(frozen=True, slots=True)
class Group:
    """Who was planted together; `level` is None where they are innocent."""

    name: str
    kind: str
    level: str | None
    members: Longs


def room_beside(planted: Sequence[Acts], spec: TableSpec) -> int:
    """How many acts are left for everybody's life, so that the world is as large as was asked.

    Raises:
        ConfigError: fewer than `LEAST_LIFE` of all are.
    """
    made = sum(len(part.who) for part in planted)
    room = spec.interactions - made
    if room < LEAST_LIFE * spec.interactions:
        message = f"rings and look-alikes make {made} of {spec.interactions} interactions"
        raise ConfigError(message)
    return room


def labels_of(groups: Sequence[Group], who: Longs, accounts: pa.StringArray) -> pa.Table:
    """The labels file: a row a member of a group.

    Args:
        groups: rings and look-alikes.
        who: the account of each act. Whom no act names is not there to be found, and in no label.
        accounts: the names of all accounts.
    """
    acting = np.zeros(len(accounts), dtype=np.bool_)
    acting[who] = True
    members = [group.members[acting[group.members]] for group in groups]
    row = pa.array(np.repeat(np.arange(len(members)), [len(some) for some in members]))
    told = {
        "group_id": pa.array([group.name for group in groups]),
        "is_ring": pa.array([group.level is not None for group in groups]),
        "kind": pa.array([group.kind for group in groups]),
        "level": pa.array([group.level for group in groups], pa.string()),
    }
    columns = {name: values.take(row) for name, values in told.items()}
    named = accounts.take(pa.array(np.concatenate(members)))
    return pa.table({"account_id": named, **columns})
