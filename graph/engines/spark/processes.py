"""Whether the process that marked a folder is surely gone, or surely at work: by its number here.

A number names a process only on the machine that gave it, since that was started, and among the
processes that see one another: containers of one machine count their own. A mark therefore says
in which world its number counts. Of another world nothing is sure, and nothing is said.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_BEGAN = 19
"""The place of the time of beginning in a process's `stat`, behind the name in brackets."""
_ENDED = ("Z", "X")
"""States of a process that has ended and was not asked for its exit code yet."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its number, when it began (ticks since the machine's start), and its world."""

    number: int
    began: str
    world: str

    @classmethod
    def here(cls) -> Process:
        """This one. Where the machine has no `/proc`, its world is unknown, an empty text."""
        own = _state_and_began(os.getpid())
        return cls(os.getpid(), own[1] if own is not None else "", _world())

    @classmethod
    def told(cls, said: Mapping[str, Any]) -> Process | None:
        """The process that a mark tells of; None where it does not, as older marks do not."""
        number, began, world = (said.get(name) for name in ("process", "began", "world"))
        if isinstance(number, int) and isinstance(began, str) and isinstance(world, str):
            return cls(number, began, world)
        return None

    def facts(self) -> dict[str, int | str]:
        """As a mark tells it."""
        return {"process": self.number, "began": self.began, "world": self.world}

    def is_gone(self) -> bool:
        """Whether it has surely ended; False where that cannot be told from here."""
        return self._of_this_world() and not self._runs()

    def is_at_work(self) -> bool:
        """Whether it surely runs; False where that cannot be told from here."""
        return self._of_this_world() and self._runs()

    def _of_this_world(self) -> bool:
        return bool(self.world and self.began) and self.world == _world()

    def _runs(self) -> bool:
        # A number is given again: another process of the same number began at another time.
        found = _state_and_began(self.number)
        return found is not None and found[0] not in _ENDED and found[1] == self.began


def _state_and_began(number: int) -> tuple[str, str] | None:
    """A process's state and its time of beginning; None where there is no such process."""
    try:
        text = (_PROC / str(number) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return (fields[0], fields[_BEGAN]) if len(fields) > _BEGAN else None


def _world() -> str:
    """The machine's start and the container's count of processes; empty where unknown."""
    try:
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii")
        return f"{boot.strip()} {(_PROC / 'self' / 'ns' / 'pid').readlink()}"
    except (OSError, ValueError):
        return ""
