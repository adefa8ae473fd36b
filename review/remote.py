"""Published runs on another file system: sent there whole, and fetched from there checked.

The layout is that of a local folder of runs (`CURRENT`, `runs/<name>/`), so a fetched run is a run
like any other to the review store. The order is the guarantee, as it is locally: files first under
a name that nobody reads, sizes compared, the folder renamed, the pointer last and in one step.
Nothing that is published is ever written over. One writer at a time may send to a folder.
"""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Protocol

from graph.errors import ConfigError, StoreError
from review.durable import Disk, make_folders
from review.pointer import CURRENT, RunEntry, from_bytes, point_to, sealed_with
from review.run import RUNS, Run, published, read_folder, verify


class Files(Protocol):
    """File operations by URI; each raises OSError, or an error of its own, where it fails."""

    def make_folder(self, place: str) -> None:
        """Make a folder and those above it."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The files of a folder by name, with their bytes; none where it is not there."""

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place."""

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder another name; a file may replace a file."""

    def read(self, place: str) -> bytes | None:
        """A small file's bytes, or None where it is not there."""

    def write(self, place: str, data: bytes) -> None:
        """Make a small file hold `data`, in one step for whoever reads it."""

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds."""


def remote_runs(files: Files, base: str) -> list[RunEntry]:
    """The runs that are published at `base`, the newest publication first.

    Raises:
        StoreError: the list of runs is damaged.
    """
    place = f"{base.rstrip('/')}/{CURRENT}"
    data = files.read(place)
    return [] if data is None else from_bytes(data, of=place)


def send(run: Run, files: Files, base: str) -> bool:
    """Publish a run at `base`; whether there was anything to do.

    A run of the same name that is published there stays: it has the same basis, so the same
    answer.

    Raises:
        StoreError: a file arrived with another size, or what is published there is damaged.
    """
    base = base.rstrip("/")
    entries = remote_runs(files, base)
    if any(entry.run == run.name for entry in entries):
        return False
    home, arriving = f"{base}/{RUNS}/{run.name}", f"{base}/{RUNS}/arriving-{uuid.uuid4().hex}"
    files.make_folder(arriving)
    try:
        for path in sorted(path for path in run.path.iterdir() if path.is_file()):
            files.upload(path, f"{arriving}/{path.name}")
        _compare(run, files.sizes(arriving), arriving)
        # What lies there under the run's name is named by no pointer: a sender died.
        files.remove(home)
        files.rename(arriving, home)
    except BaseException:
        files.remove(arriving)
        raise
    entry = RunEntry(
        run=run.name,
        job=run.manifest.job,
        created_at=run.manifest.created_at,
        manifest_sha256=run.manifest_sha256,
    )
    files.write(f"{base}/{CURRENT}", sealed_with(entry, entries))
    return True


def fetch(files: Files, base: str, run: str | None, out: Path) -> Run:
    """Bring a run that is published at `base` into the folder of runs `out`; every byte is checked.

    Args:
        files: the file system.
        base: the folder of runs there.
        run: the run's name; the current one by default.
        out: the folder of runs here; a run that it has already is given as it is.

    Raises:
        ConfigError: no such run is published there.
        StoreError: what came is not what was published.
    """
    entry = _named(remote_runs(files, base), run, base)
    here = published(out, entry.run)
    if here is not None:
        return here
    disk, source = Disk(), f"{base.rstrip('/')}/{RUNS}/{entry.run}"
    make_folders(disk, out / RUNS)
    folder = Path(tempfile.mkdtemp(prefix="arriving-", dir=out))
    try:
        for name in sorted(files.sizes(source)):
            files.download(f"{source}/{name}", folder / name)
            disk.sync_file(folder / name)
        found = read_folder(folder)
        verify(found)
        if found.manifest_sha256 != entry.manifest_sha256 or found.name != entry.run:
            message = f"`{source}` is not the run that `{base}` published as `{entry.run}`"
            raise StoreError(message)
        disk.remove(out / RUNS / entry.run)
        disk.rename(folder, out / RUNS / entry.run)
    finally:
        disk.remove(folder)
    disk.sync_folder(out / RUNS)
    point_to(disk, out, entry)
    return read_folder(out / RUNS / entry.run)


def _named(entries: list[RunEntry], run: str | None, base: str) -> RunEntry:
    for entry in entries:
        if run in (None, entry.run):
            return entry
    known = ", ".join(f"`{entry.run}`" for entry in entries) or "none"
    message = f"`{base}` has no run `{run or 'current'}`; published there: {known}"
    raise ConfigError(message)


def _compare(run: Run, arrived: dict[str, int], place: str) -> None:
    for path in run.path.iterdir():
        if path.is_file() and arrived.get(path.name) != path.stat().st_size:
            message = (
                f"`{path.name}` has {path.stat().st_size} bytes here and"
                f" {arrived.get(path.name, 'none')} in `{place}`; nothing was published there"
            )
            raise StoreError(message)
