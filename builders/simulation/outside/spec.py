"""What an outside world is made of: its size, its days, its seed."""

from __future__ import annotations

from dataclasses import dataclass

from builders.simulation.one_table import TableSpec

WRITTEN_FOR = 470_000
"""Interactions of the world that numbers of accounts, posts and people in crowds are told for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideSpec(TableSpec):
    """About how many interactions, in how many days. The same spec gives the same bytes.

    Accounts and posts grow with `interactions`; the rings are twelve at any size, and as large.
    """

    @property
    def scale(self) -> float:
        """The size, as a share of the one that the numbers are told for."""
        return self.interactions / WRITTEN_FOR
