"""Opening a delimited text file: its columns, by declaration or by header, and its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import pyarrow as pa

from builders.files.batches import RawBatch, Source, numbers
from builders.files.delimited import Counts, Layout, first_fields, read_blocks
from builders.files.formats import FileFormat, RawColumn
from builders.files.lines import text_chunks, whole_lines
from builders.files.listing import ExtractFile
from builders.files.names import listed
from builders.files.older import columns_then
from graph.errors import ExtractError

_MANY_NOT_UTF8 = 20


@contextmanager
def open_delimited(file: ExtractFile, form: FileFormat) -> Iterator[Source]:
    """A delimited text file as a source of rows.

    A first line that holds just the declared names, in any order, is a header whether the format
    says so or not, and columns are then taken by name. Where the format has a header and declares
    columns, a first line without any declared name is data.

    Raises:
        ExtractError: the file is no such text, or its header names a column twice.
    """
    notes: list[str] = []
    blocks = whole_lines(text_chunks(file, notes))
    first = next(blocks, b"")
    columns, begin = _header(first, form, notes)
    if not begin:
        columns = columns_then(file, form, first, notes)
    rest = chain([first[begin:]] if first[begin:] else [], blocks)

    def batches(wanted: tuple[int, ...]) -> Iterator[RawBatch]:
        layout = Layout(form, columns, wanted)
        counts = Counts()
        yield from read_blocks(rest, layout, counts)
        _refuse_other_alphabet(counts)
        notes.extend(_remarks(counts))
        if not counts.rows and not any(note.startswith("the file is empty") for note in notes):
            notes.append("no rows beside the header" if begin else "no rows")
        nothing = pa.RecordBatch.from_pylist([], schema=layout.schema)
        yield RawBatch(nothing, numbers(1, 0), (), tuple(notes))

    yield Source(Layout(form, columns, tuple(range(len(columns)))).schema, batches)


def _header(first: bytes, form: FileFormat, notes: list[str]) -> tuple[tuple[RawColumn, ...], int]:
    """The columns in the file's order, and where the data begin."""
    fields, beyond = first_fields(first, form)
    declared = {column.name: column for column in form.columns}
    named = set(fields) & set(declared)
    exact = bool(declared) and sorted(fields) == sorted(declared)
    if not exact and (not form.header or not fields):
        return form.columns, 0
    if declared and not named and not _differs_in_case(fields, declared):
        notes.append("no header: the columns are taken in the declared order")
        return form.columns, 0
    twice = sorted({name for name in fields if fields.count(name) > 1})
    if twice:
        message = f"its header names {listed(twice)} twice; each column needs a name of its own"
        raise ExtractError(message)
    if exact and not form.header:
        notes.append("the first line holds the columns' names and was taken as a header")
    by_lower = {name.lower(): column for name, column in declared.items()}
    columns = []
    for name in fields:
        known = declared.get(name) or by_lower.get(name.lower())
        columns.append(RawColumn(name=name, type=known.type if known else "string"))
    return tuple(columns), beyond


def _differs_in_case(fields: list[str], declared: dict[str, RawColumn]) -> bool:
    return bool({name.lower() for name in fields} & {name.lower() for name in declared})


def _refuse_other_alphabet(counts: Counts) -> None:
    if counts.not_utf8 >= _MANY_NOT_UTF8 and not counts.beyond_ascii:
        message = (
            f"none of its letters beyond ASCII ({counts.not_utf8} lines) is UTF-8: it is Latin-1 or"
            " another 8-bit encoding; convert it to UTF-8"
        )
        raise ExtractError(message)


def _remarks(counts: Counts) -> Iterator[str]:
    if counts.blank:
        yield f"{counts.blank} blank lines are no rows"
    if counts.crlf:
        yield "lines end in CR LF; the CR was stripped"
