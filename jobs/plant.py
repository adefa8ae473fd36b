"""Rings planted into a log that a job reads: one table and labels, for `ringwatch evaluate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from builders.extracts.read import read_extract
from builders.extracts.report import accounting
from builders.simulation.flat import FlatWritten, write_world
from builders.simulation.into_log import IntoSpec, planted_log
from graph.schemas import INTERACTIONS
from jobs.config import DetectJob
from jobs.opening import engine_of
from jobs.progress import Progress, Silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What was written, the columns of its table, and what became of each row that was read."""

    written: FlatWritten
    columns: tuple[str, ...]
    accounting: tuple[str, ...]


def plant(
    job: DetectJob, spec: IntoSpec, out: Path, *, progress: Progress | None = None
) -> Planted:
    """Read the extract of a job and write it with rings into the new folder `out`.

    The whole log is held in memory. Attributes that the job carries are left out.

    Raises:
        ConfigError: `out` is not empty, or the log is too small for the rings.
        ExtractError: the extract cannot be read.
    """
    said = progress or Silent()
    said.step("read", "read the log")
    engine = engine_of(job)
    try:
        reading = read_extract(engine, job.extract)
        told = accounting(reading)
        log = engine.project(reading.interactions, INTERACTIONS).arrow()
    finally:
        engine.close()
    said.step("plant", "plant rings into it")
    world = planted_log(log, spec)
    written = write_world(lambda: world, out)
    return Planted(
        written=written, columns=tuple(world.interactions.column_names), accounting=tuple(told)
    )
