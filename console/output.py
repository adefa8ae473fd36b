"""What people read and what programs read, from the same rows: tables or JSON on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from review.visible import visible


def write_json(value: object) -> None:
    """One JSON document on stdout: ASCII, so that no name can drive a terminal."""
    sys.stdout.write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def write_table(
    title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], *, foot: str = ""
) -> None:
    """A table for people on stdout; names are made visible, whatever characters they hold.

    Args:
        title: what the table shows.
        columns: key of a row to the column's heading.
        rows: the rows; a missing or null value is shown as nothing.
        foot: a line below, such as how many of how many are shown.
    """
    console = console_for_people()
    drawn = Table(title=Text(visible(title)), title_justify="left", header_style="bold")
    numbers = {key for key in columns if all(isinstance(row.get(key), int | float) for row in rows)}
    for key, heading in columns.items():
        drawn.add_column(heading, justify="right" if key in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(shown(row.get(key))) for key in columns))
    console.print(drawn)
    if foot:
        console.print(Text(visible(foot)), style="dim")


def write_line(text: str, *, style: str = "") -> None:
    """A line for people on stdout."""
    console_for_people().print(Text(visible(text), style=style), soft_wrap=True)


def shown(value: object) -> str:
    """A value as people read it, nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return visible(str(value))


def moment(ms: int | None) -> str:
    """A time in UTC as `2026-01-31 12:00:00Z`, nothing for null."""
    if ms is None:
        return ""
    return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def console_for_people() -> Console:
    """Stdout as a terminal, or wide plain text where it is none."""
    width = None if sys.stdout.isatty() else 160
    return Console(file=sys.stdout, width=width, highlight=False, soft_wrap=False)
