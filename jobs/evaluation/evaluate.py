"""One extract evaluated: detected, held against its labels, and set beside other methods."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from builders.extracts.accounts import read_accounts
from builders.extracts.read import read_extract
from graph.engine import Engine
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.schemas import INTERACTIONS
from graph.table import Table
from jobs.config import DetectJob
from jobs.detect import Detected, detect
from jobs.evaluation.ablation import NOT_ASKED, Subject, ablation
from jobs.evaluation.again import again
from jobs.evaluation.baselines import BASELINES, LeftOut
from jobs.evaluation.document import SCHEMA, brief, labels_told, measured
from jobs.evaluation.drawn_once import DrawnOnce
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
        ablation: whether each signal, defence and term is left out in turn.
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
    once = DrawnOnce(out / "layers")
    began = time.monotonic()
    done = detect(once.of(job) if asked.ablation else job, out, progress=said)
    seconds = {"detect": _since(began)}
    with (
        _read(job, labels, said) as (engine, carried, population),
        _removed(out / "layers", engine),
    ):
        interactions = _known(carried)
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
        document["ablation"] = NOT_ASKED
        if asked.ablation:
            of = Subject(
                job=job, run=done.run, labels=labels, population=population, out=out, said=said
            )
            accounts = None if job.accounts is None else read_accounts(engine, job.accounts)
            known = None if accounts is None else accounts.interactions
            document["ablation"] = ablation(of, once, engine, carried, known)
    document["without"] = {
        name: again(each, labels, population, out, said) for name, each in poorer.items()
    }
    return {**document, "seconds": seconds, "run": done.run.name, "already": done.already}


def _refuse_unknown(asked: Asked) -> None:
    for name in asked.peers:
        if name not in BASELINES:
            raise ConfigError(unknown(name, BASELINES, what="peer", place="`--peer`"))


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
    """The extract on an engine of its own, and who of the labels acts in it."""
    said.step("population", "read who is in the extract")
    engine = engine_of(job)
    try:
        carried = read_extract(engine, job.extract).interactions
        interactions = _known(carried)
        accounts = engine.query(
            "select count(distinct account) as accounts from {interactions}",
            interactions=interactions,
        ).to_pylist()[0]["accounts"]
        yield engine, carried, Population(accounts, _absent(interactions, labels))
    finally:
        engine.close()


def _known(carried: Table) -> Table:
    """The interactions without the attributes that they carry."""
    if carried.schema.names == INTERACTIONS.names:
        return carried
    return carried.engine.project(carried, INTERACTIONS)


@contextmanager
def _removed(folder: Path, engine: Engine) -> Iterator[None]:
    """The block, and the folder is gone after it, with what an engine kept elsewhere for it."""
    try:
        yield
    finally:
        engine.let_go(folder)
        shutil.rmtree(folder, ignore_errors=True)


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
