"""How a file's times are to be read and believed: unit, zone, and the day of its partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from builders.extracts.spec import RepeatedHour, TableSpec
from builders.files.partitions import day_of

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How one file's times are written, and between which milliseconds they are believed.

    `day` is the partition's day as [start, end) in ms, where the file lies in one; `partition`
    names it.
    """

    table: str
    unit: str | None
    zone: str | None
    repeated_hour: RepeatedHour
    start_ms: int
    end_ms: int
    day: tuple[int, int] | None = None
    partition: str = ""
    late_days: int | None = None


@dataclass(slots=True)
class TimeRemarks:
    """What one file's times were like: counted while its batches pass."""

    other_units: Counter[str] = field(default_factory=Counter)
    outside_day: int = 0
    repeated: int = 0


def clock_for(
    table: TableSpec,
    partition: Mapping[str, str | None],
    *,
    start_ms: int,
    end_ms: int,
    late_days: int | None,
) -> Clock:
    """The clock of a file of `table` in `partition`."""
    day = partition_day(partition, table.time_zone)
    return Clock(
        table=table.name,
        unit=table.time_unit,
        zone=table.time_zone,
        repeated_hour=table.repeated_hour,
        start_ms=start_ms,
        end_ms=end_ms,
        day=day[0] if day else None,
        partition=day[1] if day else "",
        late_days=late_days,
    )


def partition_day(
    partition: Mapping[str, str | None], zone: str | None
) -> tuple[tuple[int, int], str] | None:
    """The day that a partition names, as [start, end) in ms with its name, or None.

    A day is a value such as `2026-01-31` or `20260131` of whichever column, else the columns
    `year`, `month` and `day` together.
    """
    for name, value in partition.items():
        found = day_of(value)
        if found is not None:
            return _bounds(found, zone), f"{name}={value}"
    lowered = {name.lower(): value or "" for name, value in partition.items()}
    parts = [lowered.get(name, "") for name in ("year", "month", "day")]
    if all(part.isdecimal() for part in parts):
        found = day_of("{:0>4}-{:0>2}-{:0>2}".format(*parts))
        if found is not None:
            return _bounds(found, zone), f"{found:%Y-%m-%d}"
    return None


def _bounds(day: date, zone: str | None) -> tuple[int, int]:
    place = ZoneInfo(zone) if zone else UTC
    start = datetime(day.year, day.month, day.day, tzinfo=place)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=place)
    return int(start.timestamp() * 1000), int(end.timestamp() * 1000)
