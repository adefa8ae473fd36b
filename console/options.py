"""Options that several commands share, each worded once."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from builders.hive.address import HiveAddress, hive_address
from graph.engines import ENGINES
from graph.errors import ConfigError
from jobs.spark_settings import SparkSettings, spark_option

Out = Annotated[
    Path,
    typer.Option("--out", help="The folder of runs.", envvar="RINGWATCH_OUT", show_default=True),
]
RunName = Annotated[
    str | None, typer.Option("--run", help="A run's name; the current run by default.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Memory = Annotated[
    str | None,
    typer.Option(help="The most memory to take before tables and rows spill to disk, as `4GB`."),
]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Processors to use; the answer does not depend on it.")
]
EngineName = Annotated[
    str | None,
    typer.Option(
        "--engine", help="What computes: `local` (this process) or `spark`; the answer is the same."
    ),
]
Master = Annotated[
    str | None,
    typer.Option(help="Spark's master: local[4], spark://host:7077, yarn, k8s://https://host."),
]
Scratch = Annotated[
    str | None,
    typer.Option(help="A folder that all of Spark's machines can reach, as hdfs:///tmp."),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option("--spark", help="A setting of Spark, NAME=VALUE; may be repeated."),
]
AskedMetastore = Annotated[
    str | None,
    typer.Option(
        "--metastore", help="The metastore that knows a hive:// table, as thrift://host:9083."
    ),
]
AskedHiveServer2 = Annotated[
    str | None,
    typer.Option(
        "--hiveserver2", help="A HiveServer2 to ask in place of a metastore, as host:10000."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
By = Annotated[
    str | None, typer.Option("--by", help="Who does this; the name of this login by default.")
]

DEFAULT_OUT = Path("out")


def extract_place(path: Path, metastore: str | None, hiveserver2: str | None) -> Path | HiveAddress:
    """What a command's argument names: a path, or a Hive table (`hive://db.table`).

    Raises:
        ConfigError: the table's name or its catalogue's address cannot be understood.
    """
    return hive_address(str(path), metastore=metastore, hiveserver2=hiveserver2) or path


def asked_spark(
    engine: str | None, master: str | None, scratch: str | None, spark: list[str] | None
) -> SparkSettings | None:
    """What a command is told of Spark; None where its engine is another.

    Raises:
        ConfigError: there is no such engine, or Spark is told something and is not the engine.
    """
    if engine not in (None, *ENGINES):
        message = f"`--engine` is {' or '.join(f'`{name}`' for name in ENGINES)}, not `{engine}`"
        raise ConfigError(message)
    told = SparkSettings(master=master, scratch=scratch, conf=dict(map(spark_option, spark or ())))
    if engine == "spark":
        return told
    if told != SparkSettings():
        message = "`--master`, `--scratch` and `--spark` go with `--engine spark`"
        raise ConfigError(message)
    return None


def who(by: str | None) -> str:
    """The name that goes into the history: the one given, or this login's."""
    try:
        return by or os.environ.get("RINGWATCH_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container may run a number that no login has.
        return f"uid {os.getuid()}"
