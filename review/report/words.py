"""Numbers and names as people read them."""

from __future__ import annotations

import math

from markupsafe import Markup, escape

from review.visible import visible

_NAME_LENGTH = 64
_TEXT_LENGTH = 400


def number(value: float | None) -> str:
    """A number in at most four figures, thousands parted: `12,345`, `0.0421`, `3.1e-09`."""
    if value is None or math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "without bound"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if 1e-4 <= abs(value) < 1e3:
        return f"{value:.3g}"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.2g}"


def share(value: float | None) -> str:
    """A share in [0, 1] as per cent: `91 %`, `4.2 %`, `0.031 %`."""
    if value is None or math.isnan(value):
        return "not known"
    per_cent = 100 * value
    return f"{per_cent:.0f} %" if per_cent >= 9.95 or per_cent == 0 else f"{per_cent:.2g} %"


def in_unit(value: float | None, unit: str) -> str:
    """A value with its unit; shares become per cent."""
    if value is None:
        return "not measured"
    if unit == "share" or unit.startswith("share of"):
        return f"{share(value)} {unit.removeprefix('share').strip()}".strip()
    return f"{number(value)} {visible(unit)}".strip()


def signed(value: float) -> str:
    """A part of the score with its sign; a true minus, so that a line never breaks at it."""
    sign = "\N{MINUS SIGN}" if value < 0 else "+"
    return f"{sign}{abs(value):.2f}"


def chance(log10_p: float | None) -> str:
    """A p-value's logarithm in words: `1 in 1,000`, `1 in 10^12`."""
    if log10_p is None or math.isnan(log10_p):
        return "not tested"
    if log10_p <= -6:
        return f"1 in 10^{-log10_p:.0f}"
    return f"1 in {number(float(f'{10**-log10_p:.2g}'))}"


def name(text: str | None) -> Markup:
    """A name or id from outside: escaped, made visible, kept from turning the line round."""
    return _isolated(text, _NAME_LENGTH)


def words(text: str | None) -> Markup:
    """A longer text from outside, such as a post, likewise."""
    return _isolated(text, _TEXT_LENGTH)


def counted(count: int, one: str, many: str) -> str:
    """`1 account`, `1,204 accounts`."""
    return f"{count:,} {one if count == 1 else many}"


def _isolated(text: str | None, at_most: int) -> Markup:
    if text is None:
        return Markup('<span class="none">none</span>')
    # Not by `format`, which takes ten times as long: a page has thousands of names.
    return Markup(f"<bdi>{escape(visible(text, at_most=at_most) or '(empty)')}</bdi>")
