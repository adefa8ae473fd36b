"""The kinds of worlds that are one table with labels, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from builders.simulation.flat import FlatSpec, FlatWritten, write_flat
from builders.simulation.fortnight.spec import FortnightSpec
from builders.simulation.fortnight.written import write_fortnight
from builders.simulation.forum.spec import ForumSpec
from builders.simulation.forum.written import write_forum
from builders.simulation.marketplace.spec import MarketplaceSpec
from builders.simulation.marketplace.written import write_marketplace
from builders.simulation.outside.spec import OutsideSpec
from builders.simulation.outside.written import write_outside

TableKind = Literal["flat", "outside", "fortnight", "marketplace", "forum"]
OneTable = FlatSpec | OutsideSpec | FortnightSpec | MarketplaceSpec | ForumSpec

_Write = Callable[[Any, Path], FlatWritten]

ONE_TABLE: Mapping[TableKind, tuple[type[OneTable], _Write]] = {
    "flat": (FlatSpec, write_flat),
    "outside": (OutsideSpec, write_outside),
    "fortnight": (FortnightSpec, write_fortnight),
    "marketplace": (MarketplaceSpec, write_marketplace),
    "forum": (ForumSpec, write_forum),
}
"""Each kind's spec, and what writes it into a new folder."""


def kind_of(spec: OneTable) -> TableKind:
    """The name of the kind that a spec is of."""
    return next(kind for kind, (made_by, _) in ONE_TABLE.items() if type(spec) is made_by)


def table_spec(
    kind: TableKind, *, interactions: int, days: int | None = None, seed: int | None = None
) -> OneTable:
    """What to make of a kind; days and seed are the kind's own where none are told.

    Raises:
        ConfigError: a number is out of bounds.
    """
    told = {"interactions": interactions, "days": days, "seed": seed}
    given: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    return ONE_TABLE[kind][0](**given)


def write_table(spec: OneTable, folder: Path) -> FlatWritten:
    """Write a world of one table into the new folder `folder`, whole or not at all.

    Raises:
        ConfigError: `folder` exists and is not empty, or there is no room for what is planted.
    """
    return ONE_TABLE[kind_of(spec)][1](spec, folder)
