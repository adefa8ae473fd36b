"""Lists and maps as Hive writes them into one field of a text."""

from __future__ import annotations

import re
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from builders.files.formats import FileFormat, RawColumn

TextValue = str | list[str | None] | list[tuple[str, str | None]] | None


def divided(fields: pa.StringArray, column: RawColumn, form: FileFormat) -> pa.Array:
    """Whole fields as the values of a column: text, a list of texts, or a map of texts.

    An empty field is an empty list or map; an item that is the null mark is null; a map's entry
    without a key delimiter is a key whose value is null.
    """
    if column.shape == "scalar":
        return fields
    lists = pc.split_pattern(fields, form.item_delimiter)
    empty = pc.fill_null(pc.equal(fields, ""), False)
    if pc.any(empty).as_py():
        lists = pc.if_else(empty, pa.scalar([], lists.type), lists)
    offsets, items = lists.offsets, lists.values
    if lists.null_count:
        # Arrow wants the nulls in the offsets where keys and values come without a mask.
        offsets = _with_nulls(offsets, lists.is_null())
    if column.shape == "list":
        return pa.ListArray.from_arrays(offsets, _nulled(items, form.null))
    pairs = pc.split_pattern(items, form.key_delimiter, max_splits=1)
    parts = pc.list_slice(pairs, 0, 2, return_fixed_size_list=True).values
    keys, values = parts.take(_every_other(parts, 0)), parts.take(_every_other(parts, 1))
    return pa.MapArray.from_arrays(offsets, keys, _nulled(values, form.null))


def escaped_value(field: str, column: RawColumn, form: FileFormat) -> TextValue:
    r"""One field in which `escape` takes the meaning from the character behind it, as in Hive.

    `\n` and `\r` behind the escape are the line ends that could not stand in a line; any other
    character is itself. The null mark is looked for before the escapes are taken away.
    """
    if field == form.null:
        return None
    if column.shape == "scalar" or not form.escape:
        return _unescaped(field, form.escape)
    if not field:
        return []
    items = _split(field, form.item_delimiter, form.escape)
    if column.shape == "list":
        return [None if item == form.null else _unescaped(item, form.escape) for item in items]
    return [_entry(item, form) for item in items]


def _entry(item: str, form: FileFormat) -> tuple[str, str | None]:
    key, *rest = _split(item, form.key_delimiter, form.escape or "", at_most=1)
    value = None if not rest or rest[0] == form.null else _unescaped(rest[0], form.escape)
    return _unescaped(key, form.escape), value


def split_escaped(line: bytes, delimiter: bytes, escape: bytes) -> list[bytes]:
    """A line's fields, still escaped: an escaped delimiter divides nothing."""
    field = _field(delimiter, escape)
    found: list[bytes] = []
    place = 0
    while place <= len(line):
        match = field.match(line, place)
        end = match.end() if match else len(line)
        found.append(line[place:end])
        place = end + 1
    return found


@cache
def _field(delimiter: bytes, escape: bytes) -> re.Pattern[bytes]:
    d, e = re.escape(delimiter), re.escape(escape)
    return re.compile(rb"[^%b%b]*+(?:%b.?[^%b%b]*+)*+" % (d, e, e, d, e), re.DOTALL)


def _split(text: str, delimiter: str, escape: str, at_most: int = 0) -> list[str]:
    raw = split_escaped(text.encode(), delimiter.encode(), escape.encode())
    if at_most and len(raw) > at_most + 1:
        raw = [*raw[:at_most], delimiter.encode().join(raw[at_most:])]
    return [part.decode() for part in raw]


def _unescaped(text: str, escape: str | None) -> str:
    if not escape or escape not in text:
        return text
    return _escaped(escape).sub(lambda found: _LINE_ENDS.get(found[1], found[1]), text)


@cache
def _escaped(escape: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(escape)}(.)", re.DOTALL)


_LINE_ENDS = {"n": "\n", "r": "\r"}


def _nulled(items: pa.StringArray, null: str) -> pa.StringArray:
    marked = pc.fill_null(pc.equal(items, null), False)
    return pc.if_else(marked, pa.scalar(None, pa.string()), items)


def _with_nulls(offsets: pa.Int32Array, missing: pa.BooleanArray) -> pa.Int32Array:
    beyond = pa.concat_arrays([missing, pa.array([False])])
    return pc.if_else(beyond, pa.scalar(None, pa.int32()), offsets)


def _every_other(parts: pa.Array, first: int) -> pa.Array:
    return pa.array(range(first, len(parts), 2), pa.int64())
