"""The demonstration on Spark: the simulated platform as Hive tables, read by their names."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from console.progress import shown_progress
from graph.engines import hive_catalogue_in
from graph.errors import NotOnThisEngine
from jobs.config import DetectJob, job_from
from jobs.detect import Detected, detect
from jobs.opening import engine_of

DATABASE = "ringwatch_demo"
_FILE_KEYS = ("format", "columns")


def detect_on_hive(extract: Path, out: Path, *, catalogue: Path, quiet: bool) -> Detected:
    """Make the extract's folders Hive tables, and detect in them on Spark.

    Args:
        extract: a simulated extract with its job file.
        out: the folder of runs.
        catalogue: the folder of the embedded Hive catalogue.
        quiet: say nothing of the progress.

    Raises:
        NotOnThisEngine: Spark is not installed.
    """
    given = tomllib.loads((extract / "job.toml").read_text(encoding="utf-8"))
    job = _on_spark(given, extract, hive_catalogue_in(catalogue))
    names = [table["name"] for table in given["extract"]["tables"]]
    with shown_progress(quiet=quiet) as said:
        said.step("hive", "make the simulated folders Hive tables")
        engine = engine_of(job)
        try:
            register = engine.kernel("hive-register")
            if register is None:
                message = f"the {engine.name} engine has no Hive catalogue to put tables into"
                raise NotOnThisEngine(message)
            register(engine, DATABASE, {name: extract / name for name in names})
        finally:
            engine.close()
        return detect(job, out, progress=said)


def _on_spark(given: Mapping[str, Any], extract: Path, conf: Mapping[str, str]) -> DetectJob:
    tables = [
        {
            **{key: value for key, value in table.items() if key not in _FILE_KEYS},
            "path": f"hive://{DATABASE}.{table['name']}",
        }
        for table in given["extract"]["tables"]
    ]
    changed = {
        **given,
        "job": {**given["job"], "engine": "spark"},
        "extract": {**given["extract"], "tables": tables},
        "spark": {"conf": dict(conf)},
    }
    return job_from(changed, base=extract)
