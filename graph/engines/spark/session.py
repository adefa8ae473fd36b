"""A Spark session as the house needs it: settings that decide answers, and quiet defaults."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graph.engines.spark.jvm import jvm_options
from graph.engines.spark.preflight import (
    check_python,
    check_session,
    java_environment,
    refuse_connect,
)
from graph.errors import ConfigError, NotOnThisEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECIDING: dict[str, str] = {
    # A cast that fails must fail, as it does on the local engine, and not give a null.
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.session.timeZone": "UTC",
    # A file that is broken must not be read in part.
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # A failed conversion must not fall back to the way on which a null becomes the text `nan`.
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "65536",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
}
"""Settings of a session on which answers rest; the engine sets them whatever the user's are."""

_QUIET: dict[str, str] = {
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}
_LOCAL: dict[str, str] = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
_LOCAL_MASTER = re.compile(r"^local(\[|-cluster\[|$)")


def open_session(
    *,
    master: str | None,
    memory: str,
    threads: int | None,
    conf: Mapping[str, str],
) -> SparkSession:
    """The running session, or a new one.

    Args:
        master: as `spark-submit` takes it; None for what the environment says, else `local[*]`.
        memory: the driver's memory of a new local session, such as `4GB`.
        threads: processors of a new local session; all by default.
        conf: further settings of Spark; they go before the house's defaults.

    Raises:
        NotOnThisEngine: PySpark or Java is missing, or the session cannot be used.
        ConfigError: a setting would change answers.
    """
    check_python()
    refuse_connect(master, conf, os.environ)
    refuse_deciding(conf)
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    ours = running is None
    if running is not None and master not in (None, running.sparkContext.master):
        message = (
            f"a Spark session runs here already, on `{running.sparkContext.master}` and not on"
            f" `{master}`; stop it, or leave `master` out"
        )
        raise ConfigError(message)
    if ours:
        os.environ.setdefault("PYSPARK_PYTHON", conf.get("spark.pyspark.python", sys.executable))
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    if ours and not submitted():
        os.environ.update(java_environment())
    builder: Any = SparkSession.builder.appName("ringwatch")
    before = _told_before(running)
    for name, value in _settings(master, memory, threads, conf, before).items():
        builder = builder.config(name, value)
    try:
        session: SparkSession = builder.getOrCreate()
    except Exception as error:
        message = (
            f"Spark did not start ({_first_line(error)}); `ringwatch doctor --engine spark` names"
            " each missing piece"
        )
        raise NotOnThisEngine(message) from error
    check_session(session)
    for name, value in DECIDING.items():
        session.conf.set(name, value)
    if ours and _LOCAL_MASTER.match(session.sparkContext.master):
        # Errors are raised and said in our words; the JVM's pages of stack help nobody here.
        session.sparkContext.setLogLevel("OFF")
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    return session


def _told_before(running: SparkSession | None) -> dict[str, str]:
    """What a session was given by somebody else: a notebook, `spark-submit`, a site's defaults."""
    if running is not None:
        return dict(running.conf.getAll)
    if submitted():
        from pyspark import SparkConf, SparkContext

        within: Any = SparkContext
        within._ensure_initialized()
        return dict(SparkConf().getAll())
    return {}


def _settings(
    master: str | None,
    memory: str,
    threads: int | None,
    conf: Mapping[str, str],
    before: Mapping[str, str],
) -> dict[str, str]:
    chosen = master or conf.get("spark.master") or os.environ.get("MASTER")
    if submitted():
        # `spark-submit` was told, and the JVM runs already.
        chosen = None
    elif chosen is None:
        chosen = f"local[{threads or '*'}]"
    quiet = {name: value for name, value in _QUIET.items() if name not in before}
    settings = {**DECIDING, **quiet}
    if chosen is not None:
        settings["spark.master"] = chosen
        if _LOCAL_MASTER.match(chosen):
            settings |= _LOCAL | {"spark.driver.memory": jvm_size(memory)}
            settings |= jvm_options(conf, os.environ, processors=threads)
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    return {**settings, **conf}


def refuse_deciding(conf: Mapping[str, str]) -> None:
    """Raise if a setting on which answers rest is given another value.

    Raises:
        ConfigError: with the setting, the value it has, and the one that was given.
    """
    for name, value in DECIDING.items():
        if conf.get(name, value) != value:
            message = (
                f"`{name}` is `{value}` on the Spark engine, since answers rest on it, and not"
                f" `{conf[name]}`; leave it out"
            )
            raise ConfigError(message)


def submitted() -> bool:
    """Whether `spark-submit` started this process, and the JVM with it."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def jvm_size(memory: str) -> str:
    """A size such as `4GB` as the JVM takes it, `4g`."""
    found = re.fullmatch(r"\s*(\d+)\s*([kKmMgGtT])i?[bB]?\s*", memory)
    return f"{found[1]}{found[2].lower()}" if found else memory


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
