"""The window of time within which two acts count as together, for queries that join acts.

A join on time alone has to look at every pair. So acts are put into bins as wide as the window:
two acts at most a window apart lie in one bin or in neighbouring bins. The bins only find the
candidates; the true difference of the two times decides.
"""

from __future__ import annotations

import math

from graph.errors import ConfigError

_FOREVER_MS = 2**63 - 1

BIN = "acted_at - ((acted_at % $bin_ms + $bin_ms) % $bin_ms)"
"""SQL for the start of the bin of `acted_at`; also right for times before 1970."""

ACT = (
    "concat(cast(length(action) as varchar), ' ', cast(length(object_kind) as varchar), ' ',"
    " action, object_kind, object)"
)
"""SQL for a text that is equal for equal action, object kind and object, and for no others."""


def milliseconds(within_seconds: float) -> int:
    """A window in milliseconds.

    Raises:
        ConfigError: it is below 0 or no number.
    """
    if not math.isfinite(within_seconds) or within_seconds < 0:
        message = f"a window is 0 seconds or more, not {within_seconds}; None means any time"
        raise ConfigError(message)
    return min(round(within_seconds * 1000), _FOREVER_MS)


def window_values(within_seconds: float) -> dict[str, object]:
    """The values `$within_ms` and `$bin_ms` of a query."""
    within_ms = milliseconds(within_seconds)
    return {"within_ms": within_ms, "bin_ms": max(within_ms, 1)}
