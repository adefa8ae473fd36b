"""Every piece that the engine on Spark needs, looked at one after the other, for `doctor`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graph.engines.spark.failures import first_line
from graph.engines.spark.files import uri_of
from graph.engines.spark.java import find_java
from graph.engines.spark.left_behind import lines_of
from graph.engines.spark.preflight import alone, check_python, check_scratch
from graph.engines.spark.progress import session_in_words
from graph.engines.spark.scratch import Scratch, meant_by
from graph.engines.spark.session import open_session, submitted
from graph.engines.spark.worker_facts import WorkerFacts
from graph.engines.spark.workers import check_workers
from graph.errors import ConfigError, RingwatchError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Check:
    """A piece that was looked at: what was found, or what is wrong with it."""

    name: str
    says: str
    error: RingwatchError | None = None


def spark_checks(
    *, master: str | None, scratch: str | None, conf: Mapping[str, str]
) -> Iterator[Check]:
    """Look at PySpark, Java, the session, every executor and the scratch.

    Ends after the first piece that is wrong: what comes behind it rests on it.

    Args:
        master: the cluster, as `spark-submit` takes it.
        scratch: a path or URI that driver and executors should share.
        conf: further settings of Spark.
    """
    opened: list[SparkSession] = []

    def session() -> str:
        opened.append(open_session(master=master, memory="1GB", threads=None, conf=conf))
        return session_in_words(opened[0])

    first: tuple[tuple[str, Callable[[], str]], ...] = (
        ("PySpark", check_python),
        ("Java", _java),
        ("Spark session", session),
    )
    for name, look in first:
        found = _looked(name, look)
        yield found
        if found.error is not None:
            return
    yield from _of_cluster(opened[0], scratch)


def _of_cluster(session: SparkSession, scratch: str | None) -> Iterator[Check]:
    if alone(session):
        yield Check("executors", "the driver is the executor")
    else:
        try:
            workers = check_workers(session)
        except RingwatchError as error:
            yield Check("executors", "", error)
            return
        for facts in workers.told:
            yield Check(f"executor on {facts.host}", _in_words(facts))
        how = "our code was sent to them" if workers.shipped else "our code is installed there"
        silent = f"; {workers.silent} did not answer" if workers.silent else ""
        yield Check("executors", f"{len(workers.told)}, as the driver; {how}{silent}")
    yield _looked("scratch", lambda: _scratch(session, scratch))


def _looked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, look())
    except RingwatchError as error:
        return Check(name, "", error)
    except OSError as error:
        return Check(name, "", RingwatchError(first_line(error)))


def _java() -> str:
    return "started by spark-submit" if submitted() else find_java(os.environ).says


def _scratch(session: SparkSession, given: str | None) -> str:
    with _base_of(session, given) as base:
        place = Scratch(session, base)
        try:
            check_scratch(session, place)
            left = lines_of(place.files, place.base)
        finally:
            place.close()
    where = f"`{given}`" if given is not None else "a folder of this machine"
    meant = meant_by(given, place.base) if given is not None else ""
    says = f"{where}: the driver and executors read what the other wrote"
    return "; ".join([says, *([meant] if meant else []), *left])


@contextmanager
def _base_of(session: SparkSession, given: str | None) -> Iterator[str]:
    if given is not None:
        yield given
        return
    if not session.sparkContext.master.startswith("local"):
        message = (
            f"Spark runs on `{session.sparkContext.master}`, and no scratch was named; give"
            " `--scratch` on a file system that driver and executors share, such as `hdfs:///tmp`"
        )
        raise ConfigError(message)
    with tempfile.TemporaryDirectory(prefix="ringwatch-") as folder:
        yield uri_of(Path(folder))


def _in_words(facts: WorkerFacts) -> str:
    return ", ".join(f"{name} {version or 'not there'}" for name, version in facts.versions.items())
