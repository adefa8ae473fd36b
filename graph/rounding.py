"""A number to a few decimal places, the same on every engine."""

from __future__ import annotations


def rounded(expression: str, places: int) -> str:
    """SQL that rounds a double, half away from nought.

    DuckDB rounds a double to places by multiplying, Spark by its decimal digits; from about a
    million they differ in the last place. So the multiplication is written out, and only whole
    numbers are rounded. What is never above a thousand needs no more than `round`.
    """
    return f"(round(({expression}) * 1e{places}) / 1e{places})"
