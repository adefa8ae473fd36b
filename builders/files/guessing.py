"""Guessing how files are written that nobody declared: for a profile, never for a run."""

from __future__ import annotations

from collections.abc import Sequence

from builders.files.codecs import refuse_foreign, sniff
from builders.files.delimited import first_fields
from builders.files.formats import FileFormat, file_format
from builders.files.lines import text_chunks, whole_lines
from builders.files.listing import ExtractFile
from builders.files.names import listed
from graph.errors import ExtractError

_LINES = 200
_DELIMITERS = {"\x01": "Ctrl-A", "\t": "tab", "|": "`|`", ";": "`;`", ",": "comma"}


def guess_format(files: Sequence[ExtractFile]) -> tuple[FileFormat, str]:
    """The format that the first file with content seems to have, and why.

    Raises:
        ExtractError: no file has content, or it is of a format that is not read.
    """
    for file in files:
        if not file.bytes:
            continue
        try:
            sniffed = sniff(file.path)
            refuse_foreign(sniffed)
            if sniffed.container in ("parquet", "orc"):
                return file_format(sniffed.container), f"{file.name} begins and ends as one"
            block = next(whole_lines(text_chunks(file, [])), b"")
        except ExtractError as error:
            message = f"{file.name}: {error}"
            raise ExtractError(message) from None
        if block:
            return _of_text(block, file.name)
    message = "no file has content, so that there is nothing to guess a format by"
    raise ExtractError(message)


def _of_text(block: bytes, name: str) -> tuple[FileFormat, str]:
    lines = [line for line in block.split(b"\n")[:_LINES] if line.strip()]
    if lines and all(line.lstrip().startswith(b"{") for line in lines):
        return file_format("jsonl"), f"every line of {name} begins with a brace"
    delimiter, share = _delimiter(lines)
    why = f"{share:.0%} of the first lines of {name} have equally many of {_DELIMITERS[delimiter]}"
    kind = {"\x01": "text", "\t": "tsv"}.get(delimiter, "csv")
    columns = [f"c{place}" for place in range(1, lines[0].count(delimiter.encode()) + 2)]
    trial = file_format(kind, columns=columns, delimiter=delimiter)
    header, _ = first_fields(block, trial)
    if kind != "text" and _is_header(header):
        return file_format(kind, delimiter=delimiter), f"{why}; its first line names them"
    typed = dict(zip(columns, _types(lines, trial), strict=True))
    settings = {} if kind == "text" else {"header": False}
    found = file_format(kind, columns=typed, delimiter=delimiter, **settings)
    return found, f"{why}; nothing names its columns: {listed(columns[:3])}... are made up"


def _delimiter(lines: Sequence[bytes]) -> tuple[str, float]:
    """The delimiter that stands equally often in most lines; of several, the first listed."""
    best = (",", 0.0)
    for delimiter in _DELIMITERS:
        counts = [line.count(delimiter.encode()) for line in lines]
        usual = max(set(counts), key=lambda count: (counts.count(count), count))
        share = counts.count(usual) / len(counts) if usual else 0.0
        if share > best[1] and (share >= 0.8 or best[1] == 0.0):
            best = (delimiter, share)
            if share >= 0.8:
                break
    return best


def _is_header(fields: Sequence[str]) -> bool:
    named = all(field and not field[0].isdigit() and len(field) <= 64 for field in fields)
    return named and len(set(fields)) == len(fields) and all("\n" not in one for one in fields)


def _types(lines: Sequence[bytes], form: FileFormat) -> list[str]:
    """`array` or `map` for columns in which Hive's inner delimiters stand."""
    fields = [line.split(form.delimiter.encode()) for line in lines]
    types = []
    for place in range(len(form.columns)):
        values = [line[place] for line in fields if place < len(line)]
        if any(form.key_delimiter.encode() in value for value in values):
            types.append("map<string,string>")
        elif any(form.item_delimiter.encode() in value for value in values):
            types.append("array<string>")
        else:
            types.append("string")
    return types
