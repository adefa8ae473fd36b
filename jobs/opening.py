"""The engine that a job asks for, opened the same way wherever a job opens one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builders.hive.address import HiveAddress
from graph.engine import Engine
from graph.engines import open_engine
from jobs.config import DetectJob, JobSettings
from jobs.spark_settings import SparkSettings


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


@contextmanager
def session_for(
    place: Path | HiveAddress,
    spark: SparkSettings | None,
    *,
    memory: str | None = None,
    threads: int | None = None,
) -> Iterator[Engine | None]:
    """The Spark engine through which a Hive table is looked at before there is a job.

    Its session may have the table's catalogue, and reaches the file system where the table lies.

    Args:
        place: what is looked at; a path is looked at by this process alone.
        spark: where Spark runs; None where the engine is another.
        memory: as in a job.
        threads: as in a job.

    Yields:
        The engine, or None where none is needed.

    Raises:
        ConfigError: a setting of the engine does not fit.
        NotOnThisEngine: what the engine needs is not installed.
    """
    if spark is None or not isinstance(place, HiveAddress):
        yield None
        return
    engine = open_engine(
        "spark",
        memory=memory or JobSettings().memory,
        threads=threads,
        master=spark.master,
        scratch=spark.scratch,
        spark=spark.conf,
    )
    try:
        yield engine
    finally:
        engine.close()
