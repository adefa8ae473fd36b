"""`ringwatch doctor`: is everything here that the work needs?"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import typer

from console.options import (
    DEFAULT_OUT,
    AsJson,
    EngineName,
    Master,
    Out,
    Scratch,
    SparkConf,
    asked_spark,
)
from console.output import write_json, write_table
from console.place import STORE
from graph.engines import open_engine
from graph.errors import RingwatchError
from jobs.spark_settings import SparkSettings
from review.publish import abandoned
from review.run import open_run, verify
from review.store import Store

COLUMNS = {"check": "check", "state": "state", "says": "found", "mend": "mend"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `good`, `note` (works, with a remark) or `bad`."""

    check: str
    state: str
    says: str
    mend: str = ""


def doctor(
    out: Out = DEFAULT_OUT,
    engine: EngineName = None,
    master: Master = None,
    scratch: Scratch = None,
    spark: SparkConf = None,
    json: AsJson = False,
) -> None:
    """Check Python, libraries, disk, the runs and the store."""
    settings = asked_spark(engine, master, scratch, spark)
    found = [check(out) for check in CHECKS]
    if settings is not None:
        found += _spark(settings)
    rows: list[dict[str, Any]] = [
        {"check": each.check, "state": each.state, "says": each.says, "mend": each.mend}
        for each in found
    ]
    if json:
        write_json({"findings": rows})
    else:
        write_table("Checks", COLUMNS, rows)
    if any(each.state == "bad" for each in found):
        raise typer.Exit(1)


def _spark(settings: SparkSettings) -> list[Finding]:
    from graph.engines.spark.checks import spark_checks

    found = []
    for check in spark_checks(master=settings.master, scratch=settings.scratch, conf=settings.conf):
        if check.error is None:
            found.append(Finding(check.name, "good", check.says))
        else:
            # Our messages end with the mend, behind the last semicolon.
            says, _, mend = str(check.error).rpartition("; ")
            found.append(Finding(check.name, "bad", says or mend, mend if says else ""))
    return found


def _python(_: Path) -> Finding:
    return Finding("python", "good", f"{platform.python_version()}, {os.cpu_count()} processors")


def _libraries(_: Path) -> Finding:
    names = ("ringwatch", "duckdb", "pyarrow", "numpy", "numba", "scipy", "sqlalchemy")
    return Finding(
        "libraries", "good", ", ".join(f"{name} {metadata.version(name)}" for name in names)
    )


def _communities(_: Path) -> Finding:
    try:
        version = metadata.version("igraph")
    except metadata.PackageNotFoundError:
        return Finding(
            "communities",
            "note",
            "igraph is not installed: `leiden` is not there",
            "pip install 'ringwatch[igraph]' (GPL), or [cluster] method = \"label-propagation\"",
        )
    return Finding("communities", "good", f"igraph {version} (GPL-2.0-or-later)")


def _engine(_: Path) -> Finding:
    try:
        engine = open_engine("local", memory="500MB", threads=1)
        try:
            engine.query("select 1 as one")
        finally:
            engine.close()
    except RingwatchError as error:
        return Finding("local engine", "bad", str(error), "install duckdb again")
    return Finding("local engine", "good", "answers")


def _disk(out: Path) -> Finding:
    place = out
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    says = f"{free / 1e9:.1f} GB free at {place.resolve()}"
    if not writable:
        return Finding("disk", "bad", f"{says}, not writable", "choose another `--out`")
    if free < 2e9:
        return Finding("disk", "note", says, "a run of 10M interactions wants about 2 GB")
    return Finding("disk", "good", says)


def _runs(out: Path) -> Finding:
    try:
        run = open_run(out)
        checked = verify(run)
    except RingwatchError as error:
        state = "bad" if (out / "CURRENT").exists() else "note"
        return Finding("runs", state, str(error), "run `ringwatch detect`")
    broken = abandoned(out)
    more = f"; broken off: {', '.join(broken)}" if broken else ""
    return Finding("runs", "good", f"{run.name}: {checked:,} bytes as published{more}")


def _store(out: Path) -> Finding:
    if not (out / STORE).exists():
        return Finding("store", "note", f"no store in {out} yet", "it is made on first use")
    try:
        with Store.open(out / STORE) as store:
            entries = store.verify_history()
    except RingwatchError as error:
        return Finding("store", "bad", str(error), "restore the file from a backup")
    return Finding("store", "good", f"history of {entries} entries is unbroken")


CHECKS: tuple[Callable[[Path], Finding], ...] = (
    _python,
    _libraries,
    _communities,
    _engine,
    _disk,
    _runs,
    _store,
)
