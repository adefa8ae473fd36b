"""`ringwatch config show`: every setting of a job, its default, and where its value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from algorithms.flags import FlagSettings
from builders.extracts.spec import Rules
from console.options import AsJson
from console.output import write_json, write_line, write_table
from jobs.config import JobSettings, read_job
from jobs.detectors import DETECTORS
from jobs.fuse import ClusterSettings
from jobs.spark_settings import SparkSettings, flat

COLUMNS = {"setting": "setting", "value": "value", "default": "default", "from": "from"}


def config(
    what: Annotated[Literal["show"], typer.Argument(help="`show`.")],
    job: Annotated[
        Path | None, typer.Argument(help="A job file; the defaults without one.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Show the settings of a job with defaults and sources."""
    given: Mapping[str, Any] = {} if job is None else read_job(job).given
    sections = dict(_sections(given, source=str(job) if job else ""))
    if json:
        write_json(
            {
                "job": str(job) if job else None,
                "sections": sections,
                "detectors": {
                    name: {"says": each.says, "needs": each.needs, "enabled": _enabled(given, name)}
                    for name, each in DETECTORS.items()
                },
                "tables": [
                    table.get("name") for table in given.get("extract", {}).get("tables", [])
                ],
            }
        )
        return
    for name, rows in sections.items():
        detector = DETECTORS.get(name.removeprefix("detectors."))
        write_line("")
        if detector is not None:
            off = "" if _enabled(given, detector.name) else " (switched off)"
            write_line(f"{detector.name}{off}: {detector.says}", style="bold")
            if detector.needs:
                write_line(f"needs {detector.needs}")
        write_table(f"[{name}]", COLUMNS, rows)


def _enabled(given: Mapping[str, Any], detector: str) -> bool:
    own = given.get("detectors", {}).get(detector, {})
    return bool(own.get("enabled", DETECTORS[detector].enabled))


def _sections(
    given: Mapping[str, Any], *, source: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    extract = given.get("extract", {})
    yield "job", _rows(JobSettings(), given.get("job", {}), source)
    yield "spark", _rows(SparkSettings(), given.get("spark", {}), source)
    yield "extract", _rows(Rules(), extract, source)
    yield "cluster", _rows(ClusterSettings(), given.get("cluster", {}), source)
    yield "flags", _rows(FlagSettings(), given.get("flags", {}), source)
    for name, detector in DETECTORS.items():
        own = given.get("detectors", {}).get(name, {})
        yield f"detectors.{name}", _rows(detector.settings, own, source)


def _rows(defaults: Any, given: Mapping[str, Any], source: str) -> list[dict[str, Any]]:  # noqa: ANN401 - any settings dataclass
    rows = []
    for field in fields(defaults):
        default = _plain(getattr(defaults, field.name))
        rows.append(
            {
                "setting": field.name,
                "value": _plain(given.get(field.name, default)),
                "default": default,
                "from": source if field.name in given else "default",
            }
        )
    return rows


def _plain(value: object) -> object:
    """A setting's value as JSON and a table can hold it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={one}" for name, one in flat(value))
    if isinstance(value, tuple | list):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
