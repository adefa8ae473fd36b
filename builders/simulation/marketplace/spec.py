"""What a marketplace is made of: its size, its days, its seed, its columns."""

from __future__ import annotations

from dataclasses import dataclass

from builders.simulation.one_table import TableSpec
from graph.errors import ConfigError

TOLD_FOR = 300_000
"""Interactions of the world that sizes of crowds are told for."""

EXTRAS = ("object_kind", "stars", "address", "device", "joined")
"""Columns beside account, action, object, time and text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceSpec(TableSpec):
    """How many interactions, in how many days, with which columns. The same spec, the same bytes.

    `extras` are the columns that are written beside the five that every world has; leaving one out
    changes no other. Accounts and goods grow with `interactions`, crowds nearly so, circles not.
    Rings are of 5 to 150 accounts, and of fewer at the most in worlds that are smaller.
    """

    interactions: int = TOLD_FOR
    days: int = 28
    extras: tuple[str, ...] = EXTRAS

    def __post_init__(self) -> None:
        """Refuse what cannot be made.

        Raises:
            ConfigError: a number is out of bounds, or a column is unknown.
        """
        # `super()` does not know a class with slots by its name.
        TableSpec.__post_init__(self)
        if unknown := [name for name in self.extras if name not in EXTRAS]:
            message = f"`extras` are of {', '.join(EXTRAS)}, not `{unknown[0]}`"
            raise ConfigError(message)

    @property
    def crowd(self) -> float:
        """What sizes of crowds are multiplied by."""
        return float(min(4.0, (self.interactions / TOLD_FOR) ** 0.8))

    @property
    def ring(self) -> float:
        """What the greatest size of a ring is multiplied by."""
        return float(min(1.0, (self.interactions / TOLD_FOR) ** 0.5))

    @property
    def length(self) -> float:
        """What numbers of occasions are multiplied by: one for four weeks or more."""
        return min(1.0, self.days / 28)
