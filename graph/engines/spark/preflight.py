"""What a Spark session needs before it is used, each piece with its own message and mend."""

from __future__ import annotations

import importlib.util
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from graph.engines.spark.failures import first_line
from graph.engines.spark.java import find_java
from graph.engines.spark.scratch import Scratch
from graph.engines.spark.workers import Workers, check_workers
from graph.errors import ConfigError, NotOnThisEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

REFERENCE = (4, 1)
"""The version of Spark that answers are checked on."""

_CHECKED = "spark.ringwatch.checked"
"""Stands in a session's settings once its cluster was looked at."""
_INSTALL = "pip install 'ringwatch[spark,igraph]'"
_OLD = (
    "it lacks `applyInArrow`, `toArrow` and Arrow tables as input, by which rows cross to Python"
    " unchanged; on EMR or Databricks take a runtime with Spark 4.1, or bring Spark in a container"
    " image, see docs/spark.md"
)
_OTHER = f"answers are checked on Spark 4.1 alone; {_INSTALL} brings that one"
_CONNECT = (
    "the Spark engine needs a classic session, and this is one of Spark Connect: files and views"
    " are looked after through the driver's JVM, which Connect does not reach; start inside the"
    " cluster with `ringwatch submit`"
)


def check_python() -> str:
    """The version of PySpark.

    Raises:
        NotOnThisEngine: it is not installed, or of a version that the engine does not run on.
    """
    if importlib.util.find_spec("pyspark") is None:
        message = f"the Spark engine needs PySpark, and it is not installed; {_INSTALL}"
        raise NotOnThisEngine(message)
    import pyspark

    version = str(pyspark.__version__)
    refuse_version(version, what="PySpark")
    return version


def refuse_version(version: str, *, what: str) -> None:
    """Raise if a version is not of the reference's line, with the reason.

    Raises:
        NotOnThisEngine: it is another.
    """
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers == REFERENCE:
        return
    reason = _OLD if numbers < (4, 0) else _OTHER
    message = f"the Spark engine runs on Spark 4.1, and {what} here is {version}: {reason}"
    raise NotOnThisEngine(message)


def refuse_connect(
    master: str | None, conf: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    """Raise if a session would be one of Spark Connect.

    Raises:
        NotOnThisEngine: a setting or the environment asks for Connect.
    """
    asked = {
        "master": master if (master or "").startswith("sc://") else None,
        "spark.remote": conf.get("spark.remote"),
        "spark.api.mode": conf.get("spark.api.mode"),
        "SPARK_REMOTE": environment.get("SPARK_REMOTE"),
        "SPARK_CONNECT_MODE_ENABLED": environment.get("SPARK_CONNECT_MODE_ENABLED"),
    }
    for name, value in asked.items():
        if value and value not in ("classic", "0"):
            message = f"`{name}` is `{value}`: {_CONNECT}"
            raise NotOnThisEngine(message)


def java_environment() -> dict[str, str]:
    """The environment that makes Spark start on a Java that suits it.

    Raises:
        NotOnThisEngine: there is none.
    """
    return {"JAVA_HOME": str(find_java(os.environ).home)}


def check_session(session: SparkSession) -> None:
    """Raise if the session is of a kind that the engine cannot use.

    Raises:
        NotOnThisEngine: it is one of Spark Connect, or its jars are of another version.
    """
    if type(session).__module__.startswith("pyspark.sql.connect"):
        raise NotOnThisEngine(_CONNECT)
    refuse_version(session.version, what="the session's Spark")


def alone(session: SparkSession) -> bool:
    """Whether the driver is the only executor there is (`local`, `local[4]`)."""
    return re.match(r"local(\[|$)", session.sparkContext.master) is not None


def check_cluster(session: SparkSession, scratch: Scratch | None) -> Workers | None:
    """Look at executors and scratch, once a session; a session on this machine alone has neither.

    Args:
        session: what the engine runs on.
        scratch: what driver and executors should share; None where they run on one machine.

    Returns:
        what the executors said; None where nothing was looked at.

    Raises:
        NotOnThisEngine: an executor lacks something or has other versions.
        ConfigError: driver and executors do not see the same scratch.
    """
    # The folder of an engine is new each time; what it lies in is what may not be shared.
    base = scratch.root.rpartition("/")[0] if scratch is not None else "here"
    if alone(session) or session.conf.get(_CHECKED, "") == base:
        return None
    workers = check_workers(session)
    if scratch is not None:
        check_scratch(session, scratch)
    session.conf.set(_CHECKED, base)
    return workers


def check_scratch(session: SparkSession, scratch: Scratch) -> None:
    """Raise unless driver and executors see the same files below the scratch.

    Raises:
        ConfigError: what one of them wrote the other does not find.
    """
    rows = max(2, session.sparkContext.defaultParallelism)
    there, back = scratch.place("looked-at"), scratch.place("looked-at")
    try:
        # A folder that is not shared stays empty here: each executor fills one of its own.
        session.range(0, rows, 1, rows).write.parquet(there)
        _refuse_lost(rows, _rows(scratch, there), "executors", "the driver")
        with tempfile.TemporaryDirectory(prefix="ringwatch-") as folder:
            pq.write_table(pa.table({"id": range(rows)}), Path(folder) / "part.parquet")
            scratch.files.upload(Path(folder) / "part.parquet", f"{back}/part.parquet")
        found = session.read.schema("id bigint").parquet(back).count()
        _refuse_lost(rows, found, "the driver", "executors")
    except Exception as error:
        message = (
            f"the scratch `{scratch.root}` is of no use: {first_line(error)}; give `--scratch` on a"
            " file system that driver and executors share, such as `hdfs:///tmp`"
        )
        raise ConfigError(message) from error
    finally:
        for place in (there, back):
            scratch.remove(place)


def _refuse_lost(written: int, found: int, writer: str, reader: str) -> None:
    if found != written:
        message = f"{writer} wrote {written} rows there and {reader} found {found}"
        raise ConfigError(message)


def _rows(scratch: Scratch, place: str) -> int:
    """The rows of a folder as the driver's Python finds them, by the footers of its files."""
    rows = 0
    for part in scratch.parts(place):
        with scratch.opened(part) as file:
            rows += file.metadata.num_rows
    return rows
