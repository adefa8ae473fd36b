"""The accounts of a reading in words, for a terminal or a log."""

from __future__ import annotations

from typing import Protocol

from graph.table import Table

_COUNTS = {
    "used": "rows_used",
    "deduplicated": "rows_deduplicated",
    "quarantined": "rows_quarantined",
    "rejected": "rows_rejected",
}


class Accounts(Protocol):
    """What there is to tell of: a reading just made, or the tables that a run kept of one."""

    @property
    def files(self) -> Table:
        """Every file with its counts (`READING`)."""

    @property
    def quarantine(self) -> Table:
        """Every row that was set aside (`QUARANTINE`)."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the extract as a whole."""


def accounting(reading: Accounts, *, most_files: int = 20) -> list[str]:
    """A line for each table, for each file that was not used whole, and for each reason and note.

    Of the files, the first `most_files` get a line, those not read or with rows set aside first.
    The lines hold nothing unprintable, whatever stood in the extract.
    """
    files = reading.files
    engine = files.engine
    sums = ", ".join(f"sum({column}) as {column}" for column in ("rows_read", *_COUNTS.values()))
    tables = engine.query(
        f"""
        select source, count(*) as files, {sums}
        from {{files}}
        group by source
        order by source
        """,
        files=files,
    )
    lines = [
        f"{row['source']} ({_files(row['files'])}): {_identity(row)}" for row in tables.to_pylist()
    ]
    lines.extend(_files_of_note(reading, most_files))
    lines.extend(_reasons(reading))
    lines.extend(f"note: {note}" for note in reading.notes)
    return lines


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def _identity(row: dict[str, int]) -> str:
    parts = " + ".join(f"{int(row[column]):,} {word}" for word, column in _COUNTS.items())
    return f"{int(row['rows_read']):,} rows read = {parts}"


def _files_of_note(reading: Accounts, most: int) -> list[str]:
    found = reading.files.engine.query(
        """
        select *
        from {files}
        where status <> 'read' or note <> '' or rows_quarantined > 0
        order by status = 'read' and rows_quarantined = 0, source, file
        """,
        files=reading.files,
    ).to_pylist()
    shown = [
        f"  {row['source']}/{row['file']} ({row['status']}): {_identity(row)}"
        + (f"; {row['note']}" if row["note"] else "")
        for row in found[:most]
    ]
    more = [f"  ... and {len(found) - most:,} files more"] if len(found) > most else []
    return shown + more


def _reasons(reading: Accounts) -> list[str]:
    found = reading.quarantine.engine.query(
        """
        select q.column as place, q.reason as reason, count(*) as quarantined
        from {quarantine} q
        group by q.column, q.reason
        order by quarantined desc, place, reason
        """,
        quarantine=reading.quarantine,
    ).to_pylist()
    return [
        f"  quarantined {row['quarantined']:,} x `{row['place']}`: {row['reason']}"
        for row in found[:20]
    ]
