"""Figures and durations as the sentences about clusters print them."""

from __future__ import annotations

from decimal import Decimal


def figure(value: float, figures: int = 3) -> str:
    """A number without an exponent: `0.00042`, `12.5`; too large for so many figures, `1,234`."""
    short = f"{value:.{figures}g}"
    if "e+" in short:
        return f"{value:,.0f}"
    return f"{Decimal(short):f}" if "e" in short else short


def several(count: int, one: str) -> str:
    """`1 time`, `3 times`."""
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def duration(seconds: float) -> str:
    """A time in the unit in which it is no long number: `90 s`, `3.5 min`, `36 h`, `12 days`."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{figure(seconds / unit)} {name}"
    return f"{figure(seconds / 86_400)} days"
