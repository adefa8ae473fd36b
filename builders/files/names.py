"""How names and raw values of an extract are shown: escaped, bounded, the nearest known named."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

RAW_CHARACTERS = 200


def shown_path(path: Path) -> str:
    r"""A path as valid text: bytes that are no UTF-8 become `\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown_raw(raw: bytes) -> str:
    r"""Raw bytes as printable text of at most 200 characters.

    A backslash becomes `\\`; bytes that are no UTF-8, control characters and whatever else does
    not print (zero-width, direction marks) become `\xNN`, `\uNNNN` or `\UNNNNNNNN`.
    """
    if len(raw) > 4 * RAW_CHARACTERS:
        raw = raw[: 4 * RAW_CHARACTERS]
    text = raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    if text.isprintable():
        return cut(text)
    return cut("".join(_shown(character) for character in text))


def cut(text: str) -> str:
    """At most 200 characters, the last three of them dots where more stood there."""
    return text if len(text) <= RAW_CHARACTERS else text[: RAW_CHARACTERS - 3] + "..."


def shown_text(text: str) -> str:
    """Text as `shown_raw` shows its bytes."""
    return shown_raw(text[: 4 * RAW_CHARACTERS].encode("utf-8", "surrogatepass"))


def listed(names: Iterable[str]) -> str:
    """Names in backticks with commas, or `nothing`; no more than twenty of them."""
    all_names = [f"`{shown_text(name)}`" for name in names]
    more = f" and {len(all_names) - 20} more" if len(all_names) > 20 else ""
    return (", ".join(all_names[:20]) + more) or "nothing"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the nearest known name, or nothing when none is near."""
    by_lower = {one.lower(): one for one in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.5)
    return f"; did you mean `{by_lower[close[0]]}`?" if close else ""


def first_line(error: BaseException) -> str:
    """What a library said, as one printable line."""
    lines = str(error).strip().splitlines()
    return shown_text(lines[0].rstrip(".")) if lines else type(error).__name__


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    point = ord(character)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
