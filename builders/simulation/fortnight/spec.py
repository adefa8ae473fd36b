"""What a fortnight is made of: its size, its days, its seed."""

from __future__ import annotations

from dataclasses import dataclass

from builders.simulation.one_table import TableSpec

TOLD_FOR = 500_000
"""Interactions of the world that sizes of groups are told for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FortnightSpec(TableSpec):
    """How many interactions, in how many days. The same spec gives the same bytes.

    People and posts grow with `interactions`. Crowds grow as they do, clubs more slowly; rings are
    twelve at any size, and shrink a little in worlds that are smaller than the usual one.
    """

    interactions: int = TOLD_FOR

    @property
    def scale(self) -> float:
        """The size, as a share of the one that sizes are told for."""
        return self.interactions / TOLD_FOR

    @property
    def people(self) -> int:
        """How many accounts there are: one for every twenty acts of the fortnight."""
        return self.interactions // 20

    @property
    def clubs(self) -> float:
        """What sizes of clubs are multiplied by: a town of a tenth has clubs of a fifth."""
        return float(min(2.0, self.scale**0.7))

    @property
    def length(self) -> float:
        """What numbers of posts of clubs and groups are multiplied by; one for a fortnight or more.

        How much each person does is told for the span, however long it is.
        """
        return min(1.0, self.days / 14)

    @property
    def ring_size(self) -> float:
        """What sizes of rings are multiplied by: whoever sells likes sells them anywhere."""
        return float(min(1.0, self.scale**0.35))
