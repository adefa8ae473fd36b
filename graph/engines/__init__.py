"""The only room that speaks to an engine: DuckDB and igraph here, Spark in a room of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from graph.errors import ConfigError

if TYPE_CHECKING:
    from graph.engine import Engine

ENGINES = ("local", "spark")


def open_engine(
    name: str = "local",
    *,
    memory: str = "4GB",
    threads: int | None = None,
    spill: Path | None = None,
    master: str | None = None,
    scratch: str | None = None,
    spark: Mapping[str, str] | None = None,
    again: bool = False,
) -> Engine:
    """Open the engine that a job asks for; only its own module is imported.

    Args:
        name: one of `ENGINES`.
        memory: the most memory its tables may take before they spill to disk, such as `4GB`.
        threads: processors to use; all of them by default.
        spill: the folder for what does not fit in memory; a temporary one by default.
        master: Spark's master, such as `local[4]` or `yarn`; by default what `spark-submit` or the
            environment says, else this machine.
        scratch: a path or URI that all of Spark's machines share, for tables while they are used.
        spark: further settings of Spark.
        again: whether the same Parquet files, which never change, are read again and again: then
            the local engine remembers where their rows stand.

    Raises:
        ConfigError: no engine has this name, or the local one was given Spark's settings.
        NotOnThisEngine: what the engine needs is not installed.
    """
    if name == "local":
        from graph.engines.local import LocalEngine

        if master or scratch or spark:
            message = "`master`, `scratch` and settings of Spark need engine `spark`, not `local`"
            raise ConfigError(message)
        return LocalEngine(memory=memory, threads=threads, spill=spill, again=again)
    if name == "spark":
        from graph.engines.spark.engine import SparkEngine

        return SparkEngine(
            memory=memory,
            threads=threads,
            spill=spill,
            master=master,
            scratch=scratch,
            conf=spark,
        )
    message = f"unknown engine `{name}`; there is {', '.join(f'`{n}`' for n in ENGINES)}"
    raise ConfigError(message)


def hive_catalogue_in(folder: Path) -> dict[str, str]:
    """Spark's settings for a Hive catalogue of its own in a folder: for demonstrations and trials.

    Raises:
        NotOnThisEngine: PySpark is not installed.
    """
    from graph.engines.spark.warehouse import hive_settings

    return hive_settings(folder)
