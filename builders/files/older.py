"""Text written before columns were added to its table, where only the table's columns are known.

A row with too few fields is one that a line end inside a text divided, or the end of a file that
was cut off; or it is whole, and older than the table's last columns. One row cannot tell. A file
can: it is taken for older if each of its lines has the same number of fields, two or more and fewer
than the table has columns, and the last one is ended. Where one of that fails, all rows are held
against the table's columns, as in any file.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from builders.files.delimited import first_fields
from builders.files.formats import FileFormat, RawColumn
from builders.files.lines import text_chunks, whole_lines
from builders.files.listing import ExtractFile
from builders.files.names import listed
from builders.files.nested import split_escaped
from builders.files.quoted import lines_of

OLDER = "older than its table"
"""The note on a file that was taken for older begins so."""

_FEWEST = 2


def columns_then(
    file: ExtractFile, form: FileFormat, first: bytes, notes: list[str]
) -> tuple[RawColumn, ...]:
    """The columns of a file without a header: the declared ones, or the first few if it is older.

    Args:
        file: the file, which is read to its end if its first row has too few fields.
        form: its format, whose columns are the table's.
        first: its first lines.
        notes: takes what was found, if it was looked for.

    Raises:
        ExtractError: the file is no text, or damaged.
    """
    fields, _ = first_fields(first, form)
    few, declared = len(fields), form.columns
    if not form.may_be_older or not _FEWEST <= few < len(declared):
        return declared
    rows, alike, ended = _counted(file, form, few)
    added = listed([column.name for column in declared[few:]])
    if alike == rows and ended:
        notes.append(
            f"{OLDER}: all of its rows ({rows}) have {few} fields, so they were read as the first"
            f" {few} of the table's {len(declared)} columns, from before {added} came; a metastore"
            " would tell the partition's own columns"
        )
        return declared[:few]
    why = "its last line has no end" if alike == rows else f"only {alike} of its {rows} rows do"
    notes.append(
        f"its first row has {few} of the table's {len(declared)} columns, as if it were from before"
        f" {added} came, and {why}: it was not taken for older; name a `metastore`, which tells the"
        " partition's own columns"
    )
    return declared


def _counted(file: ExtractFile, form: FileFormat, few: int) -> tuple[int, int, bool]:
    """How many rows a file has, how many of them have `few` fields, and whether the last ended."""
    rows = alike = 0
    ended = True
    for block in whole_lines(text_chunks(file, [])):
        found = _fields(block, form)
        rows += len(found)
        alike += int(np.count_nonzero(found == few))
        ended = block.endswith(b"\n")
    return rows, alike, ended


def _fields(block: bytes, form: FileFormat) -> npt.NDArray[np.int64]:
    """How many fields each line of a block has."""
    lines = lines_of(block)
    delimiter = form.delimiter.encode()
    if form.escape is not None and form.escape.encode() in block:
        escape = form.escape.encode()
        found = [
            len(split_escaped(block[start:end].rstrip(b"\r\n"), delimiter, escape))
            for start, end in zip(lines.starts.tolist(), lines.ends.tolist(), strict=True)
        ]
        return np.array(found, dtype=np.int64)
    places = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord(delimiter))
    holders = np.searchsorted(lines.ends, places, side="right")
    return np.bincount(holders, minlength=len(lines.ends)).astype(np.int64) + 1
