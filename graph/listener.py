"""Who hears how long work goes: its steps, and how much of a step is done."""

from __future__ import annotations

from typing import Protocol


class Listener(Protocol):
    """What long work reports to, from one thread at a time."""

    def step(self, name: str, says: str) -> None:
        """A step begins."""

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """So much of the current step is done; `total` is None while nobody knows."""

    def note(self, says: str) -> None:
        """Something a person should know, such as a detector that was left out."""
