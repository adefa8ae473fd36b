"""Simulated worlds evaluated alike, one a seed, and their numbers as means with t-intervals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from builders.simulation.flat import INTERACTIONS_FILE, LABELS_FILE
from builders.simulation.kinds import OneTable, kind_of, write_table
from builders.simulation.simulate import simulate
from builders.simulation.spec import SimulationSpec
from builders.simulation.truth import FOLDER, read_truth
from graph.errors import ConfigError
from jobs.config import DetectJob
from jobs.evaluation.evaluate import Asked, evaluate
from jobs.evaluation.labels import Labels, labels_of, read_labels
from jobs.evaluation.together import together
from jobs.progress import Progress, Silent
from jobs.quick import Changes, QuickTable, changed_job, quick_job

Spec = SimulationSpec | OneTable
WORLD = "world"
SPEC = "spec.json"

_FLAT_COLUMNS = {
    "account": "account",
    "action": "action",
    "object": "object",
    "acted_at": "time",
    "text": "text",
    "object_kind": "object_kind",
}
"""Columns of the model, and what they are called in a world of one table, where it has them."""
_CREATED = "joined"
"""What such a world calls the column of when the account of a row was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A simulated world: the job that reads it, its truth, and where relative paths start."""

    job: DetectJob
    labels: Labels
    base: Path


def is_simulated(folder: Path) -> bool:
    """Whether a folder is one that `ringwatch simulate` wrote, its truth beside it."""
    return (folder / FOLDER).is_dir() and (folder / "job.toml").is_file()


def simulated_platform(folder: Path, changes: Changes) -> Simulated:
    """The platform in a folder, its truth as labels.

    Raises:
        ExtractError: the folder has no truth.
        ConfigError: its job file cannot be read, or a change is at fault.
    """
    labels = labels_of(read_truth(folder))
    return Simulated(job=changed_job(folder / "job.toml", changes), labels=labels, base=folder)


def evaluate_worlds(
    spec: Spec,
    seeds: Sequence[int],
    folder: Path,
    changes: Changes,
    asked: Asked,
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Simulate a world a seed, evaluate each, and give means with 95 % t-intervals.

    A world is simulated into `folder/seed-N/world` unless it stands there, its runs go into
    `folder/seed-N/runs`. A `SimulationSpec` makes a platform of five tables; all others make one
    table and labels, as a third party's extract would look.

    Raises:
        ConfigError: no seed, the same twice, or a folder that holds another world.
    """
    if not seeds or len(set(seeds)) < len(seeds):
        message = f"seeds are one number or several, each once, not `{','.join(map(str, seeds))}`"
        raise ConfigError(message)
    said = progress or Silent()
    worlds = []
    for seed in seeds:
        place = folder / f"seed-{seed}"
        said.step(f"seed {seed}", f"simulate {spec.interactions:,} interactions")
        world = _made(replace(spec, seed=seed), place, changes)
        told = replace(asked, base=world.base, path=f"simulated, seed {seed}")
        document = evaluate(world.job, world.labels, place / "runs", told, progress=said)
        worlds.append({"seed": seed, **document})
    return together(worlds, _told(spec))


def _made(spec: Spec, place: Path, changes: Changes) -> Simulated:
    """The world of a spec in `place`, simulated unless it stands there."""
    about, world = place / SPEC, place / WORLD
    told = json.dumps(_told(spec) | {"seed": spec.seed}, sort_keys=True)
    if not about.exists():
        # Without its spec beside it, what lies there is of a run that was broken off.
        shutil.rmtree(world, ignore_errors=True)
        place.mkdir(parents=True, exist_ok=True)
        _simulate(spec, world, changes.threads)
        about.write_text(told + "\n", encoding="utf-8")
    elif about.read_text(encoding="utf-8").strip() != told:
        message = f"`{place}` holds another world; name another `--out`, or ask for the same"
        raise ConfigError(message)
    if isinstance(spec, SimulationSpec):
        return simulated_platform(world, changes)
    return _flat(world, changes)


def _simulate(spec: Spec, world: Path, threads: int | None) -> None:
    if isinstance(spec, SimulationSpec):
        simulate(spec, world, threads=threads)
    else:
        write_table(spec, world)


def _flat(world: Path, changes: Changes) -> Simulated:
    job = flat_job(world, changes)
    return Simulated(job=job, labels=read_labels(world / LABELS_FILE), base=Path())


def flat_job(world: Path, changes: Changes) -> DetectJob:
    """The job of one table, told as the command line tells a third party's extract.

    A column that the model has no place for, such as an address, is carried as an attribute.
    """
    path = world / INTERACTIONS_FILE
    there = pq.read_schema(path).names
    mapping = {column: name for column, name in _FLAT_COLUMNS.items() if name in there}
    table = QuickTable(
        path=path,
        mapping=mapping,
        attributes={
            name: name for name in there if name not in mapping.values() and name != _CREATED
        },
        created_at=_CREATED if _CREATED in there else None,
        reading={"time_unit": "ms"},
    )
    return quick_job(table, changes, said=lambda _: None)


def _told(spec: Spec) -> dict[str, Any]:
    """How a world is made, its seed apart."""
    made = {name: value for name, value in asdict(spec).items() if name != "seed"}
    kind = "platform" if isinstance(spec, SimulationSpec) else kind_of(spec)
    return {"kind": kind, **made}
