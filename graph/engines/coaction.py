"""The local engine's co-action: ids to dense codes in SQL, the sweep on arrays, edges back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from graph.engines.coaction_parted import Parted
from graph.engines.coaction_reading import OWN_POST, Wanted
from graph.engines.coaction_whole import read_whole
from graph.engines.coaction_window import CoactionRows, Window
from graph.engines.kernels import coaction, company, sweep
from graph.engines.kernels.bounds import Limits
from graph.engines.kernels.company import Longs
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

_BYTES_A_ROW = 100
"""What a row takes in memory at its worst moment, its share of texts among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The answer for one window."""

    edges: Table
    bounds: Table
    raw_pairs: int
    interactions_used: int


def co_act(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    at_least: int,
    count: str,
    layer: str,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    unnamed: str,
    limits: tuple[int | None, int | None, int | None],
) -> list[Swept]:
    """Co-action edges for each window, from one reading of the interactions.

    Windows are in milliseconds, None for no time at all; the rest is as in
    `builders.coaction.coaction_graphs`.
    """
    wanted = Wanted(
        interactions=interactions,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        own_post=OWN_POST[unnamed],
    )
    answers: list[Swept] = []
    with _read(wanted, windows_ms) as rows:
        for window_ms in windows_ms:
            within_ms = _kernel_window(window_ms)
            bounded = rows.window(within_ms, limits=Limits(*limits), count=count, at_least=at_least)
            with bounded as window:
                batches = _edge_batches(window, rows.ids, wanted.threads, count, at_least, layer)
                answers.append(_answer(interactions, window, batches, layer))
    return answers


def count_raw_pairs(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
) -> list[int]:
    """How many pairs of posts each window holds, without a sweep."""
    wanted = Wanted(
        interactions=interactions,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        # What is one post does not matter to how many rows meet.
        own_post=OWN_POST["rows"],
    )
    with _read(wanted, windows_ms) as rows:
        return [rows.raw_pairs(_kernel_window(window)) for window in windows_ms]


@contextmanager
def _read(wanted: Wanted, windows_ms: Sequence[int | None]) -> Iterator[CoactionRows]:
    """The rows in memory, or in part files where the engine's memory does not hold them."""
    widest = None if None in windows_ms else max(w for w in windows_ms if w is not None)
    widest_ms = _kernel_window(widest)
    engine: Any = wanted.interactions.engine
    rows = wanted.interactions.count()
    memory = engine.array_bytes
    if rows * _BYTES_A_ROW <= memory:
        yield read_whole(wanted, widest_ms)
        return
    with tempfile.TemporaryDirectory(prefix="co-action-", dir=engine.spill) as folder:
        yield Parted(wanted, Path(folder), rows=rows, widest_ms=widest_ms, memory=memory)


def _answer(
    interactions: Table, window: Window, batches: Iterator[pa.RecordBatch], layer: str
) -> Swept:
    engine: Any = interactions.engine
    hold = engine.spilled if window.large else engine.from_batches
    return Swept(
        edges=hold(batches, EDGES),
        bounds=engine.from_arrow(_bounds(window, layer), BOUNDS),
        raw_pairs=window.raw_pairs,
        interactions_used=window.interactions,
    )


def _kernel_window(window_ms: int | None) -> int:
    return int(company.NO_TIME) if window_ms is None else window_ms


def _edge_batches(
    window: Window, ids: pa.LargeStringArray, threads: int, count: str, at_least: int, layer: str
) -> Iterator[pa.RecordBatch]:
    for ready in window.blocks:
        for found in coaction.swept(ready, count=count, at_least=at_least, threads=threads):
            yield _edges(found, ids, count, layer)


def _edges(found: Longs, ids: pa.LargeStringArray, count: str, layer: str) -> pa.RecordBatch:
    pairs = len(found)
    weight = {
        "posts": found[:, sweep.POSTS],
        "own-posts": np.minimum(found[:, sweep.OWN_ROW], found[:, sweep.OWN_PARTNER]),
        "objects": found[:, sweep.OBJECTS],
        "object-days": found[:, sweep.OBJECT_DAYS],
    }[count]
    columns = {
        "src": ids.take(pa.array(found[:, sweep.ROW])).cast(pa.string()),
        "dst": ids.take(pa.array(found[:, sweep.PARTNER])).cast(pa.string()),
        "layer": pa.repeat(layer, pairs),
        "weight": pa.array(weight.astype(np.float64)),
        "src_count": pa.array(found[:, sweep.OWN_ROW]),
        "dst_count": pa.array(found[:, sweep.OWN_PARTNER]),
        "objects": pa.array(found[:, sweep.OBJECTS]),
        "object_days": pa.array(found[:, sweep.OBJECT_DAYS]),
        "post_pairs": pa.array(found[:, sweep.POSTS]),
        "first_at": pa.array(found[:, sweep.FIRST]),
        "last_at": pa.array(found[:, sweep.LAST]),
        "expected": pa.nulls(pairs, pa.float64()),
        "log10_p": pa.nulls(pairs, pa.float64()),
    }
    return pa.RecordBatch.from_pydict(columns, schema=EDGES.arrow)


WHOLE = "left out whole: it has more interactions than the bound"
DENSE = "its interactions in windows denser than the bound were left out"


def _bounds(window: Window, layer: str) -> pa.Table:
    rows = [
        {
            "layer": layer,
            "bound": cut.bound,
            "subject": said,
            "accounts": accounts,
            "interactions": interactions,
            "pairs_not_counted": pairs,
            "says": WHOLE if cut.bound == "object-interactions" else DENSE,
        }
        for cut, says in window.cuts
        for said, accounts, interactions, pairs in zip(
            says, cut.accounts.tolist(), cut.interactions.tolist(), cut.pairs.tolist(), strict=True
        )
    ]
    return pa.Table.from_pylist(rows, schema=BOUNDS.arrow)
