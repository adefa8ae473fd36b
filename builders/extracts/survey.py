"""Which files are to be read, in which order, and the digest of what lies in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from builders.extracts.one_file import Tally
from builders.extracts.spec import TableSpec
from builders.files.listing import ExtractFile, list_files
from builders.files.names import first_line, listed, shown_text
from builders.files.partitions import partition_text
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError

Status = Literal["waiting", "read", "empty", "rejected", "skipped"]


@dataclass(slots=True)
class Work:
    """One file of one table: where it stands in the reading, and what became of it."""

    number: int
    table: TableSpec
    file: ExtractFile
    digest: str = ""
    status: Status = "waiting"
    tally: Tally = field(default_factory=Tally)

    @property
    def partition(self) -> str:
        """The partition as text, safe to show."""
        return shown_text(partition_text(self.file.partition))

    def leave(self, status: Literal["rejected", "skipped"], why: str) -> None:
        """Give the file up."""
        self.status = status
        self.tally.notes.insert(0, why.removeprefix(f"{self.file.name}: "))


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Something under a table's path that is not read, and why."""

    table: TableSpec
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Survey:
    """The files to read in the order that decides between equal rows, and what is passed over."""

    works: tuple[Work, ...]
    passed_over: tuple[PassedOver, ...]
    notes: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """A digest of table, name, size and content of every file chosen: same input, same text."""
        digest = hashlib.blake2b(digest_size=16)
        chosen = [work for work in self.works if work.digest]
        for work in sorted(chosen, key=lambda work: (work.table.name, work.file.name)):
            line = (work.table.name, work.file.name, str(work.file.bytes), work.digest)
            digest.update(repr(line).encode())
        return digest.hexdigest()


def survey(engine: Engine, tables: Sequence[TableSpec], *, digests: bool = True) -> Survey:
    """List the files of every table, in table order and then by name.

    Files outside `where`, and files that repeat another of the same table and partition byte for
    byte (a second delivery), are marked as skipped.

    Raises:
        ExtractError: a path cannot be listed, or there is nothing to read at all.
        ConfigError: `where` cannot be understood.
    """
    works: list[Work] = []
    passed_over: list[PassedOver] = []
    notes: list[str] = []
    for table in tables:
        listing = list_files(table.path)
        notes.extend(f"{table.name}: {note}" for note in listing.notes)
        passed_over.extend(PassedOver(table, one.name, one.reason) for one in listing.skipped)
        files = sorted(listing.files, key=lambda file: file.name)
        own = [Work(len(works) + place, table, file) for place, file in enumerate(files)]
        _skip_outside(engine, table, own)
        works.extend(own)
    if not any(work.status == "waiting" for work in works):
        message = f"there is no file to read in {listed(str(table.path) for table in tables)}"
        raise ExtractError(message)
    if digests:
        _digest(works)
        _skip_repeated(works)
    return Survey(tuple(works), tuple(passed_over), tuple(notes))


def _skip_outside(engine: Engine, table: TableSpec, works: Sequence[Work]) -> None:
    if table.where is None:
        return
    keys = dict.fromkeys(key for work in works for key, _ in work.file.partition)
    if not keys:
        message = (
            f"table `{table.name}`: `where` chooses partitions and {table.path} has none;"
            " choose rows with `row_where`"
        )
        raise ConfigError(message)
    columns = {
        key: pa.array([dict(work.file.partition).get(key) for work in works], pa.string())
        for key in keys
    }
    places = pa.array(range(len(works)), pa.int64())
    rows = pa.table({**columns, "place_in_list": places})
    query = f"select place_in_list from {{rows}} where ({table.where}\n)"
    try:
        inside = set(engine.evaluate(rows, query)["place_in_list"].to_pylist())
    except ConfigError as error:
        message = (
            f"table `{table.name}`: `where` = `{shown_text(table.where)}` cannot be used:"
            f" {first_line(error)}; the partition columns are {listed(keys)}"
        )
        raise ConfigError(message) from error
    for place, work in enumerate(works):
        if place not in inside:
            work.leave("skipped", "outside `where`")


def _digest(works: Iterable[Work]) -> None:
    for work in works:
        if work.status != "waiting":
            continue
        try:
            with work.file.path.open("rb") as content:
                work.digest = hashlib.file_digest(content, "blake2b").hexdigest()
        except OSError as error:
            work.leave("rejected", f"cannot be read: {(error.strerror or str(error)).lower()}")


def _skip_repeated(works: Iterable[Work]) -> None:
    first: dict[tuple[str, object, str], Work] = {}
    for work in works:
        if work.status != "waiting" or not work.file.bytes:
            continue
        before = first.setdefault((work.table.name, work.file.partition, work.digest), work)
        if before is not work:
            work.leave("skipped", f"a second delivery: byte for byte {before.file.name}")
