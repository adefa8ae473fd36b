"""The project's own packages as one zip, for machines that have not installed Ringwatch.

The bytes follow from the content alone: the same code makes the same archive, wherever it was
installed from (a wheel, an editable checkout, or such a zip itself) and whenever.

This module is also carried to the workers by value, before they can import anything of ours: it
uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zipimport
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("algorithms", "builders", "console", "graph", "jobs", "review", "ringwatch")
"""The root packages of the distribution."""

_LEFT_OUT = (".pyc", ".pyo", ".nbi", ".nbc")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name: no file's own time enters the bytes."""


def write_archive(folder: Path) -> Path:
    """Write `ringwatch-VERSION-DIGEST.zip` into `folder`, and give its path.

    It holds every file of the packages, templates and migrations too, and as much of the
    distribution's metadata as says the version.
    """
    version = metadata.version("ringwatch")
    files = list(packaged_files())
    path = folder / f"ringwatch-{version}-{_digest(files)}.zip"
    beside = path.with_name(path.name + ".part")
    with zipfile.ZipFile(beside, "w") as archive:
        about = f"Metadata-Version: 2.4\nName: ringwatch\nVersion: {version}\n"
        _add(archive, f"ringwatch-{version}.dist-info/METADATA", about.encode())
        for name, content in files:
            _add(archive, name, content)
    beside.replace(path)
    return path


def code_digest() -> str | None:
    """A digest of every file of the packages as this process would import them.

    None where one of them is not there. Nothing is imported for it.
    """
    if any(find_spec(package) is None for package in PACKAGES):
        return None
    return _digest(packaged_files())


def packaged_files() -> Iterator[tuple[str, bytes]]:
    """Every file of the packages with its name in the archive, in the order of the names."""
    for package in PACKAGES:
        spec = find_spec(package)
        places = spec.submodule_search_locations if spec is not None else None
        for place in list(places or ())[:1]:
            if spec is not None and isinstance(spec.loader, zipimport.zipimporter):
                yield from _zipped(Path(spec.loader.archive), package)
            else:
                yield from _loose(Path(place), package)


def _digest(files: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, content in files:
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _loose(place: Path, package: str) -> Iterator[tuple[str, bytes]]:
    found = []
    for folder, _, names in os.walk(place):
        for name in names:
            path = Path(folder) / name
            inside = path.relative_to(place).as_posix()
            if _belongs(inside):
                found.append((f"{package}/{inside}", path))
    for inside, path in sorted(found):
        yield inside, path.read_bytes()


def _zipped(place: Path, package: str) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(place) as archive:
        for name in sorted(archive.namelist()):
            if name.startswith(f"{package}/") and not name.endswith("/") and _belongs(name):
                yield name, archive.read(name)


def _belongs(name: str) -> bool:
    """Whether a file is the project's: not what an interpreter or a compiler left beside it."""
    return "__pycache__/" not in name and not name.endswith(_LEFT_OUT)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, date_time=_EARLIEST)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # Unix, whatever this machine is: it stands in the bytes.
    # Not compressed: the bytes of that would be a matter of the version of zlib.
    entry.compress_type = zipfile.ZIP_STORED
    archive.writestr(entry, content)
