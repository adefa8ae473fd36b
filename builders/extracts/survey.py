"""Which files are to be read, in which order, and the digest of what lies in them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from builders.extracts.chosen import chosen_places
from builders.extracts.digests import digests_of
from builders.extracts.one_file import Tally
from builders.extracts.spec import TableSpec
from builders.files.listing import Content, ExtractFile, Listing
from builders.files.names import listed, shown_text
from builders.files.partitions import partition_text
from builders.files.remote_listing import list_place, place_through
from builders.hive.address import HiveAddress
from builders.hive.resolve import list_table
from graph.engine import Engine
from graph.errors import ExtractError, FileChanged, FileUnreadable

Status = Literal["waiting", "read", "empty", "rejected", "skipped"]


@dataclass(slots=True)
class Work:
    """One file of one table: where it stands in the reading, and what became of it."""

    number: int
    table: TableSpec
    file: ExtractFile
    digest: str = ""
    status: Status = "waiting"
    changed: bool = False
    """Whether the file was another when it was read than when its digest was taken."""
    unread: bool = False
    """Whether the file was not handed over any more, though it was for its digest."""
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
    """The files to read in the order that decides between equal rows, and what is passed over.

    It serves one reading, which writes into `works` what became of each file.
    """

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

    def refuse_changed(self) -> None:
        """Raise unless the reading met what the digests were taken of.

        A file that is damaged is rejected by every reading of the same bytes. One that was another,
        or was not handed over, is not: the next job over these digests would take a run for its own
        that lacks the file. So whoever named something after the digests asks this.

        Raises:
            FileChanged: with the first file of each table that was another.
            FileUnreadable: with the first of each that could not be read any more.
        """
        changed = _first_notes(work for work in self.works if work.changed)
        if changed:
            message = (
                f"the files of {changed} changed while the job began: they are not those that the"
                " run is named after; run the job again when nobody writes to them"
            )
            raise FileChanged(message)
        unread = _first_notes(work for work in self.works if work.unread)
        if unread:
            message = (
                f"the files of {unread} could be read when the run was named after them, and cannot"
                " be any more; mend what is in the way, and run the job again"
            )
            raise FileUnreadable(message)


def _first_notes(works: Iterable[Work]) -> str:
    """Each table's name, with why the first of its files was given up."""
    first: dict[str, str] = {}
    for work in works:
        first.setdefault(work.table.name, work.tally.notes[0])
    return "; ".join(f"`{table}` ({note})" for table, note in first.items())


def survey(engine: Engine, tables: Sequence[TableSpec], *, digests: bool = True) -> Survey:
    """List the files of every table, in table order and then by name.

    Files outside `where`, and files that repeat another of the same table and partition byte for
    byte (a second delivery), are marked as skipped.

    Raises:
        ExtractError: a path cannot be listed, or there is nothing to read at all.
        ConfigError: `where` cannot be understood.
    """
    began_ns = time.time_ns()
    works: list[Work] = []
    passed_over: list[PassedOver] = []
    notes: list[str] = []
    for table in tables:
        listing = _listing(engine, table)
        notes.extend(f"{table.name}: {note}" for note in listing.notes)
        passed_over.extend(PassedOver(table, one.name, one.reason) for one in listing.skipped)
        files = sorted(listing.files, key=lambda file: file.name)
        own = [Work(len(works) + place, table, file) for place, file in enumerate(files)]
        if table.where is not None and not isinstance(table.path, HiveAddress):
            _skip_outside(engine, table, own)
        works.extend(own)
    if not any(work.status == "waiting" for work in works):
        message = f"there is no file to read in {listed(table.where_from for table in tables)}"
        raise ExtractError(message)
    if digests:
        _take_digests(engine, works, began_ns)
        _skip_repeated(works)
    return Survey(tuple(works), tuple(passed_over), tuple(notes))


def _listing(engine: Engine, table: TableSpec) -> Listing:
    """The table's files; those of a Hive table are only listed inside `where`."""
    if isinstance(table.path, ExtractFile):
        return Listing((table.path,))
    if not isinstance(table.path, HiveAddress):
        return list_place(place_through(table.path, engine))
    if table.where is None:
        return list_table(table.path, engine=engine)
    return list_table(
        table.path,
        engine=engine,
        where=table.where,
        inside=lambda partitions: chosen_places(engine, table, partitions),
    )


def _skip_outside(engine: Engine, table: TableSpec, works: Sequence[Work]) -> None:
    inside = chosen_places(engine, table, [work.file.partition for work in works])
    for place, work in enumerate(works):
        if place not in inside:
            work.leave("skipped", "outside `where`")


def _take_digests(engine: Engine, works: Iterable[Work], began_ns: int) -> None:
    waiting = {work.number: work for work in works if work.status == "waiting"}
    files = {number: work.file for number, work in waiting.items()}
    for number, found in digests_of(engine, files).items():
        work = waiting[number]
        if found.digest is not None:
            work.digest = found.digest
            # The reading holds what it reads against this.
            work.file = replace(work.file, content=Content(found.digest, began_ns))
        if found.refusal is not None:
            work.leave("rejected", f"cannot be read: {found.refusal}")


def _skip_repeated(works: Iterable[Work]) -> None:
    first: dict[tuple[str, object, str], Work] = {}
    for work in works:
        if work.status != "waiting" or not work.file.bytes:
            continue
        before = first.setdefault((work.table.name, work.file.partition, work.digest), work)
        if before is not work:
            work.leave("skipped", f"a second delivery: byte for byte {before.file.name}")
