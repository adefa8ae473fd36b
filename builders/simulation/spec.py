"""What a simulated platform is made of: its size, its rings, its look-alikes, its files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from graph.errors import ConfigError

Format = Literal["parquet", "text"]

Families = Literal["own", "held-out", "both"]
"""Whose rings and look-alikes are planted: those that settings were tried on, others, or both."""

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

CAMPAIGNS: tuple[str, ...] = (
    "order-book",
    "link-spam",
    "like-farm",
    "slow-drip",
    "copied-comments",
    "follow-ring",
    "mutual-boost",
    "hijack-burst",
    "rotating-teams",
    "turnover",
    "many-kinds",
    "device-farm",
)
"""Held-out rings: on these no setting was chosen."""

CROWDS: tuple[str, ...] = (
    "fan-club",
    "fast-fan-club",
    "flash-crowd",
    "push-crowd",
    "live-show",
    "match",
    "petition",
    "hashtag-day",
    "newsletter",
    "schedulers",
    "niche-power-users",
    "office",
    "siblings",
    "volunteers",
)
"""Held-out look-alikes."""

_RINGS_AT_A_MILLION = {"L0": 2, "L1": 3, "L2": 4, "L3": 4, "L4": 4, "L5": 4}
_GROUPS_AT_A_MILLION = {"fan-club": 2, "flash-crowd": 2, "classroom": 2, "syndicated-pages": 2}
_CAMPAIGNS_AT_A_MILLION = {"order-book": 1, "rotating-teams": 1}
_CROWDS_AT_A_MILLION = {"fan-club": 2, "fast-fan-club": 2, "newsletter": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationSpec:
    """What to simulate. The same spec gives the same bytes, whatever the number of threads.

    `levels`, `rings` and `look_alikes` say how many of each are planted. Left out, they grow with
    the square root of `interactions`, so that rings grow rarer as the platform grows.

    They are the own families. `families` plants held-out ones instead or as well, whose numbers
    `campaigns` and `crowds` say in the same way; then some follows close triangles, too.
    """

    interactions: int = 1_000_000
    days: int = 14
    seed: int = 1
    start: str = "2025-03-03"
    levels: Mapping[str, int] | None = None
    rings: Mapping[str, int] | None = None
    look_alikes: Mapping[str, int] | None = None
    families: Families = "own"
    campaigns: Mapping[str, int] | None = None
    crowds: Mapping[str, int] | None = None
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
        _known("campaigns", self.campaigns, CAMPAIGNS)
        _known("crowds", self.crowds, CROWDS)
        self._refuse_other_families()
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
        if not self.own:
            return 0
        if self.levels is None:
            return self._grown(_RINGS_AT_A_MILLION[level], least=2 if level == "L5" else 1)
        return self.levels.get(level, 0)

    def rings_of_kind(self, kind: str) -> int:
        """How many rings of one of `RING_KINDS` are planted."""
        if not self.own:
            return 0
        return self._grown(2) if self.rings is None else self.rings.get(kind, 0)

    def groups_of_kind(self, kind: str) -> int:
        """How many groups of one of `LOOK_ALIKES` are planted."""
        if not self.own:
            return 0
        if self.look_alikes is None:
            if kind == "super-users":
                return 1
            return self._grown(_GROUPS_AT_A_MILLION.get(kind, 1))
        return self.look_alikes.get(kind, 0)

    def campaigns_of_kind(self, kind: str) -> int:
        """How many held-out rings of one of `CAMPAIGNS` are planted."""
        if not self.held_out:
            return 0
        if self.campaigns is None:
            return self._grown(_CAMPAIGNS_AT_A_MILLION.get(kind, 2))
        return self.campaigns.get(kind, 0)

    def crowds_of_kind(self, kind: str) -> int:
        """How many held-out groups of one of `CROWDS` are planted."""
        if not self.held_out:
            return 0
        if self.crowds is None:
            return self._grown(_CROWDS_AT_A_MILLION.get(kind, 1))
        return self.crowds.get(kind, 0)

    @property
    def own(self) -> bool:
        """Whether the own families are planted."""
        return self.families != "held-out"

    @property
    def held_out(self) -> bool:
        """Whether the held-out families are planted."""
        return self.families != "own"

    def _refuse_other_families(self) -> None:
        if self.families not in ("own", "held-out", "both"):
            message = f"unknown families `{self.families}`; there is `own`, `held-out` and `both`"
            raise ConfigError(message)
        of_own = {"levels": self.levels, "rings": self.rings, "look_alikes": self.look_alikes}
        of_others = {"campaigns": self.campaigns, "crowds": self.crowds}
        for name, given in (of_others if self.families == "own" else of_own).items():
            if given is not None and self.families != "both":
                message = (
                    f"`{name}` is given, but families = `{self.families}` plants none of them;"
                    " set families = `both`"
                )
                raise ConfigError(message)

    def _grown(self, at_a_million: int, *, least: int = 1) -> int:
        return max(least, round(at_a_million * math.sqrt(self.interactions / 1_000_000)))

    def as_dict(self) -> dict[str, Any]:
        """The spec with every default filled in, for `simulation.json`.

        Held-out families are named only where they are planted, so that platforms that were
        simulated before there were any keep their bytes.
        """
        told = {
            **asdict(self),
            "levels": {level: self.rings_of_level(level) for level in LEVELS},
            "rings": {kind: self.rings_of_kind(kind) for kind in RING_KINDS},
            "look_alikes": {kind: self.groups_of_kind(kind) for kind in LOOK_ALIKES},
            "campaigns": {kind: self.campaigns_of_kind(kind) for kind in CAMPAIGNS},
            "crowds": {kind: self.crowds_of_kind(kind) for kind in CROWDS},
        }
        if not self.held_out:
            for name in ("families", "campaigns", "crowds"):
                del told[name]
        return told


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
