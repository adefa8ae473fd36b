"""A detection job without a job file: the same value, from what was told on the command line.

A job file never has its format or unit guessed. On the command line a guess saves a look at the
data; it is made from a profile of the extract, always said, and refused where it is unsure.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from builders.column_facts import ColumnProfile
from builders.files.formats import FileFormat, file_format
from builders.files.names import listed, nearest, shown_path, shown_text
from builders.hive.address import HiveAddress
from builders.profile import Profile, profile, suggested_job
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError
from graph.schemas import ACCOUNTS
from jobs.config import DetectJob, JobSettings, job_from, read_job
from jobs.detectors import DETECTORS
from jobs.opening import session_for
from jobs.settings import unknown
from jobs.spark_settings import SparkSettings, spark_settings

NEEDED = ("account", "object", "acted_at")
FLAGS = {"account": "--account", "object": "--object", "acted_at": "--time"}
_WORDS = {"account": "account that acted", "object": "object acted on", "acted_at": "time"}
_SAMPLE = 20_000
_WHOLE = re.compile(r"\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickTable:
    """One table of an extract, as the command line tells it.

    Attributes:
        path: a file, a folder of files, or a Hive table.
        mapping: model column to the table's column or a SQL expression.
        attributes: carried attribute to column or expression.
        accounts: a table of accounts, whose columns are named as in `ACCOUNTS`.
        created_at: the column of when the account of a row was made, where there is no table of
            accounts; of an account whose rows differ the first counts, and the rest is counted.
        reading: `format`, `columns` (comma separated), `delimiter`, `where`, `row_where`,
            `time_unit`, `time_zone`, as a job file says them. What lacks is guessed and said.
    """

    path: Path | HiveAddress
    mapping: Mapping[str, str]
    attributes: Mapping[str, str] = field(default_factory=dict)
    accounts: Path | None = None
    created_at: str | None = None
    reading: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What the command line sets over a job's own settings; None changes nothing.

    `detectors`: only these, with the job's settings of each. `master`, `scratch` and `spark` (more
    of Spark's settings) go with engine `spark` alone.
    """

    engine: str | None = None
    memory: str | None = None
    threads: int | None = None
    seed: int | None = None
    master: str | None = None
    scratch: str | None = None
    spark: Mapping[str, str] = field(default_factory=dict)
    quarantine_share: float | None = None
    publish_to: str | None = None
    detectors: tuple[str, ...] = ()
    scorecard: Path | None = None
    bad_seeds: Path | None = None
    good_seeds: Path | None = None
    decoy: bool | None = None


def quick_job(table: QuickTable, changes: Changes, *, said: Callable[[str], None]) -> DetectJob:
    """The job that detects in one table; `said` hears each assumption.

    Raises:
        ConfigError: a needed column is not told, does not exist, or its unit cannot be guessed;
            accounts are told twice.
        ExtractError: the files cannot be read.
    """
    if table.accounts is not None and table.created_at is not None:
        message = (
            f"`--created-at {shown_text(table.created_at)}` tells of accounts, and so does"
            f" `--accounts {shown_path(table.accounts)}`: leave one out"
        )
        raise ConfigError(message)
    spark = None
    if changes.engine == "spark":
        spark = SparkSettings(master=changes.master, scratch=changes.scratch, conf=changes.spark)
    with session_for(table.path, spark, memory=changes.memory, threads=changes.threads) as engine:
        section = table_section(table, said, engine=engine)
        given: dict[str, Any] = {"extract": {"tables": [section]}}
        if table.created_at is not None:
            given["accounts"] = _dated_section(table, table.created_at, said, engine)
    if table.accounts is not None:
        given["accounts"] = _accounts_section(table.accounts, said)
    return job_from(changed(given, changes), base=Path())


def changed_job(path: Path, changes: Changes) -> DetectJob:
    """The job of a file, with changes.

    Raises:
        ConfigError: the file or a change is at fault.
    """
    job = read_job(path)
    given = changed(job.given, changes)
    return job if given == job.given else job_from(given, base=path.parent)


def changed(given: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """The sections of a job file with changes put over them.

    Raises:
        ConfigError: a detector is unknown, or Spark is told something and is not the engine.
    """
    job = _over(given.get("job", {}), {name: getattr(changes, name) for name in _JOB})
    may_be_set_aside = {"quarantine_share": changes.quarantine_share}
    seeds = _absolute(bad=changes.bad_seeds, good=changes.good_seeds)
    sections = {
        **given,
        "job": job,
        "spark": _spark(given, changes, job.get("engine", JobSettings().engine)),
        "extract": _over(given["extract"], may_be_set_aside),
        "accounts": _over(given["accounts"], may_be_set_aside) if "accounts" in given else {},
        "seeds": _over(given.get("seeds", {}), seeds),
        "detectors": _only(given.get("detectors", {}), changes.detectors),
        "flags": _over(given.get("flags", {}), _absolute(scorecard=changes.scorecard)),
    }
    return {name: value for name, value in sections.items() if value or name in given}


def table_section(
    table: QuickTable,
    said: Callable[[str], None],
    *,
    else_unit: str | None = None,
    engine: Engine | None = None,
) -> dict[str, Any]:
    """The table as a `[[extract.tables]]` section; `said` hears each assumption.

    Args:
        table: what was told.
        said: hears each assumption.
        else_unit: the unit of whole numbers that show none, such as 0, 1, 2; refused by default.
        engine: whose catalogue knows a Hive table that names none.

    Raises:
        ConfigError: a needed column is not told, or a guess would be unsure.
        ExtractError: the files cannot be read.
    """
    for name in NEEDED:
        if name not in table.mapping:
            message = (
                f"say `{FLAGS[name]}`, the column of the {_WORDS[name]};"
                f" `ringwatch inspect {_shown(table.path)}` shows the columns"
            )
            raise ConfigError(message)
    found = _profiled(table.path, _declared(table.reading), said, engine)
    section = {
        **_as_written(found),
        **_named(table.path),
        **_times(found, table.mapping["acted_at"], table.reading, said, else_unit),
        **{name: table.reading[name] for name in ("where", "row_where") if name in table.reading},
        "map": dict(table.mapping),
    }
    if table.attributes:
        section["attributes"] = dict(table.attributes)
    return section


_JOB = ("engine", "memory", "threads", "seed", "publish_to", "decoy")


def _over(given: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, **{name: value for name, value in changes.items() if value is not None}}


def _absolute(**files: Path | None) -> dict[str, str]:
    """Files that the command line names: relative to where it was called, not to the job file."""
    return {name: str(path.absolute()) for name, path in files.items() if path is not None}


def _spark(given: Mapping[str, Any], changes: Changes, engine: str) -> dict[str, Any]:
    told = {"master": changes.master, "scratch": changes.scratch, "spark": changes.spark}
    for name, value in told.items():
        if value and engine != "spark":
            message = f"`--{name}` goes with `--engine spark`, and the engine is `{engine}`"
            raise ConfigError(message)
    section = _over(given.get("spark", {}), {"master": changes.master, "scratch": changes.scratch})
    if changes.spark:
        section["conf"] = {**spark_settings(section).conf, **changes.spark}
    return section


def _only(given: Mapping[str, Any], chosen: tuple[str, ...]) -> dict[str, Any]:
    if not chosen:
        return dict(given)
    for name in chosen:
        if name not in DETECTORS:
            raise ConfigError(unknown(name, DETECTORS, what="detector", place="`--detector`"))
    sections = {name: {**given.get(name, {}), "enabled": name in chosen} for name in DETECTORS}
    return {**given, **sections}


def _declared(reading: Mapping[str, str]) -> FileFormat | None:
    settings: dict[str, Any] = {}
    if "columns" in reading:
        settings["columns"] = [name.strip() for name in reading["columns"].split(",")]
    if "delimiter" in reading:
        settings["delimiter"] = reading["delimiter"]
    if "format" in reading:
        return file_format(reading["format"], **settings)
    if settings:
        message = f"say `--format` beside {listed(f'--{name}' for name in settings)}"
        raise ConfigError(message)
    return None


def _named(path: Path | HiveAddress) -> dict[str, str]:
    """The keys of a table's section that say what it is called and where it lies."""
    if isinstance(path, HiveAddress):
        return {"name": path.table, **path.keys}
    return {"name": path.stem or "interactions", "path": str(path)}


def _shown(path: Path | HiveAddress) -> str:
    return shown_path(path) if isinstance(path, Path) else str(path)


def _profiled(
    path: Path | HiveAddress,
    form: FileFormat | None,
    said: Callable[[str], None],
    engine: Engine | None = None,
) -> Profile:
    found = profile(path, form, rows=_SAMPLE, engine=engine)
    if not found.columns and found.rejected:
        name, why = found.rejected[0]
        raise ExtractError(why if why.startswith(name) else f"{name}: {why}")
    if form is None and found.format.divided and isinstance(path, Path):
        said(f"{path.name} is {found.format.kind}: {found.format_because}")
    return found


def _as_written(found: Profile) -> dict[str, Any]:
    """The keys of a table's section that say how its files are written."""
    suggested = tomllib.loads(suggested_job(found))["extract"]["tables"][0]
    other = ("name", "path", "map", "attributes", "time_unit", "time_zone")
    return {name: value for name, value in suggested.items() if name not in other}


def _times(
    found: Profile,
    source: str,
    told: Mapping[str, str],
    said: Callable[[str], None],
    else_unit: str | None = None,
) -> dict[str, str]:
    """`time_unit` and `time_zone`: those told, else those that the sample leaves no doubt of."""
    section = {name: told[name] for name in ("time_unit", "time_zone") if name in told}
    if "time_unit" in section:
        return section
    column = _column(found, source)
    name = shown_text(source)
    if not column.type.startswith(("timestamp", "date")):
        section["time_unit"] = _unit(column, said, else_unit)
    if "time_zone" not in section and any("time_zone" in one for one in column.warnings):
        section["time_zone"] = "UTC"
        said(f"`{name}` names no zone: its times are UTC")
    return section


def _unit(column: ColumnProfile, said: Callable[[str], None], else_unit: str | None) -> str:
    name = shown_text(column.name)
    mixed = [one for one in column.warnings if "several units" in one]
    if mixed:
        message = (
            f"`{name}` holds {mixed[0]}; write it in one unit, or say `--time-unit`: files of"
            " another unit are then set aside by name"
        )
        raise ConfigError(message)
    if column.unit:
        said(f"`{name}` is a time in {column.unit}: {column.because}")
        return column.unit
    ends = (column.least, column.greatest)
    if else_unit is not None and all(_WHOLE.fullmatch(end) for end in ends):
        said(f"`{name}` shows no unit, from {ends[0]} to {ends[1]}: taken as {else_unit}")
        return else_unit
    message = (
        f"the unit of `{name}` cannot be told from a sample ({listed(column.samples[:3])}); say"
        ' `--time-unit` = s, ms, us, ns, iso or a format such as "%d/%m/%Y %H:%M:%S"'
    )
    raise ConfigError(message)


def _column(found: Profile, source: str) -> ColumnProfile:
    exact = [one for one in found.columns if one.name == source]
    alike = exact or [one for one in found.columns if one.name.lower() == source.lower()]
    if len(alike) == 1:
        return alike[0]
    names = [one.name for one in found.columns]
    if source.isidentifier():
        mend = nearest(source, names) or f"; there is {listed(names)}"
        message = f"{_shown(found.root)} has no column `{source}` to read times from{mend}"
    else:
        message = f"say `--time-unit`: the unit of `{shown_text(source)}` is not guessed"
    raise ConfigError(message)


def _dated_section(
    table: QuickTable, created_at: str, said: Callable[[str], None], engine: Engine | None
) -> dict[str, Any]:
    """The `[accounts]` section that reads them out of the table of interactions."""
    found = _profiled(table.path, _declared(table.reading), lambda _: None, engine)
    shown = _named(table.path)["name"]
    return {
        **_as_written(found),
        **{**_named(table.path), "name": f"accounts of {shown}"},
        **_times(found, created_at, _told_of_dates(found, created_at, table.reading), said),
        **{name: table.reading[name] for name in ("where", "row_where") if name in table.reading},
        "map": {"account": table.mapping["account"], "created_at": created_at},
    }


def _told_of_dates(found: Profile, source: str, reading: Mapping[str, str]) -> dict[str, str]:
    """What was told of the acts' times that holds for dates of accounts beside them.

    The zone does; the unit only where the dates do not show one of their own.
    """
    shown = any(
        one.unit or one.type.startswith(("timestamp", "date"))
        for one in found.columns
        if one.name.lower() == source.lower()
    )
    names = ("time_zone",) if shown else ("time_zone", "time_unit")
    return {name: reading[name] for name in names if name in reading}


def _accounts_section(path: Path, said: Callable[[str], None]) -> dict[str, Any]:
    """The `[accounts]` section of a table whose columns bear the model's names."""
    found = _profiled(path, None, said)
    names = [one.name for one in found.columns]
    mapping = {name: name for name in ACCOUNTS.names if name in names}
    if "account" not in mapping:
        message = (
            f"{shown_path(path)} has no column `account`, but {listed(names)}; rename it so, or"
            " map it in the [accounts] of a job file"
        )
        raise ConfigError(message)
    unused = [name for name in names if name not in mapping]
    if unused:
        said(f"of {path.name}, {listed(unused)} is not used")
    times = _times(found, "created_at", {}, said) if "created_at" in mapping else {}
    return {**_as_written(found), "path": str(path), **times, "map": mapping}
