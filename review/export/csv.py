"""CSV that a spreadsheet opens without running anything.

Lines, quotes and line ends follow RFC 4180. A text cell that a spreadsheet would take for a
formula gets a `'` before it (OWASP ASVS 5.0, 1.2.10); numbers are never touched. Taking one `'`
away again gives the text exactly: `cell_as_it_was`.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from review.export.lines import Text, joined, slices, text_of, write_text
from review.export.sheet import Sheet, Written

# Blanks before the sign are skipped by some spreadsheets. Marks that stand there already are
# part of the rule, or `'=1` and `=1` would leave as the same cell.
_FORMULA = "^'*[ \u00a0\u2000-\u200b\u3000\ufeff]*[=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20]"
_AS_FORMULA = re.compile(_FORMULA)
# Not only what RFC 4180 asks: a spreadsheet may cut at semicolons and tabs, and trim blanks.
_QUOTED = '[",;\t\r\n]|^ | $|^$'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def write_csv(sheet: Sheet, out: BinaryIO, *, bom: bool = False) -> Written:
    """Write the rows under a header; a null is an empty cell, an empty text is `""`.

    Args:
        sheet: the rows.
        out: where to; bytes in UTF-8.
        bom: begin with a byte order mark, which some spreadsheets need to read UTF-8.
    """
    rows = guarded = 0
    out.write(_BYTE_ORDER_MARK if bom else b"")
    out.write((",".join(sheet.schema.names) + "\r\n").encode())
    for batch in slices(sheet.batches):
        cells: list[Text | str] = []
        for name in sheet.schema.names:
            cell, count = _cell(batch[name])
            cells += [cell, ","]
            guarded += count
        write_text(out, joined(*cells[:-1], "\r\n"))
        rows += batch.num_rows
    return Written(rows=rows, changed={"cells marked as text": guarded} if guarded else {})


def cell_as_it_was(cell: str) -> str:
    """The text that a cell of a written CSV stands for."""
    return cell[1:] if cell.startswith("'") and _AS_FORMULA.match(cell[1:]) else cell


def _cell(column: pa.Array) -> tuple[Text, int]:
    text = text_of(column)
    if not pa.types.is_string(column.type):
        return pc.fill_null(text, ""), 0
    formula = pc.match_substring_regex(text, _FORMULA)
    guarded = pc.sum(formula, min_count=0).as_py()
    if guarded:
        text = pc.if_else(formula, joined("'", text), text)
    quoted = pc.match_substring_regex(text, _QUOTED)
    if pc.any(quoted, min_count=0).as_py():
        text = pc.if_else(quoted, joined('"', pc.replace_substring(text, '"', '""'), '"'), text)
    return pc.fill_null(text, ""), guarded
