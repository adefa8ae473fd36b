"""JSON Lines: one object a row, every text byte for byte, ids always text."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from review.export.lines import Text, joined, mended, slices, text_of, write_text
from review.export.sheet import Sheet, Written

_ESCAPED = r'["\\\x00-\x1f]'


def write_jsonl(sheet: Sheet, out: BinaryIO) -> Written:
    """Write one object a line, keys in the schema's order; null is `null`.

    JSON has no infinity and no not-a-number: they leave as `null` and are counted.
    """
    rows = unwritable = 0
    for batch in slices(sheet.batches):
        parts: list[Text | str] = []
        for place, name in enumerate(sheet.schema.names):
            value, count = _value(batch[name])
            parts += [f"{',' if place else '{'}{json.dumps(name)}:", value]
            unwritable += count
        write_text(out, joined(*parts, "}\n"))
        rows += batch.num_rows
    return Written(rows=rows, changed={"numbers left null": unwritable} if unwritable else {})


def _value(column: pa.Array) -> tuple[Text, int]:
    unwritable = 0
    text = text_of(column)
    if pa.types.is_string(column.type):
        text = joined('"', mended(text, _ESCAPED, _inside_quotes), '"')
    elif pa.types.is_floating(column.type):
        finite = pc.is_finite(column)
        unwritable = pc.sum(pc.invert(finite), min_count=0).as_py()
        text = pc.if_else(finite, text, pa.scalar(None, pa.large_string()))
    return pc.fill_null(text, "null"), unwritable


def _inside_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
