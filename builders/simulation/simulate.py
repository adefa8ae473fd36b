"""Simulate a platform: draw it block by block and write its extract, its truth and a job file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from builders.simulation.job import job_text
from builders.simulation.new_folder import new_folder
from builders.simulation.organic import draw_block
from builders.simulation.rows import ACTIONS
from builders.simulation.spec import SimulationSpec
from builders.simulation.tables import block_tables
from builders.simulation.truth import FOLDER
from builders.simulation.world import Block, World, make_world
from builders.simulation.write import write_parquet, write_tables

GENERATOR = 1
"""Raised when the same spec no longer gives the same bytes."""

Progress = Callable[[int, int], None]
"""Called with the interactions written so far and in all, from one thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What was simulated: counts, the folder and the job file in it, seconds taken."""

    out: Path
    job: Path
    interactions: int
    accounts: int
    rings: int
    lookalikes: int
    files: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Written:
    rows: int
    files: int
    by_action: tuple[int, ...]


def simulate(
    spec: SimulationSpec,
    out: Path,
    *,
    progress: Progress | None = None,
    threads: int | None = None,
) -> Simulated:
    """Write a simulated platform into the new folder `out`, whole or not at all.

    The folder holds one Hive-partitioned table a kind of action, `accounts.parquet`,
    `simulation.json`, `job.toml` for `ringwatch detect`, and apart from them `truth/`. The bytes
    depend on the spec (and on the installed numpy and pyarrow), never on `threads`.

    Raises:
        ConfigError: `out` exists and is not empty, or the spec plants more than there is room for.
    """
    began = time.monotonic()
    with new_folder(out) as folder:
        world = make_world(spec)
        written = _write_blocks(world, folder, progress, threads)
        _write_beside(world, written, folder)
    return Simulated(
        out=out,
        job=out / "job.toml",
        interactions=sum(part.rows for part in written),
        accounts=world.population.count,
        rings=_distinct(world.rings["ring"]),
        lookalikes=_distinct(world.lookalikes["group"]),
        files=sum(part.files for part in written),
        seconds=time.monotonic() - began,
    )


def _write_blocks(
    world: World, root: Path, progress: Progress | None, threads: int | None
) -> list[_Written]:
    written: list[_Written] = []
    done = 0
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        waiting = [pool.submit(_write_block, world, block, root) for block in world.blocks]
        try:
            for future in as_completed(waiting):
                written.append(future.result())
                done += written[-1].rows
                if progress is not None:
                    progress(done, world.spec.interactions)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return written


def _write_block(world: World, block: Block, root: Path) -> _Written:
    rows = draw_block(world, block)
    files = write_tables(root, world.spec, block, block_tables(world, block, rows))
    by_action = np.bincount(rows.action, minlength=len(ACTIONS))
    return _Written(len(rows), files, tuple(int(count) for count in by_action))


def _write_beside(world: World, written: list[_Written], root: Path) -> None:
    (root / FOLDER).mkdir()
    write_parquet(root / FOLDER / "rings.parquet", world.rings)
    write_parquet(root / FOLDER / "lookalikes.parquet", world.lookalikes)
    write_parquet(root / "accounts.parquet", world.accounts)
    (root / "job.toml").write_text(job_text(world.spec), encoding="utf-8")
    by_action = np.sum([part.by_action for part in written], axis=0)
    about = {
        "spec": world.spec.as_dict(),
        "interactions": sum(part.rows for part in written),
        "planted": len(world.planted),
        "by_action": {name: int(n) for name, n in zip(ACTIONS, by_action, strict=True)},
        "accounts": world.population.count,
        "posts": len(world.post_ids),
        "links": len(world.links),
        "rings": _distinct(world.rings["ring"]),
        "lookalikes": _distinct(world.lookalikes["group"]),
        "versions": {"generator": GENERATOR, "numpy": np.__version__, "pyarrow": pa.__version__},
    }
    (root / "simulation.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _distinct(column: pa.ChunkedArray) -> int:
    return len(column.unique())
