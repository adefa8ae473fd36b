"""JSON lines: one object a line, numbers kept as the text they are written in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

import numpy as np
import pyarrow as pa

from builders.files.batches import LONGEST_VALUE, NOT_UTF8, RawBatch, RowFault, Source, numbers
from builders.files.formats import FileFormat, RawColumn
from builders.files.lines import text_chunks, whole_lines
from builders.files.listing import ExtractFile
from builders.files.names import shown_raw, shown_text
from graph.errors import ExtractError

JsonValue = object
Value = list[str | None] | list[tuple[str, str | None]] | None

_SNIFFED_LINES = 1000


class _Number(str):
    """A JSON number as it is written: 1e5, 9007199254740993 and 1.0 stay what they are."""

    __slots__ = ()


class _BadLine(ValueError):
    """A line that is no object, or an object whose values do not fit the columns."""


@contextmanager
def open_json_lines(file: ExtractFile, form: FileFormat) -> Iterator[Source]:
    """A file of JSON lines as a source of rows.

    The columns are those declared; without any, the keys of the first thousand lines, where a key
    that holds only arrays is a list and one that holds only objects a map.

    Raises:
        ExtractError: the file is no text, or begins as one JSON array.
    """
    notes: list[str] = []
    blocks = whole_lines(text_chunks(file, notes))
    first = next(blocks, b"")
    if first.lstrip()[:1] == b"[":
        message = "it is one JSON array, not one object a line; write a line for each element"
        raise ExtractError(message)
    columns = form.columns or _sniffed(first)
    rest = chain([first], blocks)

    def batches(wanted: tuple[int, ...]) -> Iterator[RawBatch]:
        chosen = tuple(columns[place] for place in wanted)
        row, blank = 0, 0
        for block in rest:
            lines = block.split(b"\n")
            kept = [line for line in lines if line.strip()]
            blank += max(len(lines) - 1 - len(kept), 0)
            yield _batch(kept, chosen, row + 1)
            row += len(kept)
        if blank:
            notes.append(f"{blank} blank lines are no rows")
        if not row and not notes:
            notes.append("no rows")
        nothing = pa.RecordBatch.from_pylist([], schema=_schema(chosen))
        yield RawBatch(nothing, numbers(1, 0), (), tuple(notes))

    yield Source(_schema(columns), batches)


def _schema(columns: tuple[RawColumn, ...]) -> pa.Schema:
    return pa.schema([pa.field(column.name, column.text_type) for column in columns])


def _batch(lines: list[bytes], columns: tuple[RawColumn, ...], first: int) -> RawBatch:
    objects: list[dict[str, JsonValue]] = []
    rows: list[int] = []
    faults: list[RowFault] = []
    for row, line in enumerate(lines, first):
        found = _parsed(line, row)
        if isinstance(found, RowFault):
            faults.append(found)
        else:
            objects.append(found)
            rows.append(row)
    arrays = [_column(objects, column, rows, faults) for column in columns]
    batch = pa.RecordBatch.from_arrays(arrays, schema=_schema(columns))
    return _without(batch, rows, faults)


def _without(batch: pa.RecordBatch, rows: list[int], faults: list[RowFault]) -> RawBatch:
    """The rows without those that a column found faulty; each faulty row keeps its first fault."""
    by_row: dict[int, RowFault] = {}
    for fault in faults:
        by_row.setdefault(fault.row, fault)
    found = np.array(rows, dtype=np.int64)
    sound = ~np.isin(found, np.array(list(by_row), dtype=np.int64))
    if not sound.all():
        batch, found = batch.filter(pa.array(sound)), found[sound]
    return RawBatch(batch, pa.array(found), tuple(by_row[row] for row in sorted(by_row)))


def _parsed(line: bytes, row: int) -> dict[str, JsonValue] | RowFault:
    if len(line) > LONGEST_VALUE:
        reason = f"more than {LONGEST_VALUE} bytes in one line"
        return RowFault(row, "", shown_raw(line), reason)
    try:
        return _object(line.decode())
    except UnicodeDecodeError:
        return RowFault(row, "", shown_raw(line), NOT_UTF8)
    except (ValueError, RecursionError) as error:
        return RowFault(row, "", shown_raw(line), _why(error))


def _column(
    objects: list[dict[str, JsonValue]],
    column: RawColumn,
    rows: list[int],
    faults: list[RowFault],
) -> pa.Array:
    """The column's values; those of another shape are null and added to `faults`."""
    name = column.name
    given = [found.get(name) for found in objects]
    if column.shape == "scalar":
        try:
            return pa.array(given, type=pa.string())
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            return pa.array([_text(value) for value in given], type=pa.string())
    values: list[Value] = []
    for row, value in zip(rows, given, strict=True):
        try:
            values.append(_divided(value, column))
        except _BadLine as error:
            values.append(None)
            faults.append(RowFault(row, name, shown_text(_text(value) or ""), str(error)))
    return pa.array(values, type=column.text_type)


def _object(text: str) -> dict[str, JsonValue]:
    begin = 0 if text.startswith("{") else len(text) - len(text.lstrip())
    found, end = _DECODER.raw_decode(text, begin)
    if type(found) is not dict:
        message = "a line that is no JSON object"
        raise _BadLine(message)
    if end != len(text) and text[end:].strip():
        message = "something follows the object on its line"
        raise _BadLine(message)
    # Half of a surrogate pair, written as an escape, is no character of any encoding.
    if "\\u" in text:
        _refuse_half_characters(found)
    return found


def _refuse_half_characters(found: JsonValue) -> None:
    try:
        (_text(found) or "").encode()
    except UnicodeEncodeError:
        message = "an escape that is half a character (a lone surrogate)"
        raise _BadLine(message) from None


def _divided(value: JsonValue, column: RawColumn) -> Value:
    if value is None:
        return None
    if column.shape == "list" and isinstance(value, list):
        return [_text(item) for item in value]
    if column.shape == "map" and isinstance(value, dict):
        return [(key, _text(item)) for key, item in value.items()]
    message = f"`{column.type}` is declared and a value of another shape stands there"
    raise _BadLine(message)


def _text(value: JsonValue) -> str | None:
    """A value as text: strings and numbers as they are, nested values as compact JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value)
    return _json(value)


def _json(value: JsonValue) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        inside = ",".join(f"{_json(key)}:{_json(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{','.join(_json(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


def _pairs(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key that stands twice in one object"
        raise _BadLine(message)
    return found


def _constant(name: str) -> JsonValue:
    message = f"`{name}`, which is no JSON number"
    raise _BadLine(message)


def _why(error: Exception) -> str:
    if isinstance(error, _BadLine):
        return str(error)
    if isinstance(error, RecursionError):
        return "objects nested too deep"
    return f"not one JSON object: {shown_text(str(error))}"


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_constant, object_pairs_hook=_pairs
)


def _sniffed(first: bytes) -> tuple[RawColumn, ...]:
    shapes: dict[str, set[str]] = {}
    for line in first.split(b"\n")[:_SNIFFED_LINES]:
        try:
            found = _object(line.decode())
        except (ValueError, RecursionError):
            continue
        for key, value in found.items():
            shapes.setdefault(key, set()).update(_shape(value))
    types = {"list": "array<string>", "map": "map<string,string>"}
    return tuple(
        RawColumn(name=key, type=types.get("".join(seen), "string") if len(seen) == 1 else "string")
        for key, seen in shapes.items()
    )


def _shape(value: JsonValue) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list):
        return ("list",)
    return ("map",) if isinstance(value, dict) else ("scalar",)
