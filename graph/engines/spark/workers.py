"""The executors of a session: that they have the driver's code and compute with its versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.engines.spark import archive
from graph.engines.spark import worker_facts as facts_module
from graph.engines.spark.failures import first_line
from graph.engines.spark.worker_facts import WorkerFacts, told_by_task, worker_facts
from graph.errors import NotOnThisEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_ROUNDS = 5
"""How often tasks are sent until every executor has answered."""
_MEND = (
    "give the executors the driver's environment (a packed one by `spark.archives`, or an image),"
    " see docs/spark.md"
)


@dataclass(frozen=True, slots=True)
class Workers:
    """What the executors said.

    Attributes:
        told: the facts of each executor that answered.
        silent: how many executors there are beyond those.
        shipped: whether our own packages were sent to them.
    """

    told: tuple[WorkerFacts, ...]
    silent: int
    shipped: bool


def check_workers(session: SparkSession) -> Workers:
    """Ask every executor for its versions, send it our code if it lacks it, and compare.

    Raises:
        NotOnThisEngine: an executor cannot run Python, or has other versions than the driver; it
            is named by its host.
    """
    own = worker_facts()
    found = _asked(session)
    shipped = any(each.code != own.code for each in found.told)
    if shipped:
        own = replace(own, code=_ship(session))
        found = _asked(session)
    differences = [line for each in found.told for line in differing(own, each)]
    if differences:
        shown = ", ".join(sorted(set(differences))[:6])
        message = f"executors differ from the driver: {shown}; {_MEND}"
        raise NotOnThisEngine(message)
    return replace(found, shipped=shipped)


def differing(own: WorkerFacts, other: WorkerFacts) -> list[str]:
    """Where an executor would compute with something else than the driver, each in a few words.

    Of Python the second number counts: patches of it run the same code. What the driver itself
    has not may be there or not.
    """
    lines = []
    for name, wanted in own.versions.items():
        found = other.versions.get(name)
        if wanted is not None and _compared(name, found) != _compared(name, wanted):
            lines.append(f"{other.host} has {name} {found or 'not at all'} and not {wanted}")
    if other.code != own.code:
        has = "other code of ringwatch" if other.code is not None else "no ringwatch"
        lines.append(f"{other.host} has {has}")
    return lines


def _compared(name: str, version: str | None) -> str | None:
    return ".".join(version.split(".")[:2]) if name == "python" and version else version


def _asked(session: SparkSession) -> Workers:
    """Every executor's facts; tasks are sent again while one has not answered."""
    from pyspark import cloudpickle

    # By value: a worker that has none of our packages must be able to say so.
    modules = (facts_module, archive)
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        told: dict[tuple[str, int], WorkerFacts] = {}
        for _ in range(_ROUNDS):
            for facts in _one_round(session):
                told[facts.host, facts.process] = facts
            silent = _executors(session) - len(told)
            if silent <= 0:
                break
    except Exception as error:
        message = f"the executors cannot run a Python task ({_why(error)}); {_MEND}"
        raise NotOnThisEngine(message) from error
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    return Workers(tuple(told[key] for key in sorted(told)), max(silent, 0), shipped=False)


def _one_round(session: SparkSession) -> Iterable[WorkerFacts]:
    context = session.sparkContext
    tasks = max(2, context.defaultParallelism, 2 * _executors(session))
    told = context.parallelize(range(tasks), tasks).mapPartitions(told_by_task).collect()
    return [WorkerFacts(*values) for values in told]


def _executors(session: SparkSession) -> int:
    """How many executors there are now, the driver's own store of blocks not counted."""
    within: Any = session.sparkContext
    return int(within._jsc.sc().getExecutorMemoryStatus().size()) - 1


def _ship(session: SparkSession) -> str:
    """Send our packages to executors, those that come later too; give the digest of the code."""
    # Spark serves the file while the session lasts, and removes its folder in the end.
    within: Any = session.sparkContext
    path = archive.write_archive(Path(within._temp_dir))
    session.sparkContext.addPyFile(str(path))
    return path.stem.rpartition("-")[2]


def _why(error: Exception) -> str:
    """The line of a worker's failure that names what is wrong."""
    lines = [line.strip() for line in str(error).splitlines()]
    for sign in ("Cannot run program", "[PYTHON_VERSION_MISMATCH]"):
        for line in lines:
            if sign in line:
                return line[line.index(sign) :].rstrip(")")
    named = [line for line in lines if "Error:" in line or "Exception:" in line]
    return named[-1] if named else first_line(error)
