"""The accounts of a reading: what became of every row of every file, and whether it is too much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from builders.extracts.quarantine import SetAside
from builders.extracts.spec import Rules
from builders.extracts.survey import Survey, Work
from builders.files.older import OLDER
from graph.engine import Engine
from graph.schemas import READING
from graph.table import Table


@dataclass(frozen=True, slots=True)
class Entry:
    """One file's accounts: `read` = `used` + `deduplicated` + `quarantined` + `rejected`."""

    work: Work
    read: int
    used: int
    deduplicated: int
    quarantined: int
    rejected: int


def entries(
    works: Sequence[Work], arrived: Mapping[int, int], repeated: Mapping[int, int], *, kept: int
) -> list[Entry]:
    """The accounts of every file, proved.

    Args:
        works: the files, read.
        arrived: by file number, rows that came into the engine.
        repeated: by file number, rows found to repeat an earlier one.
        kept: rows of the settled table.

    Raises:
        RuntimeError: a row is unaccounted for: a fault of this program, never of the extract.
    """
    found = [
        _entry(work, arrived.get(work.number, 0), repeated.get(work.number, 0)) for work in works
    ]
    used = sum(entry.used for entry in found)
    if used != kept:
        message = f"internal error: the files account for {used} rows and {kept} were kept"
        raise RuntimeError(message)
    return found


def check_quarantine(accounts: Sequence[Entry], quarantined: int) -> None:
    """Raise unless so many rows are in the quarantine as the files account for.

    Raises:
        RuntimeError: a row is unaccounted for: a fault of this program, never of the extract.
    """
    expected = sum(entry.quarantined for entry in accounts)
    if expected != quarantined:
        message = (
            f"internal error: the files account for {expected} quarantined rows and {quarantined}"
            " are there"
        )
        raise RuntimeError(message)


def _entry(work: Work, arrived: int, repeated: int) -> Entry:
    tally = work.tally
    if work.status == "rejected":
        return Entry(work, tally.read, 0, 0, 0, tally.read)
    used = arrived - repeated
    if arrived != tally.good or used + repeated + tally.quarantined != tally.read:
        message = (
            f"internal error: {work.file.name} gave {tally.read} rows, of which {used} used,"
            f" {repeated} deduplicated and {tally.quarantined} quarantined"
        )
        raise RuntimeError(message)
    return Entry(work, tally.read, used, repeated, tally.quarantined, 0)


def reading_table(engine: Engine, found: Survey, accounts: Sequence[Entry]) -> Table:
    """The accounts as a table (`READING`), with what was passed over."""
    rows = [
        {
            "file": entry.work.file.name,
            "source": entry.work.table.name,
            "partition": entry.work.partition,
            "status": entry.work.status,
            "rows_read": entry.read,
            "rows_used": entry.used,
            "rows_deduplicated": entry.deduplicated,
            "rows_quarantined": entry.quarantined,
            "rows_rejected": entry.rejected,
            "note": "; ".join((*entry.work.tally.notes, *remarks(entry.work))),
        }
        for entry in accounts
    ]
    counts = dict.fromkeys((name for name in READING.names if name.startswith("rows_")), 0)
    rows.extend(
        {
            "file": one.name,
            "source": one.table.name,
            "partition": "",
            "status": "skipped",
            **counts,
            "note": one.why,
        }
        for one in found.passed_over
    )
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=READING.arrow), READING)


def remarks(work: Work) -> Iterator[str]:
    """What is worth knowing of a file that was read."""
    tally = work.tally
    if work.status == "empty" and not tally.notes:
        yield "it holds no row"
    if work.status != "read":
        return
    if work.table.explode:
        yield f"counted by element: {tally.whole_rows} rows hold {tally.read} elements or faults"
    if tally.unwanted:
        yield f"{tally.unwanted} of {tally.whole_rows} rows are outside `row_where`"
    if tally.remarks.times.outside_day:
        yield f"{tally.remarks.times.outside_day} rows lie outside the partition's day and are used"
    if tally.remarks.on_itself:
        yield f"{tally.remarks.on_itself} rows are of an account on itself or on what is its own"
    for name, count in sorted(tally.remarks.empty.items()):
        yield f"{count} empty `{name}` were read as null"


def taken_for_older(accounts: Sequence[Entry]) -> Iterator[str]:
    """How many files of each table were taken for older than its last columns, if any."""
    found: dict[str, list[int]] = {}
    for entry in accounts:
        notes = entry.work.tally.notes
        if entry.work.status == "read" and any(note.startswith(OLDER) for note in notes):
            found.setdefault(entry.work.table.name, []).append(entry.work.tally.whole_rows)
    for table, rows in found.items():
        yield (
            f"{table}: {len(rows)} {'file was' if len(rows) == 1 else 'files were'} taken for"
            f" {OLDER} ({sum(rows):,} rows), since every row of theirs ends before the last columns"
            " and the catalogue tells the table's columns alone"
        )


def too_much(accounts: Sequence[Entry], rules: Rules, set_aside: SetAside) -> str | None:
    """Why the reading is not good enough to go on with, or None."""
    read = sum(entry.read - entry.rejected for entry in accounts)
    quarantined = sum(entry.quarantined for entry in accounts)
    rejected = [entry for entry in accounts if entry.work.status == "rejected"]
    lines: list[str] = []
    if len(rejected) > rules.rejected_files:
        lines.append(
            f"{len(rejected)} of {len(accounts)} files are rejected where `rejected_files` allows"
            f" {rules.rejected_files}: {_examples_of_files(rejected)}"
        )
    if quarantined > rules.quarantine_share * read:
        lines.append(
            f"{quarantined:,} of {read:,} rows are quarantined, a share of"
            f" {quarantined / read:.2g} where `quarantine_share` allows"
            f" {rules.quarantine_share:g}: {set_aside.reasons()}; {set_aside.examples()}"
        )
    if not lines:
        return None
    mend = "mend the extract, or raise the named allowance in the job file if you can spare them"
    return "; ".join((*lines, mend))


def _examples_of_files(rejected: Sequence[Entry]) -> str:
    shown = [f"{entry.work.file.name}: {entry.work.tally.notes[0]}" for entry in rejected[:3]]
    return " | ".join(shown) + (" | ..." if len(rejected) > 3 else "")
