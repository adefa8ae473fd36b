"""The groups of a simulated world of one table, by its labels."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc


def grouped(world: Any) -> dict[str, set[str]]:
    """The accounts of each group."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in world.labels.to_pylist():
        found[row["group_id"]].add(row["account_id"])
    return found


def of_kind(groups: Mapping[str, set[str]], kind: str) -> list[set[str]]:
    """The groups of a kind, in the order of their names."""
    return [members for name, members in sorted(groups.items()) if name.startswith(f"{kind}-")]


def rings_of(world: Any) -> dict[str, tuple[str, str]]:
    """Kind and level of each ring."""
    rings = world.labels.filter(world.labels["is_ring"]).to_pylist()
    return {row["group_id"]: (row["kind"], row["level"]) for row in rings}


def look_alikes_of(world: Any) -> Counter[str]:
    """How many look-alikes of each kind there are."""
    innocent = world.labels.filter(pc.invert(world.labels["is_ring"])).to_pylist()
    return Counter(kind for _, kind in {(row["group_id"], row["kind"]) for row in innocent})


def each_as_often_as_it_may_be(
    kinds: Counter[str], planters: Mapping[str, tuple[Any, int, int]]
) -> bool:
    """Whether of each kind there are as many as its planter has them at least and at most."""
    return all(least <= kinds[kind] <= most for kind, (_, least, most) in planters.items())
