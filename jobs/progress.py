"""How a run says where it stands: steps, and rows within a step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from graph.listener import Listener


class Progress(Listener, Protocol):
    """What a run reports to. The command line draws it; tests and notebooks may listen."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Listens and says nothing."""

    def step(self, name: str, says: str) -> None:
        """Nothing."""

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """Nothing."""

    def note(self, says: str) -> None:
        """Nothing."""
