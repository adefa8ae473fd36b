"""Published runs on another file system: sent there whole, and fetched from there checked.

The layout is that of a local folder of runs (`CURRENT`, `runs/<name>/`), so a fetched run is a run
like any other to the review store. The order is the guarantee, as it is locally: files first under
a name that nobody reads, sizes compared, the folder renamed, the pointer last and in one step.
Nothing that is published is ever written over.

No lock spans machines, so the pointer is kept as versions, `pointers/<number of runs>`, each made
once: of two senders that would add the same version one is told that it is taken, looks again, and
adds the next. The version is what publishes; `CURRENT` is then made a copy of the newest, for
whoever reads that alone, and a sender that died before it is made up for by the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from graph.durable import Disk, make_folders
from graph.errors import ConfigError, StoreError
from review.manifest import Manifest
from review.manifest import from_bytes as manifest_from
from review.pointer import CURRENT, RunEntry, from_bytes, point_to, sealed_with
from review.run import (
    MANIFEST,
    RUNS,
    SIDECAR,
    Run,
    published,
    read_folder,
    sidecar_text,
    verify,
)

POINTERS = "pointers"
_ARRIVING = "arriving-"
_UNIQUE = 32
_TRIES = 100


class _PartlyArrivedError(StoreError):
    """What stands in the folder where a run arrives is not what was sent there."""


class Files(Protocol):
    """File operations by URI; each raises OSError, or an error of its own, where it fails."""

    def make_folder(self, place: str) -> None:
        """Make a folder and those above it."""

    def sizes(self, folder: str) -> dict[str, int]:
        """The files of a folder by name, with their bytes; none where it is not there."""

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder; none where it is not there."""

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place."""

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""

    def move_new(self, source: str, target: str) -> bool:
        """Give a folder a name that nothing has yet; False where something has it."""

    def put_new(self, place: str, data: bytes) -> bool:
        """Make a small file that is not there yet, in one step; False where there is one."""

    def read(self, place: str) -> bytes | None:
        """A small file's bytes, or None where it is not there."""

    def write(self, place: str, data: bytes) -> None:
        """Make a small file hold `data`, in one step for whoever reads it."""

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds."""


def remote_runs(files: Files, base: str) -> list[RunEntry]:
    """The runs that are published at `base`, the newest publication first.

    Raises:
        StoreError: the list of runs is damaged, or the place cannot be reached.
    """
    base = base.rstrip("/")
    with _explained(f"`{base}` cannot be read"):
        return _newest(files, base)


def send(run: Run, files: Files, base: str) -> bool:
    """Publish a run at `base`; whether there was anything to do.

    A run of the same name that is published there stays: it has the same basis, so the same
    answer. Any number may send there at once.

    Raises:
        StoreError: a file arrived with another size, what is published there is damaged, or the
            file system refused; what was published there before stays.
    """
    base = base.rstrip("/")
    fact = f"run `{run.name}` could not be sent to `{base}`"
    with _explained(fact, mend="; it is published here, and the same command sends it"):
        sent = _sent(run, files, base)
        _show(files, base)
        _sweep(files, base, run.name)
    return sent


def fetch(files: Files, base: str, run: str | None, out: Path) -> Run:
    """Bring a run that is published at `base` into the folder of runs `out`; every byte is checked.

    Args:
        files: the file system.
        base: the folder of runs there.
        run: the run's name; the current one by default.
        out: the folder of runs here; a run that it has already is given as it is.

    Raises:
        ConfigError: no such run is published there.
        StoreError: what came is not what was published, or the place cannot be reached.
    """
    entry = _named(remote_runs(files, base), run, base)
    here = published(out, entry.run)
    if here is not None:
        return here
    disk, source = Disk(), f"{base.rstrip('/')}/{RUNS}/{entry.run}"
    make_folders(disk, out / RUNS)
    folder = Path(tempfile.mkdtemp(prefix=_ARRIVING, dir=out))
    try:
        with _explained(f"`{source}` could not be fetched"):
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


def _newest(files: Files, base: str) -> list[RunEntry]:
    """The runs of the newest version: `CURRENT`, and what was added since it was made."""
    place = f"{base}/{CURRENT}"
    data, entries = files.read(place), list[RunEntry]()
    if data is not None:
        entries = from_bytes(data, of=place)
    while (data := files.read(place := _version(base, len(entries) + 1))) is not None:
        entries = from_bytes(data, of=place)
    return entries


def _version(base: str, runs: int) -> str:
    return f"{base}/{POINTERS}/{runs:06}"


def _sent(run: Run, files: Files, base: str) -> bool:
    """Publish a run; False where it is published already."""
    if _is_listed(files, base, run.name):
        return False
    try:
        entry = _placed(run, files, base)
    except (OSError, _PartlyArrivedError):
        # Whoever published the run meanwhile has swept away what was arriving here, or a part.
        if _is_listed(files, base, run.name):
            return False
        raise
    return _publish(files, base, entry)


def _is_listed(files: Files, base: str, run: str) -> bool:
    return any(entry.run == run for entry in _newest(files, base))


def _placed(run: Run, files: Files, base: str) -> RunEntry:
    """Have the whole run stand under its name, and give its entry.

    A folder of that name that is whole is of a sender that died before it published, or is about
    to: it is taken as it is. One that is not whole is named by no version, and is replaced.
    """
    home = f"{base}/{RUNS}/{run.name}"
    standing = _standing(run, files, home)
    if standing is not None:
        return standing
    arriving = f"{base}/{RUNS}/{_ARRIVING}{run.name}-{uuid.uuid4().hex}"
    files.make_folder(arriving)
    try:
        for path in sorted(path for path in run.path.iterdir() if path.is_file()):
            files.upload(path, f"{arriving}/{path.name}")
        _compare(run, files.sizes(arriving), arriving)
        if not files.move_new(arriving, home):
            standing = _standing(run, files, home)
            if standing is None:
                files.remove(home)
                files.move_new(arriving, home)
            else:
                files.remove(arriving)
    except BaseException:
        with contextlib.suppress(OSError):
            files.remove(arriving)
        raise
    return standing or _entry(run.manifest, run.manifest_sha256)


def _standing(run: Run, files: Files, home: str) -> RunEntry | None:
    """The entry of the run that stands at `home`, if it is whole; None where it is not.

    Raises:
        StoreError: it is another run of the same name.
    """
    sizes = files.sizes(home)
    data = files.read(f"{home}/{MANIFEST}") if MANIFEST in sizes else None
    if data is None:
        return None
    checksum = hashlib.sha256(data).hexdigest()
    if files.read(f"{home}/{SIDECAR}") != sidecar_text(checksum):
        return None
    manifest = manifest_from(data, path=Path(home) / MANIFEST)
    if any(sizes.get(table.file) != table.bytes for table in manifest.tables.values()):
        return None
    if (manifest.run, manifest.basis) != (run.name, run.manifest.basis):
        message = f"`{home}` is another run of this name, of other input or settings"
        raise StoreError(message)
    return _entry(manifest, checksum)


def _entry(manifest: Manifest, checksum: str) -> RunEntry:
    return RunEntry(
        run=manifest.run,
        job=manifest.job,
        created_at=manifest.created_at,
        manifest_sha256=checksum,
    )


def _publish(files: Files, base: str, entry: RunEntry) -> bool:
    """Add the version that lists `entry`; False where another sender has published the run."""
    files.make_folder(f"{base}/{POINTERS}")
    for _ in range(_TRIES):
        entries = _newest(files, base)
        if any(one.run == entry.run for one in entries):
            return False
        if files.put_new(_version(base, len(entries) + 1), sealed_with(entry, entries)):
            return True
    message = f"{_TRIES} other runs were published at `{base}` while this one waited; send it again"
    raise StoreError(message)


def _show(files: Files, base: str) -> None:
    """Make `CURRENT` a copy of the newest version, if it is another."""
    entries = _newest(files, base)
    data = sealed_with(entries[0], entries[1:])
    if files.read(f"{base}/{CURRENT}") != data:
        files.write(f"{base}/{CURRENT}", data)


def _sweep(files: Files, base: str, run: str) -> None:
    """Remove what senders of this run that died have left half sent: the run is published."""
    prefix = f"{_ARRIVING}{run}-"
    for name in files.folders(f"{base}/{RUNS}"):
        if name.startswith(prefix) and len(name) == len(prefix) + _UNIQUE:
            # Another may be sweeping too, and what stays is swept with the next.
            with contextlib.suppress(OSError):
                files.remove(f"{base}/{RUNS}/{name}")


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
            raise _PartlyArrivedError(message)


@contextlib.contextmanager
def _explained(fact: str, *, mend: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{fact}: {error}{mend}"
        raise StoreError(message) from error
