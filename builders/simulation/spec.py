"""What a simulated platform is made of: its size, its rings, its look-alikes, its files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from graph.errors import ConfigError

Format = Literal["parquet", "text"]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000

LEVELS: tuple[str, ...] = ("L0", "L1", "L2", "L3", "L4", "L5")

RING_KINDS: tuple[str, ...] = (
    "copied-comments",
    "mutual-follow",
    "mutual-boost",
    "shared-device",
    "shared-ip",
    "slow-drip",
    "swarm",
)
"""Rings beside the co-action rings of the six levels."""

LOOK_ALIKES: tuple[str, ...] = (
    "fan-club",
    "flash-crowd",
    "news-burst",
    "classroom",
    "syndicated-pages",
    "super-users",
    "popular-hubs",
)
"""Innocent groups that look coordinated; a detector should leave them alone."""

_RINGS_AT_A_MILLION = {"L0": 2, "L1": 3, "L2": 4, "L3": 4, "L4": 4, "L5": 4}
_GROUPS_AT_A_MILLION = {"fan-club": 2, "flash-crowd": 2, "classroom": 2, "syndicated-pages": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSpec:
    """What to simulate. The same spec gives the same bytes, whatever the number of threads.

    `levels`, `rings` and `look_alikes` say how many of each are planted. Left out, they grow with
    the square root of `interactions`, so that rings grow rarer as the platform grows.
    """

    interactions: int = 1_000_000
    days: int = 14
    seed: int = 1
    start: str = "2025-03-03"
    levels: Mapping[str, int] | None = None
    rings: Mapping[str, int] | None = None
    look_alikes: Mapping[str, int] | None = None
    format: Format = "parquet"
    rows_per_block: int = field(default=700_000)
    """The most rows drawn at once: it bounds memory, and belongs to what the bytes depend on."""

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated, with the bounds.

        Raises:
            ConfigError: a number is out of bounds or a name is unknown.
        """
        _within("interactions", self.interactions, 100_000, 100_000_000)
        _within("days", self.days, 3, 366)
        _within("seed", self.seed, 0, 2**63 - 1)
        _within("rows_per_block", self.rows_per_block, 10_000, 1_000_000)
        _known("levels", self.levels, LEVELS)
        _known("rings", self.rings, RING_KINDS)
        _known("look_alikes", self.look_alikes, LOOK_ALIKES)
        if self.format not in ("parquet", "text"):
            message = f"unknown format `{self.format}`; there is `parquet` and `text`"
            raise ConfigError(message)
        try:
            date.fromisoformat(self.start)
        except ValueError as error:
            message = f"`start` is a day such as 2025-03-03, not `{self.start}`"
            raise ConfigError(message) from error

    @property
    def accounts(self) -> int:
        """Accounts of the platform: 32 interactions an account, as on a small network's extract."""
        return self.interactions // 32

    @property
    def start_ms(self) -> int:
        """The first instant, ms since 1970 UTC."""
        first = datetime.combine(date.fromisoformat(self.start), datetime.min.time(), tzinfo=UTC)
        return int(first.timestamp()) * 1000

    @property
    def span_ms(self) -> int:
        """How long the platform is watched, ms."""
        return self.days * DAY_MS

    def rings_of_level(self, level: str) -> int:
        """How many co-action rings of a level are planted."""
        if self.levels is None:
            return self._grown(_RINGS_AT_A_MILLION[level], least=2 if level == "L5" else 1)
        return self.levels.get(level, 0)

    def rings_of_kind(self, kind: str) -> int:
        """How many rings of one of `RING_KINDS` are planted."""
        return self._grown(2) if self.rings is None else self.rings.get(kind, 0)

    def groups_of_kind(self, kind: str) -> int:
        """How many groups of one of `LOOK_ALIKES` are planted."""
        if self.look_alikes is None:
            if kind == "super-users":
                return 1
            return self._grown(_GROUPS_AT_A_MILLION.get(kind, 1))
        return self.look_alikes.get(kind, 0)

    def _grown(self, at_a_million: int, *, least: int = 1) -> int:
        return max(least, round(at_a_million * math.sqrt(self.interactions / 1_000_000)))

    def as_dict(self) -> dict[str, Any]:
        """The spec with every default filled in, for `simulation.json`."""
        return {
            **asdict(self),
            "levels": {level: self.rings_of_level(level) for level in LEVELS},
            "rings": {kind: self.rings_of_kind(kind) for kind in RING_KINDS},
            "look_alikes": {kind: self.groups_of_kind(kind) for kind in LOOK_ALIKES},
        }


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        message = f"`{name}` is from {least} to {most}, not {value}"
        raise ConfigError(message)


def _known(name: str, given: Mapping[str, int] | None, known: tuple[str, ...]) -> None:
    for key, count in (given or {}).items():
        if key not in known:
            there = ", ".join(f"`{k}`" for k in known)
            message = f"`{name}` has no `{key}`; there is {there}"
            raise ConfigError(message)
        if not 0 <= count <= 1000:
            message = f"`{name}.{key}` is from 0 to 1000, not {count}"
            raise ConfigError(message)
