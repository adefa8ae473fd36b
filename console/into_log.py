"""Planting into a log, as the command line tells it and tells of it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from builders.simulation.into_log import IntoSpec
from console.columns import refuse_columns
from console.failures import say
from console.output import write_json, write_line
from console.progress import shown_progress
from graph.errors import ConfigError
from jobs.config import DetectJob
from jobs.plant import plant
from jobs.quick import Changes, QuickTable, changed_job, quick_job


def log_job(
    log: Path, mapping: Mapping[str, str], reading: Mapping[str, str], changes: Changes
) -> DetectJob:
    """The job that reads a log: of a job file, or of the columns that were told.

    Raises:
        ConfigError: a needed column is not told, or columns are told beside a job file.
    """
    if log.suffix == ".toml":
        refuse_columns(log, {**mapping, **reading})
        return changed_job(log, changes)
    table = QuickTable(path=log, mapping=mapping, reading=reading)
    return quick_job(table, changes, said=lambda assumed: say(f"assumed: {assumed}"))


def rings(told: str | None) -> dict[str, int] | None:
    """How many rings of each level: `L0=1,L3=2`, or `L0,L3` for one of each, or `none`.

    Raises:
        ConfigError: it is neither.
    """
    if told is None:
        return None
    found: dict[str, int] = {}
    for part in [] if told == "none" else told.split(","):
        level, given, count = part.strip().partition("=")
        if not level or (given and not count.isdecimal()):
            message = f"rings are told as L0=1,L3=2, as L0,L3, or as none, not `{told}`"
            raise ConfigError(message)
        found[level] = int(count) if given else 1
    return found


def write_planted(job: DetectJob, spec: IntoSpec, out: Path, *, quiet: bool, json: bool) -> None:
    """Plant, and say what was written and how to go on."""
    with shown_progress(quiet=quiet) as said:
        done = plant(job, spec, out, progress=said)
    made = done.written
    if json:
        write_json(
            {
                "interactions_file": str(made.interactions),
                "labels_file": str(made.labels),
                "interactions": made.rows,
                "rings": made.rings,
                "columns": list(done.columns),
                "accounting": list(done.accounting),
                "seconds": round(made.seconds, 3),
            }
        )
        return
    for line in done.accounting:
        write_line(line)
    columns = " ".join(f"--{name.replace('_', '-')} {name}" for name in done.columns)
    write_line(
        f"{made.rows:,} interactions in {made.interactions}, {made.rings} planted rings in"
        f" {made.labels}; next: ringwatch evaluate {shlex.quote(str(made.interactions))} {columns}"
        f" --time-unit ms --labels {shlex.quote(str(made.labels))}"
    )
