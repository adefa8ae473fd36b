"""What a file's format is: its kind, its columns, and how its text is divided."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import pyarrow as pa

from graph.errors import ConfigError

FormatKind = Literal["parquet", "orc", "text", "csv", "tsv", "jsonl"]
Shape = Literal["scalar", "list", "map"]

_SCALARS = (
    "string|varchar|char|text|bigint|int|integer|smallint|tinyint|double|float|boolean"
    "|timestamp|date|decimal|binary"
)
_SIZED = rf"(?:{_SCALARS})(?:\(\d+(?:,\d+)?\))?"
_TYPE = re.compile(rf"(?:{_SIZED}|array<{_SIZED}>|map<{_SIZED},{_SIZED}>)")
_SPELLINGS = {
    "ctrl-a": "\x01",
    "ctrl-b": "\x02",
    "ctrl-c": "\x03",
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "pipe": "|",
    "semicolon": ";",
}
_SPELLED_BYTE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u00([0-9a-fA-F]{2})|([0-3][0-7]{2}))")
_DEFAULTS: dict[str, dict[str, Any]] = {
    "parquet": {},
    "orc": {},
    "text": {"delimiter": "\x01"},
    "csv": {"delimiter": ",", "quote": '"', "header": True},
    "tsv": {"delimiter": "\t", "header": True},
    "jsonl": {},
}
_NAMES_FOR_KIND = {
    "hive": "text",
    "textfile": "text",
    "json": "jsonl",
    "ndjson": "jsonl",
    "pq": "parquet",
}
_KIND_WORDS: dict[type, str] = {str: "a text such as `\\N`", bool: "true or false"}
_DIVIDED = ("text", "csv", "tsv")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawColumn:
    """A column as the extract declares it.

    `type` is a Hive type: `string`, `bigint`, `array<string>`, `map<string,string>`... Text formats
    deliver every scalar as text whatever its type, so that no id passes through a number; the type
    only says whether a field is divided into a list or a map.
    """

    name: str
    type: str = "string"

    @property
    def shape(self) -> Shape:
        """Whether a value is one scalar, a list of scalars or a map of scalars."""
        if self.type.startswith("array<"):
            return "list"
        return "map" if self.type.startswith("map<") else "scalar"

    @property
    def text_type(self) -> pa.DataType:
        """The Arrow type in which text formats deliver the column."""
        return {
            "scalar": pa.string(),
            "list": pa.list_(pa.string()),
            "map": pa.map_(pa.string(), pa.string()),
        }[self.shape]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How files of one table are written; made by `file_format`, which knows the defaults.

    `columns` are the columns in the order of the file: needed for `text`, and for `csv` and `tsv`
    without a header; the keys to take of `jsonl`. `quote` None leaves a quote an ordinary
    character; `escape` None leaves a backslash one. `null` is the whole field that stands for null.
    `may_be_older` is no setting: a Hive catalogue told the columns of the table and not those of
    the file's partition, which may have been written before the last were added.
    """

    kind: FormatKind
    columns: tuple[RawColumn, ...] = ()
    delimiter: str = "\x01"
    null: str = r"\N"
    item_delimiter: str = "\x02"
    key_delimiter: str = "\x03"
    header: bool = False
    quote: str | None = None
    escape: str | None = None
    may_be_older: bool = False

    @property
    def divided(self) -> bool:
        """Whether the file is lines divided by a delimiter."""
        return self.kind in _DIVIDED


def file_format(kind: str, **settings: object) -> FileFormat:
    r"""The format called `kind`, with its defaults where `settings` say nothing.

    `text` is Hive's: Ctrl-A between fields, Ctrl-B between items, Ctrl-C after a key, `\N` for
    null. `csv` has commas, RFC 4180 quotes and a header; `tsv` tabs and a header. `columns` is
    `["account", ...]`, `{account = "bigint", ...}` or a list of `{name, type}`. Delimiters may be
    spelled `ctrl-a`, `tab`, `\001`, `\x01`.

    Raises:
        ConfigError: no such kind, setting or column type (the nearest one is named), columns are
            lacking, or two settings contradict each other.
    """
    known = _kind(kind)
    for name in settings:
        if name not in _SETTINGS:
            message = f"a file format has no setting `{name}`; {_nearest(name, _SETTINGS)}"
            raise ConfigError(message)
    values: dict[str, Any] = {**_DEFAULTS[known], **settings}
    for name in ("delimiter", "item_delimiter", "key_delimiter", "quote", "escape"):
        if name in values:
            values[name] = _mark(name, values[name])
    for name, kind_of in (("null", str), ("header", bool)):
        if not isinstance(values.get(name, kind_of()), kind_of):
            message = f"`{name}` is {_KIND_WORDS[kind_of]}, not {values[name]!r}"
            raise ConfigError(message)
    values["columns"] = tuple(_columns(values.get("columns", ())))
    return _checked(FileFormat(kind=known, **values))


_NO_SETTINGS = ("kind", "may_be_older")
_SETTINGS = tuple(
    field.name for field in dataclasses.fields(FileFormat) if field.name not in _NO_SETTINGS
)


def _kind(kind: str) -> FormatKind:
    lowered = kind.strip().lower()
    known: Any = _NAMES_FOR_KIND.get(lowered, lowered)
    if known not in get_args(FormatKind):
        message = f"no file format `{kind}`; {_nearest(lowered, get_args(FormatKind))}"
        raise ConfigError(message)
    found: FormatKind = known
    return found


def _nearest(name: str, known: Iterable[str]) -> str:
    choices = list(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    if close:
        return f"did you mean `{close[0]}`?"
    return "there are " + ", ".join(f"`{choice}`" for choice in choices)


def _mark(setting: str, given: object) -> str | None:
    if given in (None, "", False) and setting in ("quote", "escape"):
        return None
    text = given if isinstance(given, str) else ""
    spelled = _SPELLED_BYTE.fullmatch(text)
    if spelled:
        hexadecimal, short, octal = spelled.groups()
        text = chr(int(octal, 8) if octal else int(hexadecimal or short, 16))
    text = _SPELLINGS.get(text.lower(), text)
    if len(text) != 1 or not 0 < ord(text) < 128 or text in "\r\n":
        message = f"`{setting}` is one ASCII character such as `tab` or `\\001`, not {given!r}"
        raise ConfigError(message)
    return text


def _columns(given: object) -> Iterable[RawColumn]:
    if isinstance(given, Mapping):
        given = [{"name": name, "type": kind} for name, kind in given.items()]
    if isinstance(given, str) or not isinstance(given, Iterable):
        message = f'`columns` is a list such as ["account", "object"], not {given!r}'
        raise ConfigError(message)
    for one in given:
        yield _column(one)


def _column(given: object) -> RawColumn:
    if isinstance(given, RawColumn):
        name, kind = given.name, given.type
    elif isinstance(given, Mapping) and "name" in given and set(given) <= {"name", "type"}:
        name, kind = str(given["name"]), str(given.get("type", "string"))
    elif isinstance(given, str):
        name, kind = given, "string"
    else:
        message = f"a column is a name or `{{name, type}}`, not {given!r}"
        raise ConfigError(message)
    kind = re.sub(r"\s+", "", kind).lower()
    if not _TYPE.fullmatch(kind):
        message = (
            f"column `{name}` has the type `{kind}`; there are `string`, `bigint`, `double`,"
            " `boolean`, `array<string>`, `map<string,string>` and the like, one level deep"
        )
        raise ConfigError(message)
    return RawColumn(name=name, type=kind)


def _checked(made: FileFormat) -> FileFormat:
    names = [column.name.lower() for column in made.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"`columns` names {', '.join(f'`{name}`' for name in twice)} twice"
        raise ConfigError(message)
    if not names and (made.kind == "text" or (made.divided and not made.header)):
        message = (
            f"`{made.kind}` without a header does not say what its columns are;"
            ' declare them in the order of the file: columns = ["account", ...]'
        )
        raise ConfigError(message)
    if made.divided:
        _check_marks(made)
    return made


def _check_marks(made: FileFormat) -> None:
    marks = {
        "delimiter": made.delimiter,
        "quote": made.quote,
        "escape": made.escape,
    }
    if any(column.shape != "scalar" for column in made.columns):
        marks["item_delimiter"] = made.item_delimiter
    if any(column.shape == "map" for column in made.columns):
        marks["key_delimiter"] = made.key_delimiter
    seen: dict[str, str] = {}
    for name, mark in marks.items():
        if mark is None:
            continue
        if mark in seen:
            message = f"`{name}` and `{seen[mark]}` are both {mark!r}; one must differ"
            raise ConfigError(message)
        seen[mark] = name
    if any(mark in made.null for mark in ("\n", "\r", made.delimiter, made.quote or "\n")):
        message = f"`null` is a whole field and cannot hold a delimiter or quote: {made.null!r}"
        raise ConfigError(message)
