"""The groups of a simulated world of one table, by its labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any


def grouped(world: Any) -> dict[str, set[str]]:
    """The accounts of each group."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in world.labels.to_pylist():
        found[row["group_id"]].add(row["account_id"])
    return found


def of_kind(groups: Mapping[str, set[str]], kind: str) -> list[set[str]]:
    """The groups of a kind, in the order of their names."""
    return [members for name, members in sorted(groups.items()) if name.startswith(f"{kind}-")]
