"""Writing a run: step by step into a staging folder, then published in one step.

The order of operations is the guarantee. Each step's file is made beside its place, synced, put in
place, and its folder synced, before a ledger line calls it finished. The manifest comes after all
files, the rename of the folder after the manifest, and the pointer last. Death at any point leaves
the previous run published, or this one; never a part of it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from graph.durable import Disk, make_folders, put, put_bytes
from graph.errors import ConfigError, StoreError
from graph.schemas import RUN_TABLES
from graph.table import Table
from review.ledger import read_lines, write_line
from review.lock import sole_writer
from review.manifest import (
    FileEntry,
    Manifest,
    as_bytes,
    checked_name,
    columns_of,
    sha256_of,
    versions,
)
from review.parquet import write_rows
from review.pointer import RunEntry, point_to, read_pointer
from review.run import MANIFEST, RUNS, SIDECAR, Run, published, read_folder, sidecar_text, verify

LEDGER = "ledger"
STEPS = "steps"
STAGING = "staging-"
DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a job tells of its run at the end: plain numbers, text, lists and tables of them."""

    job: str
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)


class RunWriter:
    """One run being written. It holds the folder's lock from `open` to `close`."""

    def __init__(self, out: Path, run: str, *, basis: str, created_at: int, disk: Disk) -> None:
        """Use `RunWriter.open`, which takes the lock and looks for finished steps."""
        self.out = out
        self.run = run
        self.published: Run | None = None
        """The run, where it is published already: then there is nothing to write."""
        self._basis = basis
        self._created_at = created_at
        self._disk = disk
        self._held = contextlib.ExitStack()
        self._finished: dict[str, dict[str, Any]] = {}

    @classmethod
    def open(
        cls,
        out: Path,
        run: str,
        *,
        basis: str = "",
        created_at: int | None = None,
        disk: Disk | None = None,
    ) -> RunWriter:
        """Begin a run, or go on with the one that was broken off.

        Args:
            out: the folder of runs; it is made when it is not there.
            run: the run's name (see `review.manifest.run_name`).
            basis: a digest of all that the steps depend on (input, settings, code). Steps left by
                a broken run of another basis are thrown away.
            created_at: ms since 1970 UTC; now by default. A resumed run keeps its first time.
            disk: the file operations; the operating system's by default.

        Raises:
            ConfigError: `run` cannot name a folder.
            StoreError: another writer is at work in `out`, the folder refuses, or a run of this
                name is published with another basis.
        """
        now = time.time_ns() // 1_000_000 if created_at is None else created_at
        writer = cls(out, checked_name(run), basis=basis, created_at=now, disk=disk or Disk())
        try:
            writer._begin()
        except BaseException:
            writer.close()
            raise
        return writer

    def __enter__(self) -> RunWriter:
        """The writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the lock; what is not published stays staged, to be resumed."""
        self.close()

    def close(self) -> None:
        """Let go of the lock."""
        self._held.close()

    @property
    def staging(self) -> Path:
        """Where the run stands until it is published."""
        return self.out / (STAGING + self.run)

    @property
    def steps(self) -> Path:
        """The folder of what `keep` and `write_step` make; it is gone once the run is published."""
        return self.staging / STEPS

    def finished(self, step: str) -> Path | None:
        """The file of a step that was finished, now or before a break; None when it was not.

        A file is trusted only if its checksum is the ledger's.
        """
        record = self._finished.get(step)
        return None if record is None else self.staging / record["file"]

    def add(self, table: Table, name: str | None = None) -> int:
        """Write one of the run's tables in key order, unless it is finished; give its rows.

        Args:
            table: its columns are those of `RUN_TABLES[name]`, and perhaps carried attributes.
            name: one of `RUN_TABLES`; the table's schema's name by default.

        Raises:
            ConfigError: a run has no table of this name.
            SchemaError: the table lacks columns.
            StoreError: the disk refused.
        """
        name = name or table.schema.name
        if name not in RUN_TABLES:
            message = f"a run has no table `{name}`; it has {', '.join(RUN_TABLES)}"
            raise ConfigError(message)
        known = RUN_TABLES[name]
        known.with_attributes(table.schema.attributes_beyond(known)).check(
            table.schema.arrow, of=f"the step `{name}`"
        )
        columns = columns_of(table.schema)
        return self._write(name, f"{name}.parquet", lambda path: write_rows(table, path), columns)

    def keep(self, table: Table, step: str) -> Path:
        """Write a table that later steps need, so that a broken run need not make it again.

        It stands in `steps/` until the run is published, and is no part of the run.
        """
        return self.write_step(step, lambda path: table.engine.keep(table, path))

    def forget(self, lost: Callable[[Path], bool]) -> list[str]:
        """Take the first step whose file is `lost`, and all after it, as not finished.

        For an engine that keeps a step's rows elsewhere and finds them gone, or written by another
        engine. Gives the names of the steps that must be made again.
        """
        names = list(self._finished)
        kept = [name for name in names if name not in RUN_TABLES]
        first = next((n for n in kept if lost(self.staging / self._finished[n]["file"])), None)
        gone = [] if first is None else names[names.index(first) :]
        for name in gone:
            del self._finished[name]
        return gone

    def sweep(self, let_go: Callable[[Path], None]) -> None:
        """Remove what other runs left staged and nobody went on with for a day.

        Args:
            let_go: hears of the folder of each run's steps before that is removed, and removes
                what stands elsewhere for it.

        Raises:
            StoreError: the disk refused.
        """
        with self._explained("staging"):
            for folder in sorted(self.out.glob(f"{STAGING}*")):
                ledger = folder / LEDGER
                touched = (ledger if ledger.exists() else folder).stat().st_mtime
                if folder != self.staging and time.time() - touched > DAY_SECONDS:
                    let_go(folder / STEPS)
                    self._disk.remove(folder)

    def write_step(self, step: str, write: Callable[[Path], int]) -> Path:
        """Let `write` make a step's file, unless it is finished; give the file's path.

        Args:
            step: the step's name, such as `interactions`; not a name of `RUN_TABLES`.
            write: makes the file at the path it is given and gives the number of rows.

        Raises:
            ConfigError: the step's name is taken by a table of the run or cannot name a file.
            StoreError: the disk refused.
        """
        if step in RUN_TABLES:
            message = f"`{step}` is a table of the run; write it with `add`"
            raise ConfigError(message)
        file = f"{STEPS}/{checked_name(step)}"
        self._write(step, file, write, columns=())
        return self.staging / file

    def publish(self, facts: RunFacts) -> Run:
        """Make the run the current one, whole and durably; the staging folder is gone then.

        Raises:
            StoreError: a table is missing, or the disk refused; then the previous run stays.
        """
        self._refuse_if_published()
        absent = [name for name in RUN_TABLES if name not in self._finished]
        if absent:
            message = (
                f"run `{self.run}` lacks {', '.join(f'`{name}`' for name in absent)};"
                " add each table, empty ones too"
            )
            raise StoreError(message)
        with self._explained("manifest"):
            self._write_manifest(facts)
            self.published = self._finish()
        return self.published

    def _begin(self) -> None:
        with self._explained("lock"):
            make_folders(self._disk, self.out)
            # A published run is immutable: it is answered without the lock.
            self.published = self._already()
            if self.published is not None:
                return
            self._held.enter_context(sole_writer(self.out, self.run))
            self.published = self._already()
        if self.published is None:
            with self._explained("recovery"):
                self.published = self._recovered()
        if self.published is None:
            with self._explained("staging"):
                self._stage()

    def _already(self) -> Run | None:
        run = published(self.out, self.run)
        if run is not None and run.manifest.basis != self._basis:
            message = (
                f"run `{self.run}` is published and was made from other input or settings;"
                " a published run never changes: give this one another name"
            )
            raise StoreError(message)
        return run

    def _recovered(self) -> Run | None:
        """A run that died between its manifest and the pointer: nothing is left but to finish."""
        if self._is_whole(self._home):
            return self._finish()
        self._disk.remove(self._home)
        return self._finish() if self._is_whole(self.staging) else None

    def _is_whole(self, folder: Path) -> bool:
        try:
            run = read_folder(folder)
            verify(run)
        except StoreError:
            return False
        return run.name == self.run and run.manifest.basis == self._basis

    def _stage(self) -> None:
        ledger = self.staging / LEDGER
        lines = read_lines(ledger)
        head = lines[0] if lines else {}
        if head.get("run") != self.run or head.get("basis") != self._basis:
            self._disk.remove(self.staging)
            self._disk.make_folder(self.staging)
            self._disk.make_folder(self.staging / STEPS)
            self._disk.sync_folder(self.staging)
            self._disk.sync_folder(self.out)
            start = {"run": self.run, "basis": self._basis, "created_at": self._created_at}
            write_line(self._disk, ledger, start)
            return
        self._created_at = head["created_at"]
        for record in lines[1:]:
            if self._trusted(record):
                self._finished[record["step"]] = record

    def _trusted(self, record: Mapping[str, Any]) -> bool:
        path = self.staging / record["file"]
        return path.is_file() and sha256_of(path) == str(record["sha256"])

    def _write(
        self,
        step: str,
        file: str,
        write: Callable[[Path], int],
        columns: tuple[tuple[str, str, bool], ...],
    ) -> int:
        self._refuse_if_published()
        if step in self._finished:
            return int(self._finished[step]["rows"])
        path = self.staging / file
        with self._explained(step):
            rows = put(self._disk, path, write)
            record = {
                "step": step,
                "file": file,
                "rows": rows,
                "bytes": path.stat().st_size,
                "sha256": sha256_of(path),
                "columns": columns,
            }
            write_line(self._disk, self.staging / LEDGER, record)
        self._finished[step] = record
        return rows

    def _write_manifest(self, facts: RunFacts) -> None:
        manifest = Manifest(
            run=self.run,
            job=facts.job,
            created_at=self._created_at,
            basis=self._basis,
            seed=facts.seed,
            settings=facts.settings,
            input=facts.input,
            summary=facts.summary,
            versions=versions(),
            tables={name: _entry(self._finished[name]) for name in RUN_TABLES},
        )
        data = as_bytes(manifest)
        put_bytes(self._disk, self.staging / MANIFEST, data)
        checksum = sha256_of(self.staging / MANIFEST)
        put_bytes(self._disk, self.staging / SIDECAR, sidecar_text(checksum))

    def _finish(self) -> Run:
        """From a whole staged run to a published one; each operation may have been done before."""
        runs, staging = self.out / RUNS, self.staging
        if staging.exists() and not self._home.exists():
            for leftover in (STEPS, LEDGER):
                self._disk.remove(staging / leftover)
            self._disk.sync_folder(staging)
            self._disk.make_folder(runs)
            self._disk.sync_folder(self.out)
            self._disk.rename(staging, self._home)
        self._disk.sync_folder(runs)
        self._disk.sync_folder(self.out)
        run = read_folder(self._home)
        entry = RunEntry(
            run=run.name,
            job=run.manifest.job,
            created_at=run.manifest.created_at,
            manifest_sha256=run.manifest_sha256,
        )
        point_to(self._disk, self.out, entry)
        return run

    @property
    def _home(self) -> Path:
        return self.out / RUNS / self.run

    def _refuse_if_published(self) -> None:
        if self.published is not None:
            message = f"run `{self.run}` is published, and a published run never changes"
            raise StoreError(message)

    @contextlib.contextmanager
    def _explained(self, step: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = (
                f"step `{step}` of run `{self.run}` could not be written:"
                f" {error.strerror or error} at `{error.filename or self.out}`;"
                " what was published before is still served, and finished steps are kept"
            )
            raise StoreError(message) from error


def _entry(record: Mapping[str, Any]) -> FileEntry:
    return FileEntry(
        file=record["file"],
        rows=record["rows"],
        bytes=record["bytes"],
        sha256=record["sha256"],
        columns=tuple((name, type, nullable) for name, type, nullable in record["columns"]),
    )


def abandoned(out: Path) -> list[str]:
    """The names of runs that were begun in `out` and are not published, for people to see."""
    listed = {entry.run for entry in read_pointer(out)}
    names = (folder.name.removeprefix(STAGING) for folder in out.glob(f"{STAGING}*"))
    return sorted(name for name in names if name not in listed)
