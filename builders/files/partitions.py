"""Hive partitions: values decoded from folder names, and what is wrong with a set of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from urllib.parse import unquote

from builders.files.names import listed, shown_text
from graph.errors import ExtractError

Partition = tuple[tuple[str, str | None], ...]

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"

_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


def partition_of(folders: Iterable[str], *, name: str) -> Partition:
    """The keys and values of the `key=value` folders on the way to a file.

    Values are URL-decoded as Hive encodes them (a `+` stays a `+`); Hive's name for a null
    partition gives None. Folders without `=` belong to no key.

    Raises:
        ExtractError: a key stands twice or a value does not decode to UTF-8.
    """
    found: dict[str, str | None] = {}
    for folder in folders:
        key, equals, value = folder.partition("=")
        if not equals or not key:
            continue
        decoded_key = _decoded(key, name=name)
        if decoded_key.lower() in (known.lower() for known in found):
            message = (
                f"{name}: the partition key `{shown_text(decoded_key)}` stands twice on its path"
            )
            raise ExtractError(message)
        found[decoded_key] = None if value == NULL_PARTITION else _decoded(value, name=name)
    return tuple(found.items())


def partition_text(partition: Partition) -> str:
    """A partition for people: `dt=2026-01-01/hr=03`, decoded; a null value by Hive's name."""
    return "/".join(
        f"{key}={NULL_PARTITION if value is None else value}" for key, value in partition
    )


def same_value(one: str | None, other: str | None) -> bool:
    """Whether two partition values mean the same: `1` and `01`, `20240101` and `2024-01-01`."""
    return canonical(one) == canonical(other)


def canonical(value: str | None) -> str | None:
    """One spelling for each value that partitions spell in several ways."""
    if value is None:
        return None
    day = day_of(value)
    if day is not None:
        return day.isoformat()
    if value.isascii() and value.isdigit():
        return value.lstrip("0") or "0"
    return value


def day_of(value: str | None) -> date | None:
    """The day that a partition value names, as `2024-01-01` or `20240101`, or None."""
    found = _DATE.fullmatch(value or "")
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups()))
    except ValueError:
        return None


def refuse_repeated(folders: Mapping[tuple[str, Partition], set[str]]) -> None:
    """Raise if two folders are the same partition in other words.

    Args:
        folders: for each place above the partitions and each partition, the folders that hold it.

    Raises:
        ExtractError: `hr=01` beside `hr=1`, `dt=20240101` beside `dt=2024-01-01`, and the like.
    """
    logical: dict[tuple[str, Partition], set[str]] = {}
    for (place, partition), names in folders.items():
        key = tuple((key.lower(), canonical(value)) for key, value in partition)
        logical.setdefault((place, key), set()).update(names)
    for names in logical.values():
        if len(names) > 1:
            message = (
                f"{listed(sorted(names))} are one partition written in several ways; reading all"
                " would count rows twice: remove or rename all but one"
            )
            raise ExtractError(message)


def missing_days(partitions: Iterable[Partition]) -> list[str]:
    """Notes on days that lack between the first and the last day of a date partition."""
    days: dict[str, set[date]] = {}
    for partition in partitions:
        for key, value in partition:
            day = day_of(value)
            if day is not None:
                days.setdefault(key, set()).add(day)
    return [note for key, present in sorted(days.items()) for note in _gaps(key, present)]


def _gaps(key: str, present: set[date]) -> list[str]:
    first, last = min(present), max(present)
    absent = [
        day
        for step in range((last - first).days)
        if (day := first + timedelta(days=step)) not in present
    ]
    # A key with more holes than days is no daily partition (monthly, or a few chosen days).
    if not absent or len(absent) > len(present):
        return []
    shown = ", ".join(day.isoformat() for day in absent[:10])
    more = f" and {len(absent) - 10} more" if len(absent) > 10 else ""
    return [
        f"`{shown_text(key)}` lacks {len(absent)} of the days from {first} to {last}:"
        f" {shown}{more}; what is measured by day is incomplete"
    ]


def _decoded(text: str, *, name: str) -> str:
    try:
        return unquote(text, encoding="utf-8", errors="strict")
    except UnicodeDecodeError:
        message = f"{name}: the partition folder `{shown_text(text)}` does not decode to UTF-8"
        raise ExtractError(message) from None
