"""Moments, spans and axes of time, always in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
_STEPS = (
    *(SECOND * n for n in (1, 5, 15, 30)),
    *(MINUTE * n for n in (1, 5, 15, 30)),
    *(HOUR * n for n in (1, 3, 6, 12)),
    *(DAY * n for n in (1, 2, 7, 14, 28, 91, 364, 3_640)),
)
_BUCKETS = (
    (MINUTE, "minute"),
    (10 * MINUTE, "10 minutes"),
    (HOUR, "hour"),
    (6 * HOUR, "6 hours"),
    (DAY, "day"),
    (7 * DAY, "week"),
    (28 * DAY, "4 weeks"),
    (364 * DAY, "year"),
)
_MONDAY = 4 * DAY  # 1970-01-05: weeks begin on Mondays
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Equal stretches of time that cover a span: `start`, `step` in ms, and the step's name."""

    start: int
    step: int
    count: int
    name: str


def moment(at: int | None, *, seconds: bool = True) -> str:
    """A moment as `2026-03-01 09:30:05`; beyond the calendar the milliseconds themselves."""
    if at is None:
        return "unknown"
    try:
        when = _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        return f"{at} ms"
    return when.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def span(milliseconds: float) -> str:
    """A length of time in its two largest units: `450 ms`, `12 s`, `3 min 20 s`, `2 d 4 h`."""
    length = round(abs(milliseconds))
    if length < SECOND:
        return f"{length} ms"
    units = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))
    place = next(i for i, (size, _) in enumerate(units) if length >= size)
    size, name = units[place]
    whole, rest = divmod(length, size)
    if place + 1 == len(units):
        tenths = round(length / SECOND, 1)
        return f"{tenths:g} s"
    smaller, smaller_name = units[place + 1]
    further = rest // smaller
    return f"{whole:,} {name} {further} {smaller_name}" if further else f"{whole:,} {name}"


def buckets(first: int, last: int, *, at_most: int = 110) -> Buckets:
    """The finest stretches of which at most `at_most` cover the span; whole years beyond that."""
    for step, name in _BUCKETS:
        start = _floor(first, step)
        count = (last - start) // step + 1
        if count <= at_most:
            return Buckets(start, step, count, name)
    years = -(-(last - first + 1) // (at_most * step)) + 1
    start = _floor(first, step * years)
    return Buckets(start, step * years, (last - start) // (step * years) + 1, f"{years} years")


def ticks(first: int, last: int, *, at_most: int = 6) -> list[tuple[int, str]]:
    """Round moments inside a span, each with a label that is no finer than the step."""
    step = next((s for s in _STEPS if (last - first) / s <= at_most), None)
    if step is None:
        step = _STEPS[-1] * (-(-(last - first) // (at_most * _STEPS[-1])))
    begin = _floor(first, step)
    begin += step if begin < first else 0
    return [(at, _label(at, step)) for at in range(begin, last + 1, step)]


def _floor(at: int, step: int) -> int:
    origin = _MONDAY if step >= 7 * DAY else 0
    return (at - origin) // step * step + origin


def _label(at: int, step: int) -> str:
    try:
        when = _EPOCH + timedelta(milliseconds=at)
    except OverflowError:
        return f"{at} ms"
    day = f"{when.day} {when:%b}"
    if step >= DAY:
        return f"{day} {when.year}"
    return f"{day} {when:%H:%M:%S}" if step < MINUTE else f"{day} {when:%H:%M}"
