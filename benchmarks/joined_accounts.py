"""A graph for measurements: accounts in groups of all sizes, a few of them known to everybody."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from graph.schemas import EDGES  # noqa: E402

_ROWS_A_GROUP = 1_000_000
_DEGREE = 10
"""Edges for each account, about."""
_GROUP = 60
"""Accounts of a usual group; half of all edges lie inside groups."""


def write_edges(path: Path, edges: int, seed: int) -> None:
    """Write about so many weighted edges (`EDGES`), each pair once, the lesser id first.

    Half of them join members of one group, the others anybody with anybody, some accounts far
    oftener than others. Ids are numbers as text, scrambled, and rows are in no order.

    Args:
        path: the Parquet file.
        edges: how many are drawn; the same pair drawn twice is one edge.
        seed: the same seed gives the same file.
    """
    dice = np.random.default_rng(seed)
    accounts = max(edges // _DEGREE, 100)
    group = np.sort((dice.random(accounts) ** 1.5 * max(accounts // _GROUP, 2)).astype(np.int64))
    first = np.searchsorted(group, np.arange(group[-1] + 2))
    inside = edges // 2
    src = dice.integers(0, accounts, inside)
    size = (first[1:] - first[:-1])[group[src]]
    dst = first[group[src]] + (dice.random(inside) * size).astype(np.int64)
    known = (dice.random((2, edges - inside)) ** 2 * accounts).astype(np.int64)
    ends = np.concatenate([np.stack([src, dst]), dice.permutation(accounts)[known]], axis=1)
    low, high = ends.min(axis=0), ends.max(axis=0)
    pairs = np.unique(low[low < high] * accounts + high[low < high])
    pairs = dice.permutation(pairs)
    weight = np.round(dice.random(len(pairs)) * 0.9 + 0.1, 3)
    with pq.ParquetWriter(path, EDGES.arrow) as writer:
        for begin in range(0, len(pairs), _ROWS_A_GROUP):
            some = pairs[begin : begin + _ROWS_A_GROUP]
            writer.write_table(_rows(some // accounts, some % accounts, weight[begin:]))


def _rows(one: np.ndarray, other: np.ndarray, weight: np.ndarray) -> pa.Table:
    a, b = _ids(one), _ids(other)
    turned = a > b
    once = pa.repeat(pa.scalar(1, pa.int64()), len(a))
    columns = {
        "src": pa.array(np.where(turned, b, a)),
        "dst": pa.array(np.where(turned, a, b)),
        "layer": pa.repeat("links", len(a)),
        "weight": pa.array(weight[: len(a)]),
        **dict.fromkeys(("src_count", "dst_count", "objects", "object_days", "post_pairs"), once),
    }
    nothing = pa.nulls(len(a))
    full = [columns.get(name, nothing).cast(EDGES.arrow.field(name).type) for name in EDGES.names]
    return pa.Table.from_arrays(full, schema=EDGES.arrow)


def _ids(numbers: np.ndarray) -> np.ndarray:
    scrambled = (numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(1)
    return scrambled.astype(str)
