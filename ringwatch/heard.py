"""What was told to a verb, and what was said while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.progress import Progress


@dataclass(frozen=True, slots=True)
class Heard:
    """Passes progress on and keeps the notes."""

    watching: Progress
    notes: list[str] = field(default_factory=list)

    def step(self, name: str, says: str) -> None:
        """A step begins."""
        self.watching.step(name, says)

    def rows(self, done: int, total: int | None, unit: str) -> None:
        """So much of it is done."""
        self.watching.rows(done, total, unit)

    def note(self, says: str) -> None:
        """Something a person should know."""
        self.notes.append(says)
        self.watching.note(says)


def told_ones(given: Mapping[str, str | None]) -> dict[str, str]:
    """The settings that were given at all."""
    return {name: value for name, value in given.items() if value is not None}
