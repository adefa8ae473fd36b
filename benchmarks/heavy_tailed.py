"""Interactions for measurements: heavy-tailed objects that age in hours, skewed accounts."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from graph.schemas import INTERACTIONS  # noqa: E402

_ROWS_A_GROUP = 1_000_000
LARGEST = 500_000
"""No object has more interactions: what is viral does not grow with the platform without end."""


def write_interactions(
    path: Path, interactions: int, seed: int, viral: int = 0, share: float = 0.1
) -> None:
    """Heavy-tailed objects that age in hours, skewed accounts, and ids as scrambled text.

    Args:
        path: the Parquet file.
        interactions: how many.
        seed: the same seed gives the same file.
        viral: so many of the objects have `share` of all interactions each.
        share: see `viral`.
    """
    dice = np.random.default_rng(seed)
    most = min(max(interactions // 60, 10), LARGEST)
    sizes = np.minimum((1 - dice.random(interactions // 3 + 10)) ** (-1 / 1.1), most)
    sizes = sizes.astype(np.int64)
    sizes[:viral] = int(interactions * share)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), interactions) + 1]
    objects = np.repeat(np.arange(len(sizes)), sizes)[:interactions]
    rows = len(objects)
    born = dice.random(len(sizes))[objects] * 30 * 86_400
    at = ((born + np.exp(dice.normal(np.log(7_200), 1.5, rows))) * 1000).astype(np.int64)
    accounts = (dice.random(rows) ** 2 * max(rows // 20, 10)).astype(np.int64)
    order = dice.permutation(rows)
    with pq.ParquetWriter(path, INTERACTIONS.arrow) as writer:
        for first in range(0, rows, _ROWS_A_GROUP):
            some = order[first : first + _ROWS_A_GROUP]
            columns = {
                "account": _ids(accounts[some], 1),
                "action": pa.repeat("repost", len(some)),
                "object": _ids(objects[some], 2),
                "object_kind": pa.repeat("post", len(some)),
                "acted_at": pa.array(1_700_000_000_000 + at[some]),
                "content": _ids(np.arange(first, first + len(some)), 3),
            }
            nothing = pa.nulls(len(some), pa.string())
            full = {name: columns.get(name, nothing) for name in INTERACTIONS.names}
            writer.write_table(pa.table(full, schema=INTERACTIONS.arrow))


def _ids(numbers: np.ndarray, salt: int) -> pa.Array:
    scrambled = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
    return pa.array(scrambled >> np.uint64(1)).cast(pa.string())
