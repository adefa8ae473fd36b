"""The job file's `[extract]` and `[accounts]`, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from builders.extracts.spec import AccountsSpec, ExtractSpec, RepeatedHour, TableSpec, one_of
from builders.files.formats import FileFormat, file_format
from builders.files.names import listed
from builders.files.remote import RemotePlace, remote_place
from builders.hive.address import HiveAddress, hive_address
from graph.errors import ConfigError

_T = TypeVar("_T")
RULE_KEYS = (
    "platform_start",
    "quarantine_share",
    "rejected_files",
    "sentinel_ids",
    "future_seconds",
    "late_days",
)
_FORMAT_KEYS = (
    "columns",
    "delimiter",
    "null",
    "item_delimiter",
    "key_delimiter",
    "header",
    "quote",
    "escape",
)
CATALOGUE_KEYS = ("metastore", "hiveserver2")
ACCOUNTS_KEYS = (
    "name",
    "path",
    *CATALOGUE_KEYS,
    "format",
    *_FORMAT_KEYS,
    "where",
    "row_where",
    "time_unit",
    "time_zone",
    "repeated_hour",
    "map",
)
TABLE_KEYS = (*ACCOUNTS_KEYS, "explode", "deduplicate", "attributes", "actions")
EXTRACT_KEYS = (*RULE_KEYS, *CATALOGUE_KEYS, "tables")
_ENDINGS = {
    ".parquet": "parquet",
    ".orc": "orc",
    ".csv": "csv",
    ".tsv": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_PACKED = (".gz", ".bz2", ".zst", ".zstd", ".snappy")
_KIND_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def extract_spec(given: Mapping[str, Any], *, base: Path) -> ExtractSpec:
    """The `[extract]` part of a job file; paths are relative to `base`, the job file's folder.

    Raises:
        ConfigError: a key is unknown (the nearest known one is named), lacking or of another type.
    """
    _check_keys(given, EXTRACT_KEYS, "[extract]")
    tables = given.get("tables", [])
    if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
        message = "`[extract]`: `tables` is written as `[[extract.tables]]`, one for each table"
        raise ConfigError(message)
    catalogue = {key: given[key] for key in CATALOGUE_KEYS if key in given}
    parsed = tuple(
        _table(_asking(one, catalogue), TABLE_KEYS, "[[extract.tables]]", base=base)
        for one in tables
    )
    return ExtractSpec(tables=parsed, **_rules(given, "[extract]"))


def accounts_spec(given: Mapping[str, Any], *, base: Path) -> AccountsSpec:
    """The `[accounts]` part of a job file; paths are relative to `base`, the job file's folder.

    Raises:
        ConfigError: a key is unknown (the nearest known one is named), lacking or of another type.
    """
    _check_keys(given, (*RULE_KEYS, *ACCOUNTS_KEYS), "[accounts]")
    own = {"name": "accounts"} | {key: given[key] for key in given if key not in RULE_KEYS}
    table = _table(own, ACCOUNTS_KEYS, "[accounts]", base=base)
    return AccountsSpec(table=table, **_rules(given, "[accounts]"))


def _asking(table: Mapping[str, Any], catalogue: Mapping[str, Any]) -> Mapping[str, Any]:
    """A table's section with the extract's catalogue, where it is a Hive table without its own."""
    path = table.get("path")
    if not isinstance(path, str) or hive_address(path) is None:
        return table
    own = any(key in table for key in CATALOGUE_KEYS)
    return table if own else {**table, **catalogue}


def _check_keys(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        one_of(key, known, f"`{where}`: a key")


def _rules(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for key, kind in (
        ("quarantine_share", float),
        ("rejected_files", int),
        ("future_seconds", int),
    ):
        if key in given:
            rules[key] = _typed(given, key, kind, where)
    if "sentinel_ids" in given:
        rules["sentinel_ids"] = tuple(_texts(given, "sentinel_ids", where))
    if "platform_start" in given:
        rules["platform_start"] = _date(given["platform_start"], where)
    if "late_days" in given:
        late = given["late_days"]
        rules["late_days"] = None if late == "any" else _typed(given, "late_days", int, where)
    return rules


def _table(
    given: Mapping[str, Any], known: tuple[str, ...], where: str, *, base: Path
) -> TableSpec:
    _check_keys(given, known, where)
    for key in ("name", "path", "map"):
        if key not in given:
            message = f"`{where}` lacks `{key}`"
            raise ConfigError(message)
    name = _typed(given, "name", str, where)
    where = f"{where} {name}"
    path = _place(given, where, base)
    repeated: RepeatedHour = given.get("repeated_hour", "quarantine")
    return TableSpec(
        name=name,
        path=path,
        format=_format(given, path, where),
        mapping=_expressions(given, "map", where),
        attributes=_expressions(given, "attributes", where),
        actions=_expressions(given, "actions", where),
        repeated_hour=repeated,
        deduplicate=_deduplicate(given, where),
        **{
            key: _typed(given, key, str, where)
            for key in ("time_unit", "time_zone", "where", "row_where", "explode")
            if key in given
        },
    )


def _place(given: Mapping[str, Any], where: str, base: Path) -> Path | RemotePlace | HiveAddress:
    """The path relative to the job file, or the Hive table or remote place that it names."""
    text = _typed(given, "path", str, where)
    catalogue = {key: _typed(given, key, str, where) for key in CATALOGUE_KEYS if key in given}
    try:
        return hive_address(text, **catalogue) or remote_place(text) or base / text
    except ConfigError as error:
        message = f"`{where}`: {error}"
        raise ConfigError(message) from error


def _format(
    given: Mapping[str, Any], path: Path | RemotePlace | HiveAddress, where: str
) -> FileFormat | None:
    if isinstance(path, HiveAddress):
        _refuse_format(given, path, where)
        return None
    kind = given.get("format") or _kind_by_name(path)
    if not isinstance(kind, str):
        message = (
            f"`{where}` does not say its `format`, and {path.name} does not show it; say parquet,"
            " orc, text, csv, tsv or jsonl"
        )
        raise ConfigError(message)
    settings = {key: given[key] for key in _FORMAT_KEYS if key in given}
    for key in ("quote", "escape"):
        if settings.get(key) in (False, ""):
            settings[key] = None
    if isinstance(settings.get("columns"), list):
        settings["columns"] = [_column(one) for one in settings["columns"]]
    try:
        return file_format(kind, **settings)
    except ConfigError as error:
        message = f"`{where}`: {error}"
        raise ConfigError(message) from error


def _refuse_format(given: Mapping[str, Any], path: HiveAddress, where: str) -> None:
    told = [key for key in ("format", *_FORMAT_KEYS) if key in given]
    if told:
        message = f"`{where}`: the catalogue says how {path} is written; leave out {listed(told)}"
        raise ConfigError(message)


def _kind_by_name(path: Path | RemotePlace) -> str | None:
    endings = [ending.lower() for ending in path.suffixes]
    if endings and endings[-1] in _PACKED:
        endings.pop()
    return _ENDINGS.get(endings[-1]) if endings else None


def _column(given: object) -> object:
    if isinstance(given, list) and len(given) == 2:
        return {"name": given[0], "type": given[1]}
    return given


def _expressions(given: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    found = given.get(key, {})
    if not isinstance(found, Mapping):
        message = f"`{where}`: `{key}` is a table of names and texts, not {found!r}"
        raise ConfigError(message)
    return {name: _typed(found, name, str, f"{where} {key}") for name in found}


def _deduplicate(given: Mapping[str, Any], where: str) -> bool | tuple[str, ...]:
    found = given.get("deduplicate", True)
    if isinstance(found, bool):
        return found
    return tuple(_texts(given, "deduplicate", where))


def _date(given: object, where: str) -> date:
    if isinstance(given, datetime):
        return given.date()
    if isinstance(given, date):
        return given
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        message = f"`{where}`: `platform_start` is a day such as 2004-01-01, not {given!r}"
        raise ConfigError(message) from error


def _texts(given: Mapping[str, Any], key: str, where: str) -> list[str]:
    found = given[key]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        message = f"`{where}`: `{key}` is a list of texts, not {found!r}"
        raise ConfigError(message)
    return found


def _typed(given: Mapping[str, Any], key: str, kind: type[_T], where: str) -> _T:
    found = given[key]
    if kind is float and isinstance(found, int) and not isinstance(found, bool):
        return cast(_T, float(found))
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        message = f"`{where}`: `{key}` is {_KIND_NAMES[kind]}, not {found!r}"
        raise ConfigError(message)
    return found
