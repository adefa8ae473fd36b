"""The engine that a job asks for, opened the same way wherever a job opens one."""

from __future__ import annotations

from pathlib import Path

from graph.engine import Engine
from graph.engines import open_engine
from jobs.config import DetectJob


def engine_of(job: DetectJob, *, spill: Path | None = None) -> Engine:
    """Open the engine of a job; whoever asks closes it.

    Args:
        job: what names the engine, its memory and its processors.
        spill: a local folder for what does not fit in memory; a temporary one by default.

    Raises:
        ConfigError: a setting of the engine does not fit.
        NotOnThisEngine: what the engine needs is not installed.
    """
    memory, threads = job.job.memory, job.job.threads
    if job.job.engine == "local":
        # A [spark] section waits there for `--engine spark`.
        return open_engine("local", memory=memory, threads=threads, spill=spill)
    return open_engine(
        "spark",
        memory=memory,
        threads=threads,
        spill=spill,
        master=job.spark.master,
        scratch=job.spark.scratch,
        spark=job.spark.conf,
    )
