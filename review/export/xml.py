r"""Text inside XML 1.0, so that it reads back exactly, and the names of types.

XML cannot hold most control characters, not even escaped. They are written as `\u0000`, and a
backslash that only looks like the start of such an escape as `\u005C`; `text_as_it_was` undoes
both. Any other text stays as it is.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import ColumnType
from review.export.lines import Text, mended, text_of

XML_TYPES: dict[ColumnType, str] = {
    "VARCHAR": "string",
    "BIGINT": "long",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
}
"""What GraphML and GEXF call the types of columns."""

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\\\\(?=u[0-9A-F]{4})")
# RE2 has no look-ahead: it finds every cell that may need mending, the line above decides.
_MAY_BE_FORBIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]|\\u[0-9A-F]{4}"
_WRITTEN = re.compile(r"\\u([0-9A-F]{4})")
# Readers turn raw line ends and tabs of an attribute into spaces; references survive.
_REFERENCES = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ('"', "&quot;"),
    ("\t", "&#9;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
)
_NEEDS_REFERENCE = '[&<>"\t\n\r]'


def xml_text(column: pa.Array) -> tuple[Text, int]:
    """The column as escaped text for elements and attributes, and how many cells changed.

    A cell that only needed `&amp;` and its like has not changed: every reader undoes those.
    """
    text = text_of(column)
    if not pa.types.is_string(column.type):
        return text, 0
    kept = mended(text, _MAY_BE_FORBIDDEN, without_forbidden)
    changed = 0 if kept is text else pc.sum(pc.not_equal(kept, text), min_count=0).as_py()
    needs = pc.match_substring_regex(kept, _NEEDS_REFERENCE)
    if pc.any(needs, min_count=0).as_py():
        for character, reference in _REFERENCES:
            kept = pc.replace_substring(kept, character, reference)
    return kept, changed


def without_forbidden(text: str) -> str:
    r"""The text with what XML 1.0 forbids as `\uXXXX`."""
    return _FORBIDDEN.sub(lambda found: f"\\u{ord(found[0]):04X}", text)


def text_as_it_was(text: str) -> str:
    """The text that an id or attribute read back from GraphML or GEXF stands for."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), text)
