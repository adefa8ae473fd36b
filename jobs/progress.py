"""How a run says where it stands: steps, and rows within a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """What a run reports to. The command line draws it; tests and notebooks may listen."""

    def step(self, name: str, says: str) -> None:
        """A step begins."""

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """So much of the current step is done; `total` is None while nobody knows."""

    def note(self, says: str) -> None:
        """Something a person should know, such as a detector that was left out."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Listens and says nothing."""

    def step(self, name: str, says: str) -> None:
        """Nothing."""

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Nothing."""

    def note(self, says: str) -> None:
        """Nothing."""
