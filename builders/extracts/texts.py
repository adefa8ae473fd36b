"""Ids and words: exact text out of any column type, and the check that an id is one."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.extracts.faults import Faults, Mask, as_mask
from graph.errors import ExtractError

_CONTROL = r"[\p{Cc}\p{Zl}\p{Zp}]"
_BLANKS = (
    r"\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}"  # spaces beside the ASCII one
    r"\x{34F}\x{115F}\x{1160}\x{17B4}\x{17B5}\x{2800}\x{3164}\x{FFA0}"  # letters without ink
)
_HIDDEN = rf"^ | $|[\p{{Cc}}\p{{Cf}}\p{{Zl}}\p{{Zp}}{_BLANKS}]"
_JOINERS = r"[\x{200C}\x{200D}]"
# What spreadsheets and Java print for a number beyond their digits: 1.23E+18, 1.23E18, 1E+18.
# `1e5` is left alone: an account may be called that.
_SCIENTIFIC = r"^[+-]?(\d\.\d+[eE]\+?|\d[eE]\+)\d{1,3}$"
_INKLESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def exact_text(values: pa.Array, column: str) -> pa.Array:
    """The values as text, digit for digit.

    Raises:
        ExtractError: the type cannot be told as text without loss (floats), or is no scalar.
    """
    kind = values.type
    if pa.types.is_floating(kind):
        message = (
            f"`{column}` is {kind}: ids beyond 2^53 have lost their last digits before they came"
            " here; write the column as text or as a whole number"
        )
        raise ExtractError(message)
    if pa.types.is_decimal(kind) and kind.scale > 0:
        message = f"`{column}` is {kind} with decimals; write whole numbers, as decimal(p, 0)"
        raise ExtractError(message)
    if pa.types.is_nested(kind):
        message = f"`{column}` is {kind}, not one value; use `explode`, or an expression"
        raise ExtractError(message)
    return values.cast(pa.string())


def screen_id(text: pa.Array, column: str, faults: Faults, *, joiners: bool = False) -> None:
    """Set aside ids that are empty, blank-edged, invisible in part, or rounded numbers.

    With `joiners` the characters that join letters and emoji (U+200C, U+200D) may stand inside,
    as Persian and emoji hashtags have them.
    """
    screen_empty(text, column, faults)
    if _plain(text):
        hidden = None
    else:
        seen = pc.replace_substring_regex(text, _JOINERS, "") if joiners else text
        hidden = as_mask(pc.match_substring_regex(seen, _HIDDEN))
        if joiners:
            hidden |= as_mask(pc.match_substring_regex(text, f"^{_JOINERS}|{_JOINERS}$"))
    if hidden is not None and hidden.any():
        faults.add(hidden, column, _reasons(text, hidden), text)
    rounded = as_mask(pc.match_substring_regex(text, _SCIENTIFIC))
    if rounded.any():
        reason = "number in scientific notation: its last digits were lost upstream"
        faults.add(rounded, column, reason, text)


def screen_word(text: pa.Array, column: str, faults: Faults) -> None:
    """Set aside empty words and those with control characters."""
    screen_empty(text, column, faults)
    if _plain(text):
        return
    control = as_mask(pc.match_substring_regex(text, _CONTROL))
    if control.any():
        faults.add(control, column, _reasons(text, control), text)


def screen_null(values: pa.Array, column: str, faults: Faults) -> None:
    """Set aside rows without a value."""
    if values.null_count:
        faults.add(as_mask(pc.is_null(values)), column, "null", values)


def screen_empty(text: pa.Array, column: str, faults: Faults) -> None:
    """Set aside empty texts, which are not nulls."""
    empty = as_mask(pc.equal(text, ""))
    if empty.any():
        faults.add(empty, column, "empty text", text)


def screen_listed(text: pa.Array, column: str, ids: Sequence[str], faults: Faults) -> None:
    """Set aside the ids that stand for nobody."""
    if ids:
        listed = as_mask(pc.is_in(text, value_set=pa.array(ids, pa.string())))
        if listed.any():
            faults.add(listed, column, "sentinel id: it stands for nobody", text)


def empty_as_null(text: pa.Array) -> tuple[pa.Array, int]:
    """Empty texts of an optional column as nulls, and how many they were."""
    empty = pc.fill_null(pc.equal(text, ""), False)
    count = pc.sum(empty).as_py() or 0
    return (pc.if_else(empty, pa.scalar(None, pa.string()), text) if count else text), count


def _plain(text: pa.Array) -> bool:
    """Whether every byte is a printable ASCII character other than the space."""
    if not len(text) or text.buffers()[2] is None:
        return True
    offsets = np.frombuffer(text.buffers()[1], dtype=np.int32)
    first, last = offsets[text.offset], offsets[text.offset + len(text)]
    # One wrapping subtraction sorts the bytes: 0x21..0x7E become 0..0x5D.
    used = np.frombuffer(text.buffers()[2], dtype=np.uint8)[first:last]
    return int(np.count_nonzero((used - np.uint8(0x21)) > 0x5D)) == 0


def _reasons(text: pa.Array, where: Mask) -> list[str]:
    return [_why(one) for one in text.filter(pa.array(where)).to_pylist()]


def _why(text: str) -> str:
    if "\x00" in text:
        return "NUL byte U+0000"
    found = list(dict.fromkeys(f"U+{ord(one):04X}" for one in text if _unseen(one)))
    if found:
        return "invisible or control characters " + " ".join(found[:4])
    return "blank at an end U+0020"


def _unseen(one: str) -> bool:
    kind = unicodedata.category(one)
    return (kind in ("Cc", "Cf", "Zl", "Zp", "Zs") and one != " ") or one in _INKLESS
