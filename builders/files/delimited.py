"""Delimited text: Hive's Ctrl-A files, CSV and TSV.

A block of whole lines goes through Arrow's parser at once. Lines that it would read otherwise than
this house means them (a lone carriage return, a blank line, an escape, bytes that are no UTF-8) are
found before by looking for single bytes, and read one by one, as are those that it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from builders.files.batches import (
    LONGEST_VALUE,
    NOT_UTF8,
    RawBatch,
    RowFault,
    merged,
    numbers,
)
from builders.files.formats import FileFormat, RawColumn
from builders.files.lines import UTF8_MARK
from builders.files.names import shown_raw
from builders.files.nested import TextValue, divided, escaped_value, split_escaped
from builders.files.quoted import MALFORMED, Records, fields_of, lines_of, records_of

Mask = npt.NDArray[np.bool_]
Fields = list[bytes | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """How records become columns: the columns in the file's order, and which of them to deliver."""

    form: FileFormat
    columns: tuple[RawColumn, ...]
    wanted: tuple[int, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns to deliver, as Arrow."""
        chosen = [self.columns[place] for place in self.wanted]
        return pa.schema([pa.field(column.name, column.text_type) for column in chosen])


@dataclass(slots=True)
class Counts:
    """What a file's lines were, as far as it was read.

    `beyond_ascii` counts blocks or lines with letters beyond ASCII that are sound UTF-8.
    """

    rows: int = 0
    blank: int = 0
    not_utf8: int = 0
    beyond_ascii: int = 0
    crlf: bool = False


def read_blocks(blocks: Iterator[bytes], layout: Layout, counts: Counts) -> Iterator[RawBatch]:
    """The rows of blocks of whole lines, a batch for each block that has any."""
    carried = b""
    for block in blocks:
        data = carried + block
        records = _records(data, layout.form, last=False)
        carried = data[records.used :]
        if records.used:
            yield _batch(data[: records.used], records, layout, counts)
    if carried:
        yield _batch(carried, _records(carried, layout.form, last=True), layout, counts)


def first_fields(data: bytes, form: FileFormat) -> tuple[list[str], int]:
    """The fields of the first record that is not blank, and where the record after it begins."""
    data = data[: LONGEST_VALUE + 1]
    records = _records(data, form, last=True)
    for start, end in zip(records.starts.tolist(), records.ends.tolist(), strict=True):
        record = _without_end(data[start:end])
        if record:
            fields = _fields(record, form) or []
            texts = [(one or b"").decode("utf-8", "backslashreplace") for one in fields]
            return texts, end
    return [], len(data)


def _records(data: bytes, form: FileFormat, *, last: bool) -> Records:
    if form.quote is None:
        return lines_of(data)
    return records_of(
        data, delimiter=form.delimiter, quote=form.quote, escape=form.escape, last=last
    )


def _batch(data: bytes, records: Records, layout: Layout, counts: Counts) -> RawBatch:
    blank = _blank(data, records)
    slow = records.odd | _suspect(data, records, layout.form, counts)
    if blank.any():
        if layout.form.kind == "text":
            slow = slow | blank
        else:
            counts.blank += int(blank.sum())
            data, records, slow = _kept(data, records, ~blank, slow)
    first = counts.rows + 1
    counts.rows += len(records.ends)
    table, refused = _parsed(_joined(data, records, ~slow), int((~slow).sum()), layout)
    quick = np.flatnonzero(~slow)
    one_by_one = np.concatenate([np.flatnonzero(slow), quick[refused]])
    quick = np.delete(quick, refused)
    read, read_at, faults = _one_by_one(data, records, np.sort(one_by_one), layout, first)
    rows, places = merged(table, quick, read, read_at)
    if not faults and len(places) == len(records.ends):
        return RawBatch(rows, numbers(first, len(places)))
    return RawBatch(rows, pa.array(places + first, pa.int64()), tuple(faults))


def _blank(data: bytes, records: Records) -> Mask:
    lengths = records.ends - records.starts
    view = np.frombuffer(data, dtype=np.uint8)
    blank: Mask = (lengths == 1) & (view[records.starts] == 10)
    short = np.flatnonzero(lengths == 2)
    starts = records.starts[short]
    blank[short] = (view[starts] == 13) & (view[starts + 1] == 10)
    return blank


def _suspect(data: bytes, records: Records, form: FileFormat, counts: Counts) -> Mask:
    """The records that Arrow's parser would not read as they are meant."""
    suspect: Mask = records.ends - records.starts > LONGEST_VALUE
    view = np.frombuffer(data, dtype=np.uint8)
    if b"\r" in data:
        counts.crlf = counts.crlf or b"\r\n" in data
        returns = np.flatnonzero(view == 13)
        lone = np.append(view, 0)[returns + 1] != 10
        suspect[np.searchsorted(records.ends, returns[lone], side="right")] = True
    if form.escape is not None and form.escape.encode() in data:
        _mark_escapes(suspect, data, records, form)
    if not data.isascii():
        if _is_utf8(data):
            counts.beyond_ascii += 1
        else:
            suspect |= _not_utf8(data, records, counts)
    # Arrow's parser strips a byte order mark from the head of whatever it is given.
    if data.startswith(UTF8_MARK):
        suspect[0] = True
    return suspect


def _mark_escapes(suspect: Mask, data: bytes, records: Records, form: FileFormat) -> None:
    """Mark the records with an escape that is not just the null mark as a whole field."""
    view = np.frombuffer(data, dtype=np.uint8)
    escapes = np.flatnonzero(view == ord(form.escape or ""))
    if form.null == f"{form.escape}N":
        around = np.concatenate([np.array([10], np.uint8), view, np.array([10, 10, 10], np.uint8)])
        ends = (ord(form.delimiter), 10, 13)
        whole = np.isin(around[escapes], ends[:2]) & (around[escapes + 2] == ord("N"))
        escapes = escapes[~(whole & np.isin(around[escapes + 3], ends))]
    suspect[np.searchsorted(records.ends, escapes, side="right")] = True


def _is_utf8(data: bytes) -> bool:
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(data)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _not_utf8(data: bytes, records: Records, counts: Counts) -> Mask:
    view = np.frombuffer(data, dtype=np.uint8)
    found: Mask = np.zeros(len(records.ends), dtype=np.bool_)
    holders = np.unique(np.searchsorted(records.ends, np.flatnonzero(view >= 0x80), side="right"))
    for place in holders.tolist():
        try:
            data[records.starts[place] : records.ends[place]].decode()
        except UnicodeDecodeError:
            found[place] = True
    counts.not_utf8 += int(found.sum())
    counts.beyond_ascii += len(holders) - int(found.sum())
    return found


def _kept(data: bytes, records: Records, keep: Mask, slow: Mask) -> tuple[bytes, Records, Mask]:
    """The block without the records that `keep` leaves out."""
    joined = _joined(data, records, keep)
    ends = np.cumsum((records.ends - records.starts)[keep])
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
    return joined, Records(starts, ends, records.odd[keep], len(joined)), slow[keep]


def _joined(data: bytes, records: Records, keep: Mask) -> bytes:
    if keep.all():
        return data
    # Runs of neighbours are copied whole.
    edges = np.flatnonzero(np.diff(keep.astype(np.int8), prepend=0, append=0))
    runs = zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
    starts, ends = records.starts, records.ends
    return b"".join(data[starts[first] : ends[beyond - 1]] for first, beyond in runs)


def _parsed(data: bytes, count: int, layout: Layout) -> tuple[pa.RecordBatch, list[int]]:
    """The rows of clean records by Arrow's parser, and the places of those it refuses."""
    form = layout.form
    if not count:
        return pa.RecordBatch.from_pylist([], schema=layout.schema), []
    refused: list[int] = []

    def note(row: csv.InvalidRow) -> str:
        refused.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(len(layout.columns))]
    wanted = [names[place] for place in layout.wanted]
    table = csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(
            column_names=names, block_size=len(data) + 1, use_threads=False
        ),
        parse_options=csv.ParseOptions(
            delimiter=form.delimiter,
            quote_char=form.quote or False,
            escape_char=False,
            newlines_in_values=form.quote is not None,
            ignore_empty_lines=False,
            invalid_row_handler=note,
        ),
        convert_options=csv.ConvertOptions(
            check_utf8=False,
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, pa.string()),
            null_values=[form.null],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    if table.num_rows + len(refused) != count:
        # It saw other lines than we did; one by one they are read as we saw them.
        return pa.RecordBatch.from_pylist([], schema=layout.schema), list(range(count))
    columns = [
        divided(_whole(table.column(name)), layout.columns[place], form)
        for name, place in zip(wanted, layout.wanted, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=layout.schema), refused


def _whole(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _one_by_one(
    data: bytes, records: Records, places: npt.NDArray[np.int64], layout: Layout, first: int
) -> tuple[pa.RecordBatch, npt.NDArray[np.int64], list[RowFault]]:
    """The rows of the records at `places`, where they are, and the faults of those unreadable."""
    rows: list[list[TextValue]] = []
    read: list[int] = []
    faults: list[RowFault] = []
    for place in places.tolist():
        record = data[records.starts[place] : records.ends[place]]
        values = _values(_without_end(record), layout, first + place)
        if isinstance(values, RowFault):
            faults.append(values)
        else:
            rows.append(values)
            read.append(place)
    chosen = [layout.columns[place] for place in layout.wanted]
    columns = [
        _column([row[place] for row in rows], column, layout.form)
        for place, column in enumerate(chosen)
    ]
    batch = pa.RecordBatch.from_arrays(columns, schema=layout.schema)
    return batch, np.array(read, dtype=np.int64), faults


def _values(record: bytes, layout: Layout, row: int) -> list[TextValue] | RowFault:
    form = layout.form
    if len(record) > LONGEST_VALUE:
        reason = f"more than {LONGEST_VALUE} bytes in one line"
        return RowFault(row, "", shown_raw(record), reason)
    fields = _fields(record, form)
    if fields is None:
        return RowFault(row, "", shown_raw(record), MALFORMED)
    if len(fields) != len(layout.columns):
        return RowFault(row, "", shown_raw(record), _count_reason(len(fields), layout))
    values: list[TextValue] = []
    for place in layout.wanted:
        column, field_bytes = layout.columns[place], fields[place]
        try:
            text = None if field_bytes is None else field_bytes.decode()
        except UnicodeDecodeError:
            return RowFault(row, column.name, shown_raw(field_bytes or b""), NOT_UTF8)
        if text is not None and form.quote is None and form.escape is not None:
            values.append(escaped_value(text, column, form))
        else:
            values.append(text)
    return values


def _count_reason(found: int, layout: Layout) -> str:
    declared = len(layout.columns)
    if found > declared:
        cause = "a delimiter inside a text makes columns too many"
    else:
        cause = "a line end inside a text divides a row so"
    return f"{found} columns where {declared} are expected; {cause}"


def _fields(record: bytes, form: FileFormat) -> Fields | None:
    delimiter, null = form.delimiter.encode(), form.null.encode()
    if form.quote is not None:
        return fields_of(
            record, delimiter=form.delimiter, quote=form.quote, escape=form.escape, null=null
        )
    if form.escape is not None:
        parts = split_escaped(record, delimiter, form.escape.encode())
    else:
        parts = record.split(delimiter)
    return [None if part == null else part for part in parts]


def _column(values: list[TextValue], column: RawColumn, form: FileFormat) -> pa.Array:
    if form.quote is None and form.escape is not None:
        return pa.array(values, type=column.text_type)
    return divided(pa.array(values, type=pa.string()), column, form)


def _without_end(record: bytes) -> bytes:
    return record.removesuffix(b"\n").removesuffix(b"\r")
