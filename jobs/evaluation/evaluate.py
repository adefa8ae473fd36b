"""One extract evaluated: detected, held against its labels, and set beside other methods."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from builders.extracts.read import read_extract
from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.schemas import INTERACTIONS
from graph.table import Table
from jobs.config import DetectJob
from jobs.detect import Detected, detect
from jobs.evaluation.baselines import BASELINES, LeftOut
from jobs.evaluation.document import SCHEMA, brief, labels_told, measured
from jobs.evaluation.dropped import columns_of, without
from jobs.evaluation.found import found_in
from jobs.evaluation.intervals import DRAWS
from jobs.evaluation.labels import Labels
from jobs.evaluation.measures import Held, Population
from jobs.opening import engine_of
from jobs.progress import Progress, Silent
from jobs.settings import unknown

_COLUMNS = (
    "account", "object", "time", "action", "object_kind", "owner", "content", "text", "platform",
    "topic", "device", "ip", "created_at", "name",
)  # fmt: skip
"""What a job may know, as the command line calls it; the order of `source.missing`."""
_LABELLED = Schema(
    "labelled", (Column("account", "VARCHAR", "an account of the labels"),), key=("account",)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is evaluated beside the job itself.

    Attributes:
        path: what the extract is called in the document.
        base: the folder that the job's relative paths start from.
        peers: names of `BASELINES` to set beside.
        without: columns to drop, together in each evaluation.
        ablation: whether each detector is left out in turn.
        draws: how often groups are drawn for the intervals.
        seed: of those draws, and of the peers.
    """

    path: str
    base: Path = Path()
    peers: tuple[str, ...] = ()
    without: tuple[tuple[str, ...], ...] = ()
    ablation: bool = False
    draws: int = DRAWS
    seed: int = 0


def evaluate(
    job: DetectJob, labels: Labels, out: Path, asked: Asked, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Detect into `out`, and hold the run against the labels; the answer is the JSON document.

    Raises:
        ConfigError: the job, a column to drop or a peer is not there.
        ExtractError: the extract cannot be read.
    """
    said = progress or Silent()
    _refuse_unknown(asked)
    # Before the run: a column that is not there should not cost one.
    poorer = {
        ",".join(columns): without(job, columns, base=asked.base) for columns in asked.without
    }
    began = time.monotonic()
    done = detect(job, out, progress=said)
    seconds = {"detect": _since(began)}
    with _read(job, labels, said) as (engine, interactions, population):
        began = time.monotonic()
        said.step("hold", "hold what was found against the labels")
        held = Held(found_in(done.run, engine), labels, population)
        document = {
            "schema": SCHEMA,
            "source": _source(job, done, asked.path),
            "labels": labels_told(held),
            **measured(held, engine, draws=asked.draws, seed=asked.seed),
            "peers": _peers(interactions, labels, population, asked, said),
        }
        seconds["measure"] = _since(began)
    document["without"] = {
        name: _again(each, labels, population, out, said) for name, each in poorer.items()
    }
    document["ablation"] = {
        "without": {
            name: _again(each, labels, population, out, said)
            for name, each in _each_detector_less(job, asked)
        }
    }
    return {**document, "seconds": seconds, "run": done.run.name, "already": done.already}


def _refuse_unknown(asked: Asked) -> None:
    for name in asked.peers:
        if name not in BASELINES:
            raise ConfigError(unknown(name, BASELINES, what="peer", place="`--peer`"))


def _each_detector_less(job: DetectJob, asked: Asked) -> Iterator[tuple[str, DetectJob]]:
    if not asked.ablation or len(job.detectors) < 2:
        return
    for left_out in job.detectors:
        kept = tuple(each for each in job.detectors if each is not left_out)
        yield left_out.name, replace(job, detectors=kept)


def _again(
    job: DetectJob, labels: Labels, population: Population, out: Path, said: Progress
) -> dict[str, Any]:
    """The numbers of a poorer job over the same accounts."""
    began = time.monotonic()
    done = detect(job, out, progress=said)
    engine = engine_of(job)
    try:
        held = Held(found_in(done.run, engine), labels, population)
    finally:
        engine.close()
    left_out = dict(done.run.manifest.summary.get("left_out", {}))
    return {**brief(held), "left_out": left_out, "seconds": _since(began)}


def _peers(
    interactions: Table, labels: Labels, population: Population, asked: Asked, said: Progress
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in asked.peers:
        said.step(name, BASELINES[name].says)
        began = time.monotonic()
        found = BASELINES[name].find(interactions, asked.seed)
        if isinstance(found, LeftOut):
            told[name] = {"left_out": found.because}
        else:
            held = Held(found, labels, population)
            told[name] = {**brief(held), "seconds": _since(began)}
    return told


@contextmanager
def _read(
    job: DetectJob, labels: Labels, said: Progress
) -> Iterator[tuple[Engine, Table, Population]]:
    """The extract's interactions on an engine of their own, and who of the labels acts in them."""
    said.step("population", "read who is in the extract")
    engine = engine_of(job)
    try:
        carried = read_extract(engine, job.extract).interactions
        interactions = carried
        if carried.schema.names != INTERACTIONS.names:
            interactions = engine.project(carried, INTERACTIONS)
        accounts = engine.query(
            "select count(distinct account) as accounts from {interactions}",
            interactions=interactions,
        ).to_pylist()[0]["accounts"]
        yield engine, interactions, Population(accounts, _absent(interactions, labels))
    finally:
        engine.close()


def _absent(interactions: Table, labels: Labels) -> frozenset[str]:
    """The labelled accounts that do not act in the extract."""
    rows = pa.table({"account": sorted(labels.accounts)}, schema=_LABELLED.arrow)
    labelled = interactions.engine.from_arrow(rows, _LABELLED)
    found = interactions.engine.query(
        """
        select l.account from {labelled} l
        left join (select distinct account from {interactions}) i on i.account = l.account
        where i.account is null
        """,
        labelled=labelled,
        interactions=interactions,
    )
    return frozenset(found["account"].to_pylist())


def _source(job: DetectJob, done: Detected, path: str) -> dict[str, Any]:
    summary = done.run.manifest.summary
    read = {"time" if name == "acted_at" else name for name in columns_of(job)}
    return {
        "path": path,
        "interactions": summary["interactions"],
        "accounts": summary["accounts"],
        "columns": [name for name in _COLUMNS if name in read] + sorted(read - {*_COLUMNS}),
        "missing": [name for name in _COLUMNS if name not in read],
        "left_out": dict(summary.get("left_out", {})),
    }


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)


def all_peers() -> tuple[str, ...]:
    """The names of every method that a run can be set beside, in the order of the report."""
    return tuple(BASELINES)


def parsed_columns(given: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """`text` and `device,ip` as the columns to drop in each evaluation.

    Raises:
        ConfigError: a name is empty.
    """
    found = []
    for one in given:
        names = tuple(name.strip() for name in one.split(","))
        if not all(names):
            message = f"`--without` is a column, or several with commas, not `{one}`"
            raise ConfigError(message)
        found.append(names)
    return tuple(found)
