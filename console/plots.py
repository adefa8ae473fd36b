"""Small pictures of block characters: bars and timelines that a terminal line can hold."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_PARTS = " ▏▎▍▌▋▊▉█"
_STEPS = "▁▂▃▄▅▆▇█"
_PLAIN_STEPS = ".:-=+*%#"


def bar(share: float, width: int = 12) -> str:
    """A bar as long as the share, in [0, 1], of `width` characters, padded to it."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    whole, rest = divmod(eighths, 8)
    if not _draws_blocks():
        return ("#" * round(eighths / 8)).ljust(width)
    return ("█" * whole + (_PARTS[rest] if rest else "")).ljust(width)


def timeline(counts: Sequence[int]) -> str:
    """A character for each count: the greatest is a full block, none is a blank."""
    most = max(counts, default=0)
    steps = _STEPS if _draws_blocks() else _PLAIN_STEPS
    return "".join(
        steps[min(len(steps) - 1, count * len(steps) // (most + 1))] if count else " "
        for count in counts
    )


def _draws_blocks() -> bool:
    try:
        "█▁".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
