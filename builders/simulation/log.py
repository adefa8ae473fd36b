"""A log as numbers, for planting: who acted on which thing when, whatever the order of its rows.

A *thing* is an object of one kind with the action done on it, so a fresh one can be made alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.planting import Indices
from builders.simulation.population import Longs
from builders.simulation.spec import DAY_MS, HOUR_MS, MINUTE_MS
from graph.errors import ConfigError

Rng = np.random.Generator

LEAST_ACTS = 3
"""Accounts with fewer acts tell nothing of how active people are."""

_ORDER = ("acted_at", "account", "action", "object_kind", "object", "content", "text", "owner")
_STEPS = (DAY_MS, HOUR_MS, MINUTE_MS, 1_000)
_NEARLY_ALL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log's rows, in the order of their times.

    `account[r]` and `thing[r]` number `accounts` and `things`; `at[r]` is ms since 1970 UTC.
    `by_thing` has the rows thing by thing, those of thing t from `begins[t]` on.
    `things` has action, object_kind, object and owner. `step` and `rest` are what nearly all times
    are a multiple of, and what remains: a day's 86,400,000 and 0 for dates.
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
    rest: int

    @property
    def volumes(self) -> Indices:
        """How many acts each account has."""
        return np.bincount(self.account, minlength=len(self.accounts))

    @property
    def last(self) -> int:
        """The time of the last act."""
        return int(self.at[-1])

    def on_the_step(self, at: Longs) -> Longs:
        """Times as the log would have written them, none after its last."""
        stepped = (np.minimum(at, self.last) - self.rest) // self.step * self.step + self.rest
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
    parts = [_numbered(rows[name])[0] for name in ("object", "object_kind", "action")]
    _, first, thing = np.unique(
        np.stack(parts, axis=1), axis=0, return_index=True, return_inverse=True
    )
    at = rows["acted_at"].to_numpy()
    step, rest = _step(at)
    return Log(
        rows=rows,
        accounts=accounts,
        things=rows.select(["action", "object_kind", "object", "owner"]).take(pa.array(first)),
        account=account,
        thing=thing.reshape(-1).astype(np.int64),
        at=at,
        by_thing=np.argsort(thing.reshape(-1), kind="stable"),
        begins=np.concatenate([[0], np.cumsum(np.bincount(thing.reshape(-1)))]),
        step=step,
        rest=rest,
    )


def _numbered(column: pa.ChunkedArray) -> tuple[Indices, pa.Array]:
    coded = pc.dictionary_encode(column).combine_chunks()
    return coded.indices.to_numpy().astype(np.int64), coded.dictionary


def _step(at: npt.NDArray[np.int64]) -> tuple[int, int]:
    for step in _STEPS:
        rests, counts = np.unique(at % step, return_counts=True)
        if counts.max() >= _NEARLY_ALL * len(at):
            return step, int(rests[counts.argmax()])
    return 1, 0
