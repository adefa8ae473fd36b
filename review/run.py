"""A published run, as its readers see it: whole, checked, and never changing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from graph.errors import ConfigError, StoreError
from graph.schemas import RUN_TABLES
from review.manifest import Manifest, from_bytes, sha256_of
from review.pointer import RunEntry, read_pointer
from review.texts import TEXT_TABLES, holding

if TYPE_CHECKING:
    from graph.engine import Engine
    from graph.table import Table
    from review.store import Store

RUNS = "runs"
MANIFEST = "manifest.json"
SIDECAR = "manifest.sha256"


@dataclass(frozen=True, slots=True)
class Run:
    """A published run: its folder and what its manifest says."""

    path: Path
    manifest: Manifest
    manifest_sha256: str

    @property
    def name(self) -> str:
        """The run's name."""
        return self.manifest.run

    def table_path(self, name: str) -> Path:
        """The Parquet file of one of the run's tables.

        Raises:
            ConfigError: the run has no table of this name.
        """
        entry = self.manifest.tables.get(name)
        if entry is None and name in RUN_TABLES:
            message = (
                f"run `{self.name}` was made by an earlier version: it has no table `{name}`;"
                " detect again with this one"
            )
            raise ConfigError(message)
        if entry is None:
            close = difflib.get_close_matches(name, self.manifest.tables, n=1)
            mend = f"; did you mean `{close[0]}`?" if close else ""
            message = f"run `{self.name}` has no table `{name}`{mend}"
            raise ConfigError(message)
        return self.path / entry.file

    def table(self, engine: Engine, name: str) -> Table:
        """One of the run's tables as `engine` reads it, with the columns it was written with.

        Raises:
            ConfigError: the run has no table of this name, or was made by an earlier version that
                did not write all of its columns.
        """
        path = self.table_path(name)
        known = RUN_TABLES[name]
        written = self.manifest.schema(name).names
        lacking = [column for column in known.names if column not in written]
        if lacking:
            message = (
                f"run `{self.name}` was made by an earlier version: its table `{name}` lacks"
                f" {', '.join(f'`{column}`' for column in lacking)}; detect again with this one"
            )
            raise ConfigError(message)
        extra = self.manifest.schema(name).attributes_beyond(known)
        return engine.read_parquet([path], known.with_attributes(extra))

    @contextmanager
    def opened(self, engine: Engine, *names: str) -> Iterator[dict[str, Table]]:
        """Some of the run's tables by name, which `engine` lets go of when the block is left.

        Raises:
            ConfigError: as `table`.
        """
        tables = {name: self.table(engine, name) for name in names}
        try:
            yield tables
        finally:
            for table in tables.values():
                engine.drop(table)

    def holding(self, engine: Engine, text: str) -> Table:
        """The clusters that hold a text (`review.texts.HOLDING`), for the caller to let go of.

        Raises:
            ConfigError: as `table`.
        """
        with self.opened(engine, *TEXT_TABLES) as tables:
            return holding(tables, text)

    def states(self, store: Store) -> Mapping[str, str]:
        """The state of each cluster on which a decision stands, as `Store.states`."""
        return store.states(self.name)


def runs(out: Path) -> list[RunEntry]:
    """The published runs of `out`, the newest publication first.

    Raises:
        StoreError: the list of runs is damaged.
    """
    return read_pointer(out)


def open_run(out: Path, run: str | None = None) -> Run:
    """A published run of `out`: the current one, or the one named `run`.

    The manifest's checksum is checked, and that every file is there with its size; `verify` also
    reads every byte.

    Raises:
        ConfigError: nothing is published there, or no run has this name.
        StoreError: the run is damaged.
    """
    return read_run(out, entry_of(out, run))


def entry_of(out: Path, run: str | None = None) -> RunEntry:
    """How `out` lists its current run, or the one named `run`; the run itself is not looked at.

    Raises:
        ConfigError: nothing is published there, or no run has this name.
        StoreError: the list of runs is damaged.
    """
    entries = read_pointer(out)
    if not entries:
        message = f"no run is published in `{out}`; make one with `ringwatch detect`"
        raise ConfigError(message)
    return _chosen(entries, run)


def published(out: Path, run: str) -> Run | None:
    """The published run named `run`, or None when there is none of this name.

    Raises:
        StoreError: the run is damaged.
    """
    for entry in read_pointer(out):
        if entry.run == run:
            return read_run(out, entry)
    return None


def read_run(out: Path, entry: RunEntry) -> Run:
    """The run that `entry` points to, after the check that its files are there.

    Raises:
        StoreError: the manifest is missing or altered, or a file is missing or of another size.
    """
    found = read_folder(out / RUNS / entry.run)
    if found.manifest_sha256 != entry.manifest_sha256 or found.name != entry.run:
        message = f"`{found.path / MANIFEST}` is not the manifest that was published"
        raise StoreError(message)
    return found


def read_folder(path: Path) -> Run:
    """The run that a folder holds, published or about to be.

    Raises:
        StoreError: the manifest is missing or does not match its checksum beside it, or a file
            is missing or of another size.
    """
    manifest = path / MANIFEST
    try:
        data = manifest.read_bytes()
        checksum = sha256_of(manifest)
        sidecar = (path / SIDECAR).read_bytes()
    except OSError as error:
        message = f"cannot read `{error.filename}`: {error.strerror}"
        raise StoreError(message) from error
    if sidecar != sidecar_text(checksum):
        message = f"`{manifest}` and `{SIDECAR}` beside it do not agree: one of them is damaged"
        raise StoreError(message)
    run = Run(path, from_bytes(data, path=manifest), checksum)
    faults = [fault for name in run.manifest.tables if (fault := _size_fault(run, name))]
    if faults:
        raise StoreError("; ".join(faults))
    return run


def verify(run: Run) -> int:
    """Read every byte of a run and compare it with its checksum; give the number of bytes.

    Raises:
        StoreError: naming each file that is missing or altered.
    """
    again = read_folder(run.path)
    if again.manifest_sha256 != run.manifest_sha256:
        message = f"`{run.path / MANIFEST}` was altered after this run was opened"
        raise StoreError(message)
    faults = [
        f"`{run.table_path(name)}` is damaged: its SHA-256 is not the published one"
        for name, entry in sorted(run.manifest.tables.items())
        if sha256_of(run.table_path(name)) != entry.sha256
    ]
    if faults:
        raise StoreError("; ".join(faults))
    return sum(entry.bytes for entry in run.manifest.tables.values())


def sidecar_text(checksum: str) -> bytes:
    """What stands beside a manifest, in the form that `sha256sum --check` reads."""
    return f"{checksum}  {MANIFEST}\n".encode()


def _chosen(entries: list[RunEntry], run: str | None) -> RunEntry:
    if run is None:
        return entries[0]
    for entry in entries:
        if entry.run == run:
            return entry
    names = [entry.run for entry in entries]
    near = difflib.get_close_matches(run, names, n=3) or names[:3]
    message = f"no run is named `{run}`; there is {', '.join(f'`{name}`' for name in near)}"
    raise ConfigError(message)


def _size_fault(run: Run, name: str) -> str | None:
    path = run.table_path(name)
    expected = run.manifest.tables[name].bytes
    try:
        size = path.stat().st_size
    except OSError as error:
        return f"cannot read `{path}`: {error.strerror}"
    return None if size == expected else f"`{path}` has {size} bytes where {expected} were written"
