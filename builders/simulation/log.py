"""A log as numbers, for planting: who acted on which thing when, whatever the order of its rows.

A *thing* is an object of one kind with the action done on it, so a fresh one can be made alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.clocks import DAY_MS, MINUTE_MS, QUARTER_MS, SECOND_MS, Tally, step_of
from builders.simulation.planting import Indices
from builders.simulation.population import Longs
from graph.errors import ConfigError

Rng = np.random.Generator

LEAST_ACTS = 3
"""Accounts with fewer acts tell nothing of how active people are."""

_ORDER = ("acted_at", "account", "action", "object_kind", "object", "content", "text", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log's rows, in the order of their times.

    `account[r]` and `thing[r]` number `accounts` and `things`; `at[r]` is ms since 1970 UTC.
    `by_thing` has the rows thing by thing, those of thing t from `begins[t]` on.
    `things` has action, object_kind, object and owner. `step` is what nearly all times keep to, ms:
    a day's 86,400,000 for dates (`builders.clocks.step_of`). `steps` are the times that keep to it.
    """

    rows: pa.Table
    accounts: pa.Array
    things: pa.Table
    account: Indices
    thing: Indices
    at: Longs
    by_thing: Indices
    begins: Indices
    step: int
    steps: Longs

    @property
    def volumes(self) -> Indices:
        """How many acts each account has."""
        return np.bincount(self.account, minlength=len(self.accounts))

    @property
    def last(self) -> int:
        """The time of the last act."""
        return int(self.at[-1])

    def on_the_step(self, at: Longs) -> Longs:
        """Times as the log would have written them, none before its first or after its last."""
        inside = np.clip(at, self.at[0], self.last)
        # A day of some place begins at one time of UTC in summer and at another in winter: what
        # the log wrote before tells at which.
        place = np.searchsorted(self.steps, inside, side="right") - 1
        before = self.steps[np.maximum(place, 0)]
        stepped = before + (inside - before) // self.step * self.step
        return np.asarray(np.maximum(stepped, self.at[0]), dtype=np.int64)


def log_of(interactions: pa.Table) -> Log:
    """A log (`INTERACTIONS` as Arrow) as numbers. The same rows in any order give the same log.

    Raises:
        ConfigError: it has no rows.
    """
    if len(interactions) == 0:
        message = "the log has no interactions, so nothing can be planted into it"
        raise ConfigError(message)
    rows = interactions.sort_by([(name, "ascending") for name in _ORDER]).combine_chunks()
    account, accounts = _numbered(rows["account"])
    first, thing = _alike([_numbered(rows[n])[0] for n in ("object", "object_kind", "action")])
    at = rows["acted_at"].to_numpy()
    # However few acts: planted ones are written as they are, whether that is chance or not.
    step = step_of(_tally(at))
    return Log(
        rows=rows,
        accounts=accounts,
        things=rows.select(["action", "object_kind", "object", "owner"]).take(pa.array(first)),
        account=account,
        thing=thing,
        at=at,
        by_thing=np.argsort(thing, kind="stable"),
        begins=np.concatenate([[0], np.cumsum(np.bincount(thing))]),
        step=step.ms,
        steps=at[np.isin(at % step.ms, step.rests)],
    )


def _numbered(column: pa.ChunkedArray) -> tuple[Indices, pa.Array]:
    coded = pc.dictionary_encode(column).combine_chunks()
    return coded.indices.to_numpy().astype(np.int64), coded.dictionary


def _alike(columns: Sequence[Indices]) -> tuple[Indices, Indices]:
    """The first row of each distinct one, in their order, and which of these each row is like."""
    first = place = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        code = place * (column.max() + 1) + column
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
    return first.astype(np.int64), place.astype(np.int64)


def _tally(at: Longs) -> Tally:
    quarter, acts = np.unique(at[at % QUARTER_MS == 0] % DAY_MS // QUARTER_MS, return_counts=True)
    return Tally(
        acts=len(at),
        seconds=int(np.count_nonzero(at % SECOND_MS == 0)),
        minutes=int(np.count_nonzero(at % MINUTE_MS == 0)),
        quarters=dict(zip(quarter.tolist(), acts.tolist(), strict=True)),
    )
