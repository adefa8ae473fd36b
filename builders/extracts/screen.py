"""What each model column demands of its values, and the screening of a batch against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.extracts.clock import Clock, TimeRemarks
from builders.extracts.faults import Faults, as_mask
from builders.extracts.texts import (
    empty_as_null,
    exact_text,
    screen_id,
    screen_listed,
    screen_null,
    screen_word,
)
from builders.extracts.times import milliseconds, screen_times
from graph.schema import Schema

Demand = Literal["account", "id", "object", "word", "time", "count", "free"]

_DEMANDS: Mapping[str, Demand] = {
    "account": "account",
    "action": "word",
    "object": "object",
    "object_kind": "word",
    "acted_at": "time",
    "content": "id",
    "owner": "id",
    "text": "free",
    "platform": "word",
    "name": "free",
    "created_at": "time",
    "followers": "count",
}
_WHOLE = r"^\d{1,18}(\.0*)?$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the rows of one file are held against."""

    schema: Schema
    clock: Clock
    sentinel_ids: Sequence[str]
    actions: Mapping[str, str]


@dataclass(slots=True)
class Remarks:
    """What was seen in one file's values and is no fault."""

    times: TimeRemarks = field(default_factory=TimeRemarks)
    empty: Counter[str] = field(default_factory=Counter)
    on_itself: int = 0


def screened(
    found: Mapping[str, pa.Array], against: Screen, faults: Faults, remarks: Remarks
) -> dict[str, pa.Array]:
    """The model columns that `found` fills, typed as the schema says; bad rows go to `faults`.

    Rows keep their places: a faulty row's values are of no meaning.

    Raises:
        ExtractError: a column's type cannot give ids without loss.
        ConfigError: a column's type does not fit the declared time unit.
    """
    result: dict[str, pa.Array] = {}
    for column in against.schema.columns:
        if column.name not in found:
            continue
        values = found[column.name]
        if not column.nullable:
            screen_null(values, column.name, faults)
        demand = _DEMANDS.get(column.name, "free")
        if demand == "time":
            result[column.name] = _times(values, column.name, against.clock, faults, remarks)
        elif demand == "count":
            result[column.name] = _counts(values, column.name, faults)
        else:
            text = exact_text(values, column.name)
            if column.nullable and column.name not in ("text", "name"):
                text, empty = empty_as_null(text)
                if empty:
                    remarks.empty[column.name] += empty
            result[column.name] = _text(text, column.name, demand, against, faults)
    remarks.on_itself += _on_itself(result, faults)
    return result


def _on_itself(result: Mapping[str, pa.Array], faults: Faults) -> int:
    """How many usable rows are of an account on itself or on what belongs to it."""
    own = np.zeros(len(faults.bad), dtype=np.bool_)
    if "owner" in result:
        own |= as_mask(pc.equal(result["account"], result["owner"]))
    if "object_kind" in result:
        accounts = as_mask(pc.equal(result["object_kind"], "account"))
        own |= accounts & as_mask(pc.equal(result["account"], result["object"]))
    return int(np.count_nonzero(own & ~faults.bad))


def _text(text: pa.Array, column: str, demand: Demand, against: Screen, faults: Faults) -> pa.Array:
    if demand == "account":
        screen_id(text, column, faults)
        screen_listed(text, column, against.sentinel_ids, faults)
    elif demand in ("id", "object"):
        screen_id(text, column, faults, joiners=demand == "object")
    elif demand == "word":
        screen_word(text, column, faults)
    if column == "action" and against.actions:
        return _declared_actions(text, against.actions, faults)
    return text


def _declared_actions(text: pa.Array, actions: Mapping[str, str], faults: Faults) -> pa.Array:
    places = pc.index_in(text, value_set=pa.array(list(actions), pa.string()))
    unknown = as_mask(pc.is_null(places)) & as_mask(pc.is_valid(text))
    faults.add(unknown, "action", "action that `actions` does not declare", text)
    return pa.array(list(actions.values()), pa.string()).take(places)


def _times(
    values: pa.Array, column: str, clock: Clock, faults: Faults, remarks: Remarks
) -> pa.Array:
    times = milliseconds(values, column, clock, faults)
    screen_times(times, values, column, clock, faults, remarks.times)
    return pa.array(times, pa.int64(), mask=as_mask(pc.is_null(values)))


def _counts(values: pa.Array, column: str, faults: Faults) -> pa.Array:
    if pa.types.is_null(values.type):
        return values.cast(pa.int64())
    if pa.types.is_string(values.type):
        return _counts_in_text(values, column, faults)
    given = as_mask(pc.is_valid(values))
    numbers = pc.fill_null(values.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
    fits = (numbers >= 0) & (numbers < 2.0**53) & (numbers == np.floor(numbers))
    faults.add(given & ~fits, column, "no whole number from 0", values)
    return pa.array(np.where(fits, numbers, 0).astype(np.int64), mask=~given)


def _counts_in_text(text: pa.Array, column: str, faults: Faults) -> pa.Array:
    given = as_mask(pc.is_valid(text))
    fits = as_mask(pc.match_substring_regex(text, _WHOLE))
    faults.add(given & ~fits, column, "no whole number from 0", text)
    digits = pc.replace_substring_regex(pc.if_else(pa.array(fits), text, "0"), r"\..*", "")
    return pc.if_else(pa.array(given), digits.cast(pa.int64()), pa.scalar(None, pa.int64()))
