"""The manifest beside every export: what the file holds, where it came from, who stands for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.errors import ConfigError, StoreError
from review.manifest import canonical, given_fields, sha256_of, versions
from review.origin import Origin

FORMAT = 1
"""Rises when a reader of the old format could misread the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """Why an export is made, and by whom. `made_at` is in UTC, to the second."""

    says: str = ""
    exported_by: str = ""
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportManifest:
    """An export, described so that who receives it can check and trace it.

    `rows` counts rows (edges, for a network). `left_out` counts what the export's rules kept
    back, by reason; `changed` counts cells that the format could not hold as they were. `filter`
    says in words which clusters were asked for.
    """

    file: str
    format: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[str, ...]
    clusters: int | None
    accounts: int | None
    run: str
    job: str
    settings: Mapping[str, Any]
    extract: Mapping[str, Any]
    filter: str
    decided_by: tuple[str, ...]
    left_out: Mapping[str, int]
    changed: Mapping[str, int]
    purpose: str
    exported_by: str
    created_at: str
    ringwatch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What an exporter knows of its own file, for the manifest."""

    format: str
    rows: int
    columns: tuple[str, ...]
    clusters: int | None = None
    accounts: int | None = None
    filter: str = "everything"
    decided_by: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)


def manifest_path(export: Path) -> Path:
    """Where the manifest of an export stands: beside it, `.manifest.json` added to its name."""
    return export.with_name(export.name + ".manifest.json")


def describe(
    written: Path, name: str, contents: Contents, origin: Origin, purpose: Purpose
) -> ExportManifest:
    """The manifest of the file at `written`, which will be called `name`."""
    return ExportManifest(
        file=name,
        sha256=sha256_of(written),
        bytes=written.stat().st_size,
        run=origin.run,
        job=origin.job,
        settings=origin.settings,
        extract=origin.extract,
        purpose=purpose.says,
        exported_by=purpose.exported_by,
        created_at=purpose.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        ringwatch=versions().get("ringwatch", "not installed"),
        **{entry.name: getattr(contents, entry.name) for entry in fields(Contents)},
    )


def write_manifest(path: Path, manifest: ExportManifest) -> None:
    """Write the manifest as JSON in ASCII: a name in it can neither hide nor command."""
    path.write_bytes(canonical({"format_version": FORMAT, **asdict(manifest)}, indent=1) + b"\n")


def read_manifest(path: Path) -> ExportManifest:
    """The manifest at `path`.

    Raises:
        StoreError: it is not there, is no manifest, or has a format that this version does not
            know.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"cannot read `{path}`: {error.strerror}"
        raise StoreError(message) from error
    given = given_fields(
        data, ExportManifest, path=path, of="an export", version=("format_version", FORMAT)
    )
    for name in ("columns", "decided_by"):
        given[name] = tuple(given[name])
    return ExportManifest(**given)


def verify_export(export: Path) -> ExportManifest:
    """Check an export against the manifest beside it, and give the manifest.

    Raises:
        ConfigError: the export is not there.
        StoreError: there is no manifest, or the file is not the one it describes.
    """
    if not export.is_file():
        message = f"`{export}` is no file; name an export that was written"
        raise ConfigError(message)
    manifest = read_manifest(manifest_path(export))
    size, checksum = export.stat().st_size, sha256_of(export)
    if (size, checksum) != (manifest.bytes, manifest.sha256):
        message = (
            f"`{export}` is not the file that its manifest describes: it has {size} bytes and"
            f" SHA-256 {checksum[:12]} where {manifest.bytes} and {manifest.sha256[:12]} were"
            " written; export it again"
        )
        raise StoreError(message)
    return manifest
