"""What a run says of itself: its files with their checksums, and where it came from."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from pathlib import Path
from typing import Any, cast

from graph.errors import ConfigError, StoreError
from graph.schema import Column, ColumnType, Schema

FORMAT = 1
"""Rises when a reader of the old format could misread the new one."""

LIBRARIES = ("ringwatch", "duckdb", "igraph", "numba", "numpy", "pyarrow", "scipy", "sqlalchemy")

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of a run as it was published."""

    file: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[tuple[str, str, bool], ...]
    """(name, SQL type, whether it may be null), in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All that is known of a run beside its rows. Times are ms since 1970 UTC."""

    run: str
    job: str
    created_at: int
    basis: str
    seed: int
    settings: Mapping[str, Any]
    input: Mapping[str, Any]
    """What was read: its fingerprint, and the file accounting's totals."""
    summary: Mapping[str, Any]
    versions: Mapping[str, str]
    tables: Mapping[str, FileEntry] = field(default_factory=dict)

    def schema(self, table: str) -> Schema:
        """The columns with which `table` was written; only names and types are kept."""
        columns = tuple(
            Column(name, cast(ColumnType, type), "", nullable)
            for name, type, nullable in self.tables[table].columns
        )
        return Schema(table, columns, key=())


def as_bytes(manifest: Manifest) -> bytes:
    """The manifest as JSON: the same value gives the same bytes."""
    return canonical({"format": FORMAT, **asdict(manifest)}, indent=1) + b"\n"


def given_fields(
    data: bytes, kind: type[Any], *, path: Path, of: str, version: tuple[str, int]
) -> dict[str, Any]:
    """The fields that a manifest gives: those of a dataclass and no others.

    Args:
        data: the manifest's JSON.
        kind: the dataclass.
        path: where it stood, for errors.
        of: what it is a manifest of, for errors.
        version: the key that holds the manifest's format, and the format that is read.

    Raises:
        StoreError: it is no manifest, or one of a format that this version does not know.
    """
    key, known = version
    try:
        given: dict[str, Any] = json.loads(data)
        found = given.pop(key)
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        message = f"`{path}` is no manifest of {of}: {error}"
        raise StoreError(message) from error
    if found != known:
        message = (
            f"`{path}` has manifest format {found!r}, and this version reads format {known};"
            " read it with the version that wrote it"
        )
        raise StoreError(message)
    expected = {entry.name for entry in fields(kind)}
    if set(given) != expected:
        message = f"`{path}` has fields {sorted(given)} where a manifest has {sorted(expected)}"
        raise StoreError(message)
    return given


def from_bytes(data: bytes, *, path: Path) -> Manifest:
    """The manifest that `data` holds.

    Raises:
        StoreError: it is no manifest, or one of a format that this version does not know.
    """
    given = given_fields(data, Manifest, path=path, of="a run", version=("format", FORMAT))
    try:
        tables = {name: _entry(entry) for name, entry in given.pop("tables").items()}
    except (TypeError, AttributeError, ValueError, KeyError) as error:
        message = f"`{path}` describes its tables in a way that cannot be read: {error}"
        raise StoreError(message) from error
    return Manifest(**given, tables=tables)


def canonical(value: object, *, indent: int | None = None) -> bytes:
    """A value as JSON in ASCII with sorted keys: equal values give equal bytes.

    Raises:
        ConfigError: the value holds something that JSON has no word for, such as a NaN.
    """
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, indent=indent)
    except (TypeError, ValueError) as error:
        message = f"a run's facts are numbers, text, lists and tables of them: {error}"
        raise ConfigError(message) from error
    return text.encode("ascii")


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical(value)).hexdigest()


def run_name(job: str, basis: str) -> str:
    """The name of the run of `job` over `basis` (a digest of input, settings and code).

    The same job over the same input has the same name, so that running it again is seen to be
    the same run.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", job).strip("-") or "run"
    return f"{plain[:60]}-{digest([job, basis])[:12]}"


def checked_name(run: str) -> str:
    """The run's name if it can be a folder's on every system.

    Raises:
        ConfigError: it has other characters than letters, digits and inner `.`, `_`, `-`, or is
            longer than 120.
    """
    if len(run) > 120 or not _RUN_NAME.fullmatch(run):
        message = (
            f"`{run[:130]!r}` is no name for a run: take letters, digits, `_`, `-`"
            " and single inner dots, 120 characters at most"
        )
        raise ConfigError(message)
    return run


def versions() -> dict[str, str]:
    """The versions of the code, of Python, and of the libraries that shape a result."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def columns_of(schema: Schema) -> tuple[tuple[str, str, bool], ...]:
    """The schema's columns as a manifest lists them."""
    return tuple((column.name, column.type, column.nullable) for column in schema.columns)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _entry(given: Mapping[str, Any]) -> FileEntry:
    columns = tuple((name, type, nullable) for name, type, nullable in given["columns"])
    return FileEntry(**{**given, "columns": columns})
