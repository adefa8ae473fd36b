"""Runs shared over another file system: fetched before they are made again, sent when made."""

from __future__ import annotations

from pathlib import Path

from graph.engine import Engine
from graph.engines import open_engine
from jobs.config import DetectJob
from jobs.opening import engine_of
from jobs.spark_settings import SparkSettings
from review.arrow_files import ArrowFiles
from review.remote import Files, fetch, remote_runs, send
from review.run import Run


def bring(job: DetectJob, run: str, out: Path) -> None:
    """Fetch the run from where the job publishes to, if it is published there.

    Raises:
        StoreError: what is published there is damaged.
        ConfigError: the place cannot be opened.
    """
    if job.job.publish_to is None:
        return
    engine = engine_of(job)
    try:
        files = _files(engine)
        if any(entry.run == run for entry in remote_runs(files, job.job.publish_to)):
            fetch(files, job.job.publish_to, run, out)
    finally:
        engine.close()


def share(job: DetectJob, run: Run, engine: Engine) -> None:
    """Send a run to where the job publishes to, if it publishes anywhere else.

    Raises:
        StoreError: the file system lost something; what was published there before stays.
        ConfigError: the place cannot be opened.
    """
    if job.job.publish_to is not None:
        send(run, _files(engine), job.job.publish_to)


def share_again(job: DetectJob, run: Run) -> None:
    """Send a run that was made before, in case it did not arrive then.

    Raises:
        StoreError: as `share`.
        ConfigError: as `share`.
    """
    if job.job.publish_to is None:
        return
    engine = engine_of(job)
    try:
        share(job, run, engine)
    finally:
        engine.close()


def take_over(
    place: str, out: Path, *, engine: str = "local", spark: SparkSettings | None = None
) -> Run:
    """Fetch the current run of a folder elsewhere into the folder of runs `out`, checked.

    Args:
        place: the folder of runs, on any file system that the engine reaches.
        out: the folder of runs here.
        engine: `local` by Arrow's clients, or `spark` by those of its session.
        spark: the settings of that session.

    Raises:
        ConfigError: nothing is published there, the place cannot be opened, or the local engine was
            given settings of Spark.
        StoreError: what came is not what was published.
        NotOnThisEngine: what the engine needs is not installed.
    """
    told = spark or SparkSettings()
    opened = open_engine(engine, master=told.master, scratch=told.scratch, spark=told.conf)
    try:
        return fetch(_files(opened), place, None, out)
    finally:
        opened.close()


def _files(engine: Engine) -> Files:
    """The engine's own way to files elsewhere, or Arrow's."""
    own = engine.kernel("files")
    found: Files = ArrowFiles() if own is None else own(engine)
    return found
