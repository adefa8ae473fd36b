"""Text from outside, made safe to look at: what hides, reorders or commands is shown as an escape.

Account names, posts and notes are hostile. A name may hold terminal commands, turn the reading
direction round, or differ from another by a character of no width. What a person reads here is
what the text holds.
"""

from __future__ import annotations

import re
import unicodedata

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

# Python calls these printable, yet they draw nothing: joiners, Hangul fillers, variation
# selectors, the blank braille cell.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
# Japanese and Chinese names use the wide space as we use the narrow one, and it is seen.
_WIDE_SPACE = "\u3000"
_AS_EMOJI = "\ufe0f"
_STACKED = re.compile("([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4,})")


def visible(text: str, *, at_most: int | None = None) -> str:
    r"""The text with every character that cannot be seen as `\u202e`, `\n` or `\U000e0041`.

    Escaped are control characters (a terminal's escape among them), format characters (direction
    overrides and isolates, zero-width), line separators, odd spaces, private and unassigned code
    points, lone surrogates, and stacks of four and more combining marks. Ordinary letters of
    every script, emoji and the wide space stay.

    Args:
        text: what came from outside.
        at_most: cut to this many shown characters, the last one an ellipsis.
    """
    if not text.isprintable() or not text.isascii():
        text = _STACKED.sub(lambda stack: "".join(map(_escape, stack[1])), text)
        text = "".join(map(_shown, text, "\0" + text))
    if at_most is not None and len(text) > at_most:
        return text[: at_most - 1] + "…"
    return text


def _shown(character: str, before: str) -> str:
    if character == _WIDE_SPACE or (character.isprintable() and not _BLANK.match(character)):
        return character
    # Behind a symbol this one only asks for the coloured form, as most hearts and flags do.
    if character == _AS_EMOJI and unicodedata.category(before) == "So":
        return character
    return _escape(character)


def _escape(character: str) -> str:
    code = ord(character)
    wide = f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"
    return _SHORT.get(character, wide)
