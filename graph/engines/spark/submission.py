"""A command of Ringwatch inside a cluster, by pyspark's own `spark-submit`."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from graph.engines.spark.archive import packaged_files, write_archive
from graph.engines.spark.preflight import check_python, java_environment, refuse_connect
from graph.engines.spark.session import refuse_deciding

_DRIVER = "spark.pyspark.driver.python"
_LISTS = ("--py-files", "--files")
"""Options of `spark-submit` that take a list, of which only the last is heard."""


def submit(
    arguments: Sequence[str],
    *,
    master: str | None,
    conf: Mapping[str, str],
    options: Sequence[str],
    script: str,
    files: Sequence[Path] = (),
) -> int:
    """Run a command of Ringwatch as an application of Spark, and give its exit code.

    What it writes is written here. Interrupted, it asks `spark-submit` to end and waits for it.

    Args:
        arguments: of the command `ringwatch`.
        master: as `spark-submit` takes it; else what its own settings say.
        conf: settings of Spark.
        options: further options of `spark-submit`; they go before the settings.
        script: what the driver starts with, by its name among the packages.
        files: files that the driver finds in its own folder.

    Raises:
        NotOnThisEngine: PySpark or Java is missing or does not suit.
        ConfigError: a setting would change answers.
    """
    check_python()
    refuse_connect(master, conf, os.environ)
    import pyspark

    settings = {"spark.log.level": "WARN", **conf}
    given = {**conf, **dict(_settings(options))}
    refuse_deciding(given)
    away = in_cluster(options, conf)
    if not away and _DRIVER not in given and "PYSPARK_DRIVER_PYTHON" not in os.environ:
        # The driver runs here, whatever Python the executors bring with them.
        settings[_DRIVER] = given[_DRIVER] = sys.executable
    # A driver that is this very Python has our code, and the engine sends it on to executors that
    # lack it. Where they have it too nothing is sent: what they compiled before is then at hand.
    lacking = away or given.get(_DRIVER) != sys.executable
    with tempfile.TemporaryDirectory(prefix="ringwatch-submit-") as folder:
        carried = [write_archive(Path(folder))] if lacking else []
        entry = Path(folder) / "ringwatch_driver.py"
        # A file of its own, whatever Ringwatch was installed from.
        entry.write_bytes(dict(packaged_files())[script])
        command = [
            str(Path(pyspark.__file__).parent / "bin" / "spark-submit"),
            *(("--master", master) if master is not None else ()),
            *(part for name, value in settings.items() for part in ("--conf", f"{name}={value}")),
            *with_files(options, {"--py-files": carried, "--files": files}),
            str(entry),
            *arguments,
        ]
        return _ran(command)


def _ran(command: Sequence[str]) -> int:
    running = subprocess.Popen(command, env={**os.environ, **java_environment()})
    try:
        return running.wait()
    except BaseException:
        running.terminate()
        running.wait()
        raise


def in_cluster(options: Sequence[str], conf: Mapping[str, str]) -> bool:
    """Whether the driver will run on the cluster and not here."""
    given = {**conf, **dict(_settings(options))}
    modes = [value for name, value in _pairs(options) if name == "--deploy-mode"]
    return (modes or [given.get("spark.submit.deployMode", "client")])[-1] == "cluster"


def with_files(options: Sequence[str], more: Mapping[str, Sequence[Path]]) -> list[str]:
    """The options with files put into their lists: `spark-submit` hears only the last of each."""
    lists = {name: [str(path) for path in more.get(name, ())] for name in _LISTS}
    rest: list[str] = []
    spread = [part for option in options for part in _apart(option)]
    place = 0
    while place < len(spread):
        name = spread[place]
        if name in lists and place + 1 < len(spread):
            lists[name].append(spread[place + 1])
            place += 2
        else:
            rest.append(name)
            place += 1
    return [
        *(part for name, paths in lists.items() if paths for part in (name, ",".join(paths))),
        *rest,
    ]


def _apart(option: str) -> list[str]:
    """`--name=value` as two words, for the options that are looked at."""
    name, equals, value = option.partition("=")
    looked_at = name in (*_LISTS, "--deploy-mode", "--conf")
    return [name, value] if equals and looked_at else [option]


def _pairs(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    spread = [part for option in options for part in _apart(option)]
    return itertools.pairwise(spread)


def _settings(options: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in _pairs(options):
        if name in ("--conf", "-c"):
            setting, _, said = value.partition("=")
            yield setting, said
