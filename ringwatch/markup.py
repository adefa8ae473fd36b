"""Pieces of HTML for a notebook; whatever came from outside is made visible and escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from console.output import shown

_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;white-space:normal"


def text(value: object) -> str:
    """A value as people read it: hidden characters shown, markup inert."""
    return escape(shown(value))


def heading(words: str) -> str:
    """A line that heads what follows."""
    return f"<p style='margin:8px 0 2px'><b>{text(words)}</b></p>"


def paragraph(words: str) -> str:
    """A line of text."""
    return f"<p style='margin:2px 0'>{text(words)}</p>"


def listed(lines: Iterable[str]) -> str:
    """Lines, one below the other."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul style='margin:2px 0'>{items}</ul>"


def table(
    title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]], *, at_most: int = 12
) -> str:
    """A table with its title; says how many rows it leaves out.

    Args:
        title: what it shows.
        columns: key of a row to the column's heading.
        rows: the rows.
        at_most: how many to show.
    """
    if not rows:
        return ""
    head = "".join(f"<th style='{_CELL}'>{text(name)}</th>" for name in columns.values())
    body = "".join(
        "<tr>"
        + "".join(f"<td style='{_CELL}'>{text(row.get(key))}</td>" for key in columns)
        + "</tr>"
        for row in rows[:at_most]
    )
    foot = paragraph(f"showing {at_most} of {len(rows):,}") if len(rows) > at_most else ""
    return (
        f"{heading(title)}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}"
    )
