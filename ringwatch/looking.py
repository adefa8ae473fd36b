"""Runs that are there already: one of them, or the list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from review.run import open_run, read_run
from review.run import runs as published_runs
from ringwatch.frames import frame
from ringwatch.run import Run

if TYPE_CHECKING:
    import pandas as pd

_RUNS = pa.schema(
    [
        ("run", pa.string()),
        ("job", pa.string()),
        ("created_at", pa.int64()),
        ("clusters", pa.int64()),
        ("members", pa.int64()),
        ("rows_read", pa.int64()),
        ("current", pa.bool_()),
    ]
)


def open(out: str | Path, run: str | None = None) -> Run:
    """A published run of a folder: the current one, or the one named `run`.

    Raises:
        ConfigError: nothing is published there, or no run has this name.
        StoreError: the run is damaged.
    """
    return Run(Path(out), open_run(Path(out), run))


def runs(out: str | Path) -> pd.DataFrame:
    """The published runs of a folder, the newest first; none are an empty frame.

    Raises:
        StoreError: the list of runs or a run is damaged.
    """
    folder = Path(out)
    rows = []
    for place, entry in enumerate(published_runs(folder)):
        manifest = read_run(folder, entry).manifest
        rows.append(
            {
                "run": manifest.run,
                "job": manifest.job,
                "created_at": manifest.created_at,
                "clusters": manifest.summary.get("clusters"),
                "members": manifest.summary.get("members"),
                "rows_read": manifest.input.get("rows_read"),
                "current": place == 0,
            }
        )
    return frame(pa.Table.from_pylist(rows, schema=_RUNS))
