"""A delivery's folder: every table in three formats, the network in two, and the manifest.

It is written beside its place, forced to disk, and takes its place in one step: a folder of this
name is a whole delivery.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from graph.durable import Disk, make_folders
from graph.errors import StoreError
from graph.schema import Schema
from review.deliveries.stix import FILE as STIX
from review.deliveries.stix import write_stix
from review.export.formats import NETWORK_FORMATS, TABLE_FORMATS, write_network, write_table
from review.export.sheet import Network, Sheet
from review.manifest import canonical, sha256_of, versions

FOLDER = "deliveries"
MANIFEST = "manifest.json"
FORMAT = 1


def stage_folder(
    out: Path,
    delivery: str,
    tables: Mapping[str, tuple[Schema, pa.Table]],
    facts: Mapping[str, Any],
    *,
    stix: bool = False,
    disk: Disk | None = None,
) -> tuple[Path, str]:
    """Write a delivery beside its place; give where, and the SHA-256 of its manifest.

    Args:
        out: the folder that holds deliveries.
        delivery: its name, that of its folder.
        tables: the rows of each table.
        facts: what the manifest tells beside the files.
        stix: add the delivery as a STIX 2.1 bundle.
        disk: how files are written.

    Raises:
        NotOnThisEngine: `stix` is asked for and its extra is not installed.
        StoreError: the disk refused; nothing is left of it.
    """
    disk = disk or Disk()
    beside = out / f".writing-{delivery}-{secrets.token_hex(6)}"
    try:
        make_folders(disk, out)
        disk.make_folder(beside)
        files = [*_write_tables(beside, tables), *_write_networks(beside, tables)]
        if stix:
            rows = {name: table.to_pylist() for name, (_, table) in tables.items()}
            count = write_stix(beside / STIX, rows, facts, delivery)
            files.append(_entry(beside / STIX, "stix", count, {}))
        manifest = {
            "format_version": FORMAT,
            "delivery_id": delivery,
            "ringwatch": versions().get("ringwatch", "not installed"),
            **facts,
            "files": files,
        }
        (beside / MANIFEST).write_bytes(canonical(manifest, indent=1) + b"\n")
        for path in sorted(beside.iterdir()):
            disk.sync_file(path)
        disk.sync_folder(beside)
        return beside, sha256_of(beside / MANIFEST)
    except BaseException as error:
        disk.remove(beside)
        if isinstance(error, OSError):
            raise _refused(out / delivery, error) from error
        raise


def place_folder(beside: Path, place: Path, *, disk: Disk | None = None) -> None:
    """Put a staged delivery in its place, in one step.

    To be called in the store's turn, before the delivery is entered: a folder that stands at the
    place of a delivery that the store does not know was left by a try that was broken off.

    Raises:
        StoreError: the disk refused; nothing stands at its place.
    """
    disk = disk or Disk()
    try:
        disk.remove(place)
        disk.rename(beside, place)
        disk.sync_folder(place.parent)
    except OSError as error:
        raise _refused(place, error) from error


def verify_folder(place: Path, manifest_sha256: str | None = None) -> dict[str, Any]:
    """Hold a delivery's files against its manifest, and give the manifest.

    Args:
        place: the delivery's folder.
        manifest_sha256: what the store knows of the manifest; None trusts the folder's own.

    Raises:
        StoreError: the folder or one of its files is not what was written.
    """
    path = place / MANIFEST
    try:
        data = path.read_bytes()
        if manifest_sha256 is not None and sha256_of(path) != manifest_sha256:
            message = f"`{path}` is not the manifest that was written; deliver again"
            raise StoreError(message)
        manifest: dict[str, Any] = json.loads(data)
        for file in manifest["files"]:
            found = place / file["name"]
            if (found.stat().st_size, sha256_of(found)) != (file["bytes"], file["sha256"]):
                message = f"`{found}` is not the file that was written; deliver again"
                raise StoreError(message)
    except (OSError, ValueError, KeyError) as error:
        message = f"`{place}` is no whole delivery: {error}"
        raise StoreError(message) from error
    return manifest


def _refused(place: Path, error: OSError) -> StoreError:
    return StoreError(
        f"`{place}` was not written: {error.strerror or error};"
        " free the place or choose another, and deliver again"
    )


def _write_tables(
    beside: Path, tables: Mapping[str, tuple[Schema, pa.Table]]
) -> list[dict[str, Any]]:
    files = []
    for name, (schema, rows) in tables.items():
        for format in TABLE_FORMATS:
            path = beside / f"{name}.{format}"
            written = write_table(format, Sheet(schema, rows.to_batches()), path)
            files.append(_entry(path, format, written.rows, written.changed))
    return files


def _write_networks(
    beside: Path, tables: Mapping[str, tuple[Schema, pa.Table]]
) -> list[dict[str, Any]]:
    if "edges" not in tables:
        return []
    files = []
    for format in NETWORK_FORMATS:
        nodes, edges = (Sheet(s, t.to_batches()) for s, t in (tables["accounts"], tables["edges"]))
        path = beside / f"graph.{format}"
        written = write_network(format, Network(nodes, edges), path)
        entry = _entry(path, format, written.rows, written.changed)
        files.append({**entry, "nodes": written.nodes})
    return files


def _entry(path: Path, format: str, rows: int, changed: Mapping[str, int]) -> dict[str, Any]:
    return {
        "name": path.name,
        "format": format,
        "rows": rows,
        "bytes": path.stat().st_size,
        "sha256": sha256_of(path),
        "changed": dict(changed),
    }
