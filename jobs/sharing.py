"""Runs shared over another file system: fetched before they are made again, sent when made."""

from __future__ import annotations

from pathlib import Path

from graph.engine import Engine
from jobs.config import DetectJob
from jobs.opening import engine_of
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


def _files(engine: Engine) -> Files:
    """The engine's own way to files elsewhere, or Arrow's."""
    own = engine.kernel("files")
    found: Files = ArrowFiles() if own is None else own(engine)
    return found
