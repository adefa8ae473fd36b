r"""From a Hive storage descriptor to a file format: SerDe, delimiters, column types.

Parameters as `LazySimpleSerDe` of Hive 2.3.10 reads them (`LazySerDeParameters.getByte`): a
delimiter that is a number is the byte of that number (`1` is Ctrl-A), else its first character
counts. Hive 2 spells one key `colelction.delim`, Hive 3 mended it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from builders.files.formats import FileFormat, file_format
from builders.files.names import shown_text
from builders.hive.table import HiveColumn, HiveTable, Storage
from graph.errors import ConfigError, ExtractError

_PARQUET = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "parquet.hive.DeprecatedParquetInputFormat",
    "parquet.hive.MapredParquetInputFormat",
)
_ORC = ("org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",)
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat",)
_LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_READ = "Parquet, ORC and delimited text (LazySimpleSerDe) are read"
_KEYS = {
    "delimiter": (("field.delim", "serialization.format"), "\x01"),
    "item_delimiter": (("collection.delim", "colelction.delim"), "\x02"),
    "key_delimiter": (("mapkey.delim",), "\x03"),
}
_SMALL = re.compile(r"[+-]?\d{1,3}")
_SPARK_PROVIDER = "spark.sql.sources.provider"


def stored_as(
    table: HiveTable,
    storage: Storage,
    parameters: Mapping[str, str],
    *,
    of: str,
    own_columns: bool = True,
) -> tuple[FileFormat, list[str]]:
    """The format of files that are stored so, and notes on what is not as the catalogue has it.

    Args:
        table: the table.
        storage: the table's storage, or one partition's.
        parameters: the table's parameters, a partition's own before them.
        of: the table or partition, for messages.
        own_columns: whether the storage's columns are those of what is stored so (`HivePartition`).

    Raises:
        ExtractError: an input format or SerDe that is not read, named; a setting that is not.
    """
    provider = table.parameters.get(_SPARK_PROVIDER, "hive").lower()
    kind = _kind(storage, provider, of)
    if kind != "text":
        return _columnar(kind, storage.columns), []
    columns, notes = _text_columns(storage.columns, of)
    settings = _text_settings(storage.parameters, parameters, of)
    try:
        form = file_format("text", columns=columns, **settings)
    except ConfigError as error:
        message = f"{of} is delimited in a way that is not read: {error}"
        raise ExtractError(message) from error
    return dataclasses.replace(form, may_be_older=not own_columns), notes


def _kind(storage: Storage, provider: str, of: str) -> str:
    if provider in ("parquet", "orc"):
        return provider
    if provider != "hive":
        message = (
            f"{of} was written by Spark as `{shown_text(provider)}`, and of Spark's own tables"
            " parquet and orc are read; name its folder as `path` and say its `format`"
        )
        raise ExtractError(message)
    if storage.input_format in _PARQUET:
        return "parquet"
    if storage.input_format in _ORC:
        return "orc"
    if storage.input_format not in _TEXT:
        message = (
            f"{of} has the input format `{shown_text(storage.input_format)}` (SerDe"
            f" `{shown_text(storage.serde)}`); {_READ}: copy it into such a table"
        )
        raise ExtractError(message)
    if storage.serde != _LAZY:
        message = (
            f"{of} is text of the SerDe `{shown_text(storage.serde)}`; {_READ}: copy it into such"
            " a table, or name its folder as `path` and say its `format`"
        )
        raise ExtractError(message)
    return "text"


def _columnar(kind: str, columns: Sequence[HiveColumn]) -> FileFormat:
    # Parquet and ORC know their types; the names are for ORC files that call columns `_col0`.
    return file_format(kind, columns=[column.name for column in columns])


def _text_columns(columns: Sequence[HiveColumn], of: str) -> tuple[list[dict[str, str]], list[str]]:
    """Columns with the types that text is divided by, and notes on those that it is not."""
    found: list[dict[str, str]] = []
    notes: list[str] = []
    for column in columns:
        declared = {"name": column.name, "type": column.type}
        if not _is_known(declared):
            notes.append(
                f"{of}: `{shown_text(column.name)}` is `{shown_text(column.type)}` and is read as"
                " one text, not divided"
            )
            declared = {"name": column.name, "type": "string"}
        found.append(declared)
    return found, notes


def _is_known(declared: dict[str, str]) -> bool:
    try:
        file_format("jsonl", columns=[declared])
    except ConfigError:
        return False
    return True


def _text_settings(
    serde: Mapping[str, str], parameters: Mapping[str, str], of: str
) -> dict[str, object]:
    settings: dict[str, object] = {
        name: _mark(serde, keys, usual, of) for name, (keys, usual) in _KEYS.items()
    }
    settings["null"] = serde.get("serialization.null.format", r"\N")
    if serde.get("escape.delim"):
        settings["escape"] = _mark(serde, ("escape.delim",), "\\", of)
    _refuse_other_lines(serde, of)
    settings["header"] = _has_header(parameters, of)
    return settings


def _mark(serde: Mapping[str, str], keys: Sequence[str], usual: str, of: str) -> str:
    """A delimiter as one character."""
    given = next((serde[key] for key in keys if serde.get(key)), None)
    if given is None:
        return usual
    found = int(given) if _SMALL.fullmatch(given) else ord(given[0])
    if not 0 < found < 128:
        message = (
            f"{of} is delimited by `{shown_text(given)}` (`{keys[0]}`), which is no ASCII"
            " character; rewrite it with another"
        )
        raise ExtractError(message)
    return chr(found)


def _refuse_other_lines(serde: Mapping[str, str], of: str) -> None:
    line = serde.get("line.delim", "\n")
    if line not in ("\n", "10"):
        message = f"{of} ends its lines with `{shown_text(line)}`, and only line feeds are read"
        raise ExtractError(message)
    encoding = serde.get("serialization.encoding", "UTF-8")
    if encoding.upper() not in ("UTF-8", "UTF8", "US-ASCII"):
        message = f"{of} is encoded as `{shown_text(encoding)}`, and only UTF-8 is read; convert it"
        raise ExtractError(message)


def _has_header(parameters: Mapping[str, str], of: str) -> bool:
    counts = {}
    for name in ("skip.header.line.count", "skip.footer.line.count"):
        given = parameters.get(name, "0").strip() or "0"
        counts[name] = int(given) if given.isdecimal() else -1
    header, footer = counts.values()
    if header not in (0, 1) or footer:
        message = (
            f"{of} skips {header} lines at the head and {footer} at the end of each file, and at"
            " most one header line is read; rewrite it without them"
        )
        raise ExtractError(message)
    return header == 1
