"""A day as people write it, as the moment that it means."""

from __future__ import annotations

from datetime import UTC, datetime

from graph.errors import ConfigError


def first_moment_of(until: str | None) -> int:
    """The moment at which something ends that ends on a day: its first, in ms since 1970 UTC.

    Raises:
        ConfigError: no day is told, or it is none.
    """
    if not until:
        message = "name the day on which it ends, as `2027-01-31`"
        raise ConfigError(message)
    try:
        day = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        message = f"`{until[:40]}` is no day; write it as `2027-01-31`"
        raise ConfigError(message) from error
    return int(day.timestamp() * 1000)
