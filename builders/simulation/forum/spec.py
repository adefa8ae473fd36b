"""What a forum is made of: its size, its days, its seed."""

from __future__ import annotations

from dataclasses import dataclass

from builders.simulation.one_table import TableSpec

TOLD_FOR = 500_000
"""Interactions of the world that sizes of crowds are told for."""

_RINGS_TOLD_FOR = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ForumSpec(TableSpec):
    """How many interactions, in how many days. The same spec gives the same bytes.

    Accounts and posts grow with `interactions`, crowds nearly so, circles and rings not; in worlds
    of fewer than 300,000 interactions rings are smaller, so that most accounts are nobody's.
    """

    @property
    def crowd(self) -> float:
        """What sizes of crowds are multiplied by."""
        return float(min(4.0, (self.interactions / TOLD_FOR) ** 0.8))

    @property
    def ring(self) -> float:
        """What sizes of rings are multiplied by."""
        return float(min(1.0, (self.interactions / _RINGS_TOLD_FOR) ** 0.8))

    @property
    def length(self) -> float:
        """What numbers of occasions are multiplied by: one for a fortnight or more."""
        return min(1.0, self.days / 14)
