"""Parquet and ORC: rows with types of their own, checksums verified, texts checked to be UTF-8."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builders.files.batches import LONGEST_VALUE, NOT_UTF8, RawBatch, RowFault, Source, numbers
from builders.files.codecs import refuse_foreign, sniff
from builders.files.formats import FileFormat
from builders.files.listing import ExtractFile
from builders.files.names import shown_raw, shown_text
from builders.files.orc_apart import schema_and_rows, stripes
from graph.errors import ExtractError

_HIVE_PLACE = re.compile(r"_col(\d+)")
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")


@contextmanager
def open_parquet(file: ExtractFile, form: FileFormat, rows: int) -> Iterator[Source]:
    """A Parquet file as a source of rows; checksums of pages are verified where they were written.

    Raises:
        ExtractError: the file is no whole Parquet file.
    """
    _expect(file, "parquet", "Parquet")
    with pq.ParquetFile(
        file.path, page_checksum_verification=True, coerce_int96_timestamp_unit="us"
    ) as opened:
        stored = opened.schema_arrow

        def batches(wanted: tuple[int, ...]) -> Iterator[RawBatch]:
            taken = pa.schema([stored.field(place) for place in wanted])
            parts = opened.iter_batches(batch_size=rows, columns=taken.names)
            yield from _numbered(parts, taken, opened.metadata.num_rows)

        yield Source(delivered(stored), batches)


@contextmanager
def open_orc(file: ExtractFile, form: FileFormat, rows: int) -> Iterator[Source]:
    """An ORC file as a source of rows, a stripe held at a time.

    Hive once wrote `_col0`, `_col1`... in place of names; the declared columns then name them.

    Raises:
        ExtractError: the file is no whole ORC file.
    """
    _expect(file, "orc", "ORC")
    stored, promised = schema_and_rows(file.path)
    names, notes = _hive_names(stored, form)

    def batches(wanted: tuple[int, ...]) -> Iterator[RawBatch]:
        taken = pa.schema([stored.field(place) for place in wanted])
        parts = (
            stripe.slice(start, rows)
            for stripe in stripes(file.path, taken.names)
            for start in range(0, stripe.num_rows, rows)
        )
        for batch in _numbered(parts, taken, promised):
            named = batch.rows.rename_columns([names[place] for place in wanted])
            yield RawBatch(named, batch.numbers, batch.faults, batch.notes)

    schema = pa.schema([delivered(stored).field(i).with_name(name) for i, name in enumerate(names)])
    yield Source(schema, batches, notes)


def delivered(stored: pa.Schema) -> pa.Schema:
    """The columns as they are delivered: every kind of text or bytes as strings, the rest as is."""
    return pa.schema([pa.field(one.name, _delivered(one.type)) for one in stored])


def _delivered(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _delivered(kind.value_type)
    if any(is_one(kind) for is_one in _TEXT_KINDS) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_map(kind):
        return pa.map_(_delivered(kind.key_type), _delivered(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(_delivered(kind.value_type))
    return kind


_TEXT_KINDS = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
)


def _numbered(
    parts: Iterator[pa.RecordBatch], taken: pa.Schema, expected: int
) -> Iterator[RawBatch]:
    """The rows with their numbers, those with unreadable values apart, and their count checked."""
    first = 1
    for part in parts:
        yield _checked(part.select(taken.names), first)
        first += part.num_rows
    if first - 1 != expected:
        message = f"its footer says {expected} rows, and {first - 1} could be read; copy it again"
        raise ExtractError(message)
    if not expected:
        nothing = pa.RecordBatch.from_pylist([], schema=delivered(taken))
        yield RawBatch(nothing, numbers(1, 0), (), ("no rows",))


def _checked(part: pa.RecordBatch, first: int) -> RawBatch:
    bad = np.zeros(part.num_rows, dtype=np.bool_)
    faults: list[RowFault] = []
    part = pa.RecordBatch.from_arrays([_own(column) for column in part.columns], schema=part.schema)
    for name, column in zip(part.schema.names, part.columns, strict=True):
        for place, reason in _faulty(column):
            if not bad[place]:
                raw = _raw_of(column.slice(place, 1))
                faults.append(RowFault(first + place, name, raw, reason))
            bad[place] = True
    kept = part.filter(pa.array(~bad)) if faults else part
    schema = delivered(part.schema)
    arrays = [
        column if column.type == one.type else column.cast(one.type)
        for column, one in zip(kept.columns, schema, strict=True)
    ]
    rows = pa.RecordBatch.from_arrays(arrays, schema=schema)
    if not faults:
        return RawBatch(rows, numbers(first, part.num_rows))
    found = pa.array(np.flatnonzero(~bad) + first, pa.int64())
    return RawBatch(rows, found, tuple(sorted(faults, key=lambda fault: fault.row)))


def _own(column: pa.Array) -> pa.Array:
    """The column without what other rows left beneath a slice of lists, where that is no text."""
    if not pa.types.is_nested(column.type) or not _holds_text(column.type) or _is_sound(column):
        return column
    return column.take(pa.array(range(len(column)), pa.int64()))


def _faulty(column: pa.Array) -> Iterator[tuple[int, str]]:
    """The places of values that are no text or too long, each with the reason."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if any(is_one(column.type) for is_one in _TEXT_KINDS):
        long = pc.greater(pc.binary_length(column), LONGEST_VALUE)
        if pc.any(long).as_py():
            for place in np.flatnonzero(pc.fill_null(long, False).to_numpy(False)).tolist():
                yield place, f"more than {LONGEST_VALUE} bytes in one value"
    if _holds_text(column.type):
        for place in _not_utf8(column, 0):
            yield place, NOT_UTF8


def _holds_text(kind: pa.DataType) -> bool:
    if any(is_one(kind) for is_one in _TEXT_KINDS) or pa.types.is_dictionary(kind):
        return True
    inside = [kind.field(place).type for place in range(kind.num_fields)]
    return any(_holds_text(one) for one in inside)


def _not_utf8(column: pa.Array, first: int) -> Iterator[int]:
    """The places of values that are not UTF-8, found by halving."""
    if _is_sound(column):
        return
    if len(column) == 1:
        yield first
        return
    # A slice keeps the whole of what lies under it, a copy by place does not.
    half = len(column) // 2
    yield from _not_utf8(column.take(pa.array(range(half), pa.int64())), first)
    yield from _not_utf8(column.take(pa.array(range(half, len(column)), pa.int64())), first + half)


def _is_sound(column: pa.Array) -> bool:
    try:
        target = _delivered(column.type)
        (column if column.type == target else column.cast(target)).validate(full=True)
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return False
    return True


def _raw_of(value: pa.Array) -> str:
    if pa.types.is_dictionary(value.type):
        value = value.dictionary_decode()
    if any(is_one(value.type) for is_one in _TEXT_KINDS):
        raw = value.cast(pa.large_binary())[0].as_py()
        return shown_raw(raw or b"")
    return f"a value of type {value.type}"


def _expect(file: ExtractFile, container: str, called: str) -> None:
    if not file.bytes:
        message = f"it has no bytes, and even an empty {called} file has a footer; copy it again"
        raise ExtractError(message)
    sniffed = sniff(file.path)
    refuse_foreign(sniffed)
    if sniffed.container != container:
        found = sniffed.container or sniffed.codec or "text or another format"
        message = f"it is declared as {called} and is none (it looks like {found}); was it cut off?"
        raise ExtractError(message)
    if file.path.suffix.lower() in _TEXT_SUFFIXES:
        message = (
            f"it is a {called} file named `{shown_text(file.path.suffix)}`; name it for what it is"
        )
        raise ExtractError(message)


def _hive_names(stored: pa.Schema, form: FileFormat) -> tuple[list[str], list[str]]:
    places = [_HIVE_PLACE.fullmatch(name) for name in stored.names]
    if not form.columns or not all(
        found and int(found.group(1)) == place for place, found in enumerate(places)
    ):
        return list(stored.names), []
    declared = [column.name for column in form.columns]
    names = declared[: len(places)] + stored.names[len(declared) :]
    return names, ["its columns have Hive's numbers for names; the declared order names them"]
