"""Times in any declared form to whole milliseconds since 1970 UTC, and the check of their range."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from builders.extracts.clock import DAY_MS, Clock, TimeRemarks
from builders.extracts.faults import Faults, Mask, as_mask
from graph.errors import ConfigError

Milliseconds = npt.NDArray[np.int64]

_TICKS_A_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_UNIT_NAMES = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
_NUMBER = r"^[+-]?(\d{1,18}|[1-8]\d{18})(\.\d{1,9})?$"
_ISO = (
    r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
    r"(Z|[+-]\d{2}(:?\d{2})?)?$"
)
_ISO_WITH_OFFSET = r":\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)$"
_BEYOND_MILLISECONDS = r"(\.\d{3})\d+"
_NEVER = np.int64(np.iinfo(np.int64).min)


def milliseconds(values: pa.Array, column: str, clock: Clock, faults: Faults) -> Milliseconds:
    """The times as milliseconds; rows whose time cannot be told are set aside.

    Nulls are 0 and are the caller's to judge. Fractions of a millisecond are cut off downwards.

    Raises:
        ConfigError: the column's type does not fit the declared unit, or none was declared.
    """
    kind = values.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _from_timestamps(values, column, clock, faults)
    if pa.types.is_null(kind):
        return np.zeros(len(values), dtype=np.int64)
    if clock.unit is None:
        message = (
            f"table `{clock.table}`: `{column}` is {kind} and a unit is never guessed; say"
            ' `time_unit` = "s", "ms", "us", "ns", "iso" or a format such as "%d/%m/%Y %H:%M:%S"'
        )
        raise ConfigError(message)
    if pa.types.is_string(kind):
        if clock.unit in _TICKS_A_SECOND:
            return _from_ticks(_numbers(values, column, clock.unit, faults), clock.unit)
        return _from_text(values, column, clock, faults)
    if clock.unit in _TICKS_A_SECOND and (
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    ):
        return _from_ticks(_ticks(values, column, faults), clock.unit)
    message = (
        f"table `{clock.table}`: `{column}` is {kind}, which `time_unit` = `{clock.unit}` does not"
        " suit"
    )
    raise ConfigError(message)


def screen_times(
    times: Milliseconds,
    values: pa.Array,
    column: str,
    clock: Clock,
    faults: Faults,
    remarks: TimeRemarks,
) -> None:
    """Set aside times before the platform, in the future, of another unit or of another day."""
    given = as_mask(pc.is_valid(values))
    outside = given & ((times < clock.start_ms) | (times >= clock.end_ms))
    if outside.any():
        _screen_units(times, outside, values, column, clock, faults, remarks)
        start = datetime.fromtimestamp(clock.start_ms / 1000, UTC)
        early = outside & (times < clock.start_ms)
        faults.add(early, column, f"before {start:%Y-%m-%d}, the platform's start", values)
        faults.add(outside, column, "in the future", values)
    if clock.day is None or clock.late_days is None:
        return
    start_ms, end_ms = clock.day
    slack = clock.late_days * DAY_MS
    away = given & ((times < start_ms) | (times >= end_ms)) & ~faults.bad
    if away.any():
        far = away & ((times < start_ms - slack) | (times >= end_ms + slack))
        reason = f"more than {clock.late_days} d from its partition's day {clock.partition}"
        far_off = faults.add(far, column, reason, values)
        remarks.outside_day += int(away.sum()) - far_off


def _numbers(text: pa.Array, column: str, unit: str, faults: Faults) -> npt.NDArray[np.generic]:
    fits = as_mask(pc.match_substring_regex(text, _NUMBER))
    wrong = ~fits & as_mask(pc.is_valid(text))
    if wrong.any():
        faults.add(wrong, column, f"no number of {_UNIT_NAMES[unit]}", text)
        text = pc.if_else(pa.array(fits), text, "0")
    filled = pc.fill_null(text, "0")
    fractional = pc.any(pc.match_substring(filled, ".")).as_py()
    numbers = filled.cast(pa.float64() if fractional else pa.int64())
    found: npt.NDArray[np.generic] = numbers.to_numpy(zero_copy_only=False)
    return found


def _ticks(values: pa.Array, column: str, faults: Faults) -> npt.NDArray[np.generic]:
    if pa.types.is_decimal(values.type) or pa.types.is_uint64(values.type):
        values = values.cast(pa.float64())
    filled = pc.fill_null(values, 0).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(values.type):
        unreal = ~np.isfinite(filled)
        faults.add(unreal, column, "no finite number", values)
        found: npt.NDArray[np.generic] = np.where(unreal, 0.0, filled)
        return found
    whole: npt.NDArray[np.generic] = filled.astype(np.int64)
    return whole


def _from_ticks(ticks: npt.NDArray[np.generic], unit: str) -> Milliseconds:
    a_second = _TICKS_A_SECOND[unit]
    # Far beyond any believed time, and its thousandfold still fits 64 bits.
    bound = 9_000_000_000_000_000
    if ticks.dtype.kind == "f":
        # Through whole microseconds: 1700000000.123 is no double, and would be cut to .122.
        micros = np.round(ticks.astype(np.float64) * (1_000_000 / a_second))
        return np.floor(np.clip(micros, -bound, bound) / 1000).astype(np.int64)
    whole = ticks.astype(np.int64)
    if a_second == 1:
        return np.clip(whole, -bound, bound) * 1000
    return whole // (a_second // 1000)


def _from_timestamps(values: pa.Array, column: str, clock: Clock, faults: Faults) -> Milliseconds:
    if pa.types.is_date(values.type):
        values = values.cast(pa.date32()).cast(pa.timestamp("s"))
    ticks = pc.fill_null(values.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    times = _from_ticks(ticks, values.type.unit)
    if values.type.tz is not None:
        return times
    if clock.zone is None:
        message = (
            f"table `{clock.table}`: `{column}` is {values.type}, local time without a zone; say"
            ' `time_zone` = "UTC" or the zone it was written in'
        )
        raise ConfigError(message)
    local = pa.array(times, pa.timestamp("ms"), mask=~as_mask(pc.is_valid(values)))
    return _from_local(local, column, clock, faults, values)


def _from_text(text: pa.Array, column: str, clock: Clock, faults: Faults) -> Milliseconds:
    given = as_mask(pc.is_valid(text))
    if clock.unit == "iso":
        shaped = as_mask(pc.match_substring_regex(text, _ISO))
        reason = "no ISO 8601 date and time such as 2026-01-31T23:59:59Z"
        faults.add(given & ~shaped, column, reason, text)
        exact = as_mask(pc.match_substring_regex(text, _ISO_WITH_OFFSET))
        times = _parsed(pc.replace_substring_regex(text, _BEYOND_MILLISECONDS, r"\1"), "ISO8601")
    else:
        form = clock.unit or ""
        exact = np.full(len(text), "%z" in form)
        times = _parsed(text, form)
    unreal = given & (times == _NEVER)
    faults.add(unreal, column, f"no time of the form `{clock.unit}`", text)
    times = np.where(times == _NEVER, 0, times)
    naive = given & ~exact & ~faults.bad
    if not naive.any():
        return times
    local = pa.array(times, pa.timestamp("ms"), mask=~naive)
    return np.where(naive, _from_local(local, column, clock, faults, text), times)


def _parsed(text: pa.Array, form: str) -> Milliseconds:
    """UTC milliseconds of texts of one form, those without an offset as though they were UTC."""
    parsed = pd.to_datetime(text.to_pandas(), format=form, utc=True, errors="coerce")
    times: Milliseconds = parsed.dt.as_unit("ms").to_numpy(dtype="datetime64[ms]").view(np.int64)
    return times


def _from_local(
    local: pa.Array, column: str, clock: Clock, faults: Faults, values: pa.Array
) -> Milliseconds:
    """Local times as UTC; those that a clock's change skips or repeats are judged."""
    given = as_mask(pc.is_valid(local))
    if clock.zone is None:
        reason = "local time without a zone; say `time_zone`"
        faults.add(given, column, reason, values)
        return _filled(local)
    first, last = (
        pc.assume_timezone(local, clock.zone, ambiguous=side, nonexistent=side)
        for side in ("earliest", "latest")
    )
    doubtful = given & (_filled(first) != _filled(last))
    if doubtful.any():
        skipped = doubtful & (_filled(pc.local_timestamp(first)) != _filled(local))
        reason = f"no such local time in {clock.zone}: the clock was put forward over it"
        faults.add(skipped, column, reason, values)
        if clock.repeated_hour == "quarantine":
            reason = (
                f"local time that {clock.zone} had twice; say `repeated_hour` = earlier or later"
            )
            faults.add(doubtful & ~skipped, column, reason, values)
    return _filled(last if clock.repeated_hour == "later" else first)


def _screen_units(
    times: Milliseconds,
    outside: Mask,
    values: pa.Array,
    column: str,
    clock: Clock,
    faults: Faults,
    remarks: TimeRemarks,
) -> None:
    """Name the unit in which times out of range would be right: a file that mixes is no slip."""
    if clock.unit not in _TICKS_A_SECOND or pa.types.is_timestamp(values.type):
        return
    declared = _TICKS_A_SECOND[clock.unit]
    for unit, a_second in _TICKS_A_SECOND.items():
        rescaled = times.astype(np.float64) * (declared / a_second)
        fits = outside & (rescaled >= clock.start_ms) & (rescaled < clock.end_ms)
        reason = f"time in {_UNIT_NAMES[unit]} where the table says {_UNIT_NAMES[clock.unit]}"
        found = faults.add(fits, column, reason, values)
        if found:
            remarks.other_units[_UNIT_NAMES[unit]] += found


def _filled(times: pa.Array) -> Milliseconds:
    found: Milliseconds = pc.fill_null(times.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return found
