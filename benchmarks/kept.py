"""What a measurement keeps of itself: its numbers, its commit, and what it took on what machine."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from review.whole import whole

ROOT = Path(__file__).parents[1]


def kept_in(path: Path) -> list[dict[str, Any]]:
    """The entries of earlier measurements, the oldest first."""
    found: list[dict[str, Any]] = []
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
    return found


def keep(path: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write the entries, all of them or nothing."""
    with whole(path) as (beside,):
        beside.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")


def commit() -> str:
    """The commit that is measured, marked where files differ from it."""
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return said.stdout.strip() or "unknown"


def today() -> str:
    """The date, UTC, as entries keep it."""
    return datetime.now(tz=UTC).strftime("%Y-%m-%d")


def _load() -> float:
    return round(os.getloadavg()[0], 1)


def _busy() -> float:
    """Seconds of processors so far, those of processes that ended among them."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


@dataclass(frozen=True, slots=True)
class Clock:
    """Begins when it is made; `told` says what has been taken since, and how busy others were."""

    began: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=_busy)
    load: float = field(default_factory=_load)

    def told(self) -> dict[str, Any]:
        """Seconds by the wall and of processors, and the load of the last minute at both ends."""
        return {
            "seconds": round(time.monotonic() - self.began),
            "processor_seconds": round(_busy() - self.busy),
            "processors": os.cpu_count(),
            "load_before": self.load,
            "load_after": _load(),
        }


def took(entry: Mapping[str, Any]) -> str:
    """What an entry's measurement took, in words; earlier ones know the wall clock alone."""
    wall = f"{entry['seconds']:,} s"
    if "processor_seconds" not in entry:
        return wall
    return (
        f"{wall} ({entry['processor_seconds']:,} s of processor time on {entry['processors']}"
        f" processors, load {entry['load_before']:g} before and {entry['load_after']:g} after)"
    )
