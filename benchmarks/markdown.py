"""Tables, values and marked parts of the pages that are written from kept numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any


def put_between(page: str, begin: str, end: str, told: Iterable[str]) -> str:
    """The page with these lines between the two marks; the rest as it is.

    Raises:
        ValueError: the page has not both marks, in their order.
    """
    before, begins, rest = page.partition(begin)
    _, ends, after = rest.partition(end)
    if not begins or not ends:
        message = f"the page has no `{begin}` followed by `{end}`; put them where the report goes"
        raise ValueError(message)
    inner = "\n".join(told).strip("\n")
    return f"{before}{begin}\n\n{inner}\n\n{end}{after}"


def head(headings: Sequence[str]) -> Iterator[str]:
    """The first two lines of a table."""
    yield line(headings)
    yield "|---" * len(headings) + "|"


def line(cells: Sequence[str]) -> str:
    """A row of a table."""
    return "| " + " | ".join(cells) + " |"


def number(value: float | None, *, places: int = 3) -> str:
    """A number as pages show it; a dash where there is none."""
    return "-" if value is None else f"{round(value, places) + 0.0:g}"


def spread(row: Mapping[str, Any]) -> str:
    """A kept row (`benchmarks.rows.row`) with its interval; an empty row is a dash."""
    if not row or row["low"] is None:
        return number(row.get("value"))
    return f"{number(row['value'])} ({number(row['low'])} to {number(row['high'])})"


def compact(row: Mapping[str, Any]) -> str:
    """As `spread`, for narrow cells: an interval only where it shows that the worlds differ."""
    if not row or row["low"] is None or row["least"] == row["most"]:
        return number(row.get("value"))
    value, low, high = (number(row[name]) for name in ("value", "low", "high"))
    return value if value == low == high else f"{value} ({low}-{high})"
