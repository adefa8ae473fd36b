"""What a local session's JVM is told, so that many small queries do not spend it on itself.

A job asks some hundred short queries, each of which Spark turns into new classes. Java's second
compiler would make the best of every one, and is at it still when the query is long done: in small
jobs a third to two thirds of the JVM's CPU was its. The first compiler alone will do, with room for
its code, and one thread that collects. What was told about the same thing elsewhere stands.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

_FEW_PROCESSORS = 4

_OURS = {
    "Tiered": "-XX:TieredStopAtLevel=1",
    # The first compiler alone would be given 48 MB, which a job fills: what is thrown out of it
    # is compiled again and again.
    "CodeCache": "-XX:ReservedCodeCacheSize=256m",
}
"""An option, by a word that stands in every option about the same thing."""

_ENVIRONMENT = (
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "SPARK_SUBMIT_OPTS",
    "PYSPARK_SUBMIT_ARGS",
)
_OUT_OF_SIGHT = ("--properties-file", "@")
"""Words of who keeps options in a file that is not read here."""
_TOLD_BY = "JavaOptions"
"""Settings of Spark that hold options of a JVM have names that end so."""


def jvm_options(
    conf: Mapping[str, str], environment: Mapping[str, str], *, processors: int | None
) -> dict[str, str]:
    """Settings of Spark with our options for the driver's JVM, less those told by others.

    They go to `spark.driver.defaultJavaOptions`, behind which Spark puts
    `spark.driver.extraJavaOptions`. A JVM that is told two collectors does not start.

    Args:
        conf: settings of Spark that the user gave.
        environment: as of this process.
        processors: of the session; None for all there are.
    """
    told = " ".join(
        [
            *(value for name, value in conf.items() if name.endswith(_TOLD_BY)),
            *(environment.get(name, "") for name in _ENVIRONMENT),
            _of_the_site(environment),
        ]
    )
    if (processors or os.cpu_count() or 1) <= _FEW_PROCESSORS:
        ours = _OURS | {"GC": "-XX:+UseSerialGC"}
    else:
        ours = _OURS | {"GC": "-XX:+UseParallelGC"}
    options = [option for about, option in ours.items() if about not in told]
    name = f"spark.driver.default{_TOLD_BY}"
    unseen = any(
        word in environment.get(each, "") for each in _ENVIRONMENT for word in _OUT_OF_SIGHT
    )
    if not options or unseen or name in conf or name in told:
        return {}
    return {name: " ".join(options)}


def _of_the_site(environment: Mapping[str, str]) -> str:
    """What a site says to every Spark, as it is written; nothing where it says nothing."""
    folder = Path(environment.get("SPARK_CONF_DIR") or f"{_home(environment)}/conf")
    said = []
    for name in ("spark-defaults.conf", "spark-env.sh"):
        with suppress(OSError):
            said.append((folder / name).read_text(encoding="utf-8", errors="replace"))
    return "\n".join(said)


def _home(environment: Mapping[str, str]) -> str:
    """Where Spark lies: where the environment says, else in PySpark."""
    found = find_spec("pyspark")
    folders = list(found.submodule_search_locations or ()) if found is not None else []
    return environment.get("SPARK_HOME") or next(iter(folders), "")
