"""A job file to begin with, written from what a profile guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from builders.column_facts import ColumnProfile
from builders.extracts.spec import names_attribute
from builders.files.formats import FileFormat, file_format
from builders.files.names import shown_path, shown_text
from builders.hive.address import HiveAddress

_NEEDED = ("account", "object", "acted_at")
_GUESS_FOR = {
    "account": "account",
    "action": "action",
    "object": "object",
    "acted_at": "time",
    "text": "text",
}
_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HUMP = re.compile(r"([a-z0-9])([A-Z])")
_UNUSUAL = re.compile(r"[^a-z0-9]+")
# Leaves room for a number behind a name that comes twice.
_LONGEST = 50


def job_text(root: Path | HiveAddress, form: FileFormat, columns: Sequence[ColumnProfile]) -> str:
    """The job file as TOML; the needed columns that nothing was found for stand as comments."""
    chosen = {model: _first(columns, guess) for model, guess in _GUESS_FOR.items()}
    lines = [
        "# Suggested from a sample: read it, correct it, then run it.",
        "[[extract.tables]]",
        'name = "interactions"',
        *_place_lines(root, form),
        *_time_lines(chosen["acted_at"]),
        "",
        "[extract.tables.map]",
    ]
    for model, column in chosen.items():
        lines += _map_lines(model, column)
    attributes = [one for one in columns if one.guess in ("device", "ip")]
    if attributes:
        lines += ["", "[extract.tables.attributes]"]
        lines += _attribute_lines(attributes)
    return "\n".join(lines) + "\n"


def _first(columns: Sequence[ColumnProfile], guess: str) -> ColumnProfile | None:
    return next((column for column in columns if column.guess == guess), None)


def _map_lines(model: str, column: ColumnProfile | None) -> Iterator[str]:
    if column is not None:
        yield f"{model} = {_quoted(_expression(column.name))}  # {column.because}"
        for warning in column.warnings:
            yield f"# {shown_text(column.name)}: {warning}"
    elif model in _NEEDED:
        yield f'# {model} = "..."  # needed, and no column looks like it'


def _attribute_lines(columns: Sequence[ColumnProfile]) -> Iterator[str]:
    taken: set[str] = set()
    for column in columns:
        plain = _attribute_name(column)
        again = (f"{plain}_{number}" for number in count(2))
        name = plain if plain not in taken else next(one for one in again if one not in taken)
        taken.add(name)
        yield f"{name} = {_quoted(_expression(column.name))}"


def _attribute_name(column: ColumnProfile) -> str:
    """The column's name in the form that attributes have, else what the column seems to be."""
    parted = _HUMP.sub(r"\1_\2", column.name).lower()
    name = _UNUSUAL.sub("_", parted).strip("_")
    return name if names_attribute(name) and len(name) <= _LONGEST else column.guess


def _time_lines(column: ColumnProfile | None) -> Iterator[str]:
    if column is None or not column.unit:
        return
    yield f"time_unit = {_quoted(column.unit)}"
    if any("time_zone" in warning for warning in column.warnings):
        yield '# time_zone = "UTC"  # its times name no zone: say which'


def _place_lines(root: Path | HiveAddress, form: FileFormat) -> Iterator[str]:
    if isinstance(root, HiveAddress):
        # How it is written stands in its catalogue, partition by partition.
        yield from (f"{key} = {_quoted(value)}" for key, value in root.keys.items())
        return
    yield f"path = {_quoted(shown_path(root.absolute()))}"
    yield from _format_lines(form)


def _format_lines(form: FileFormat) -> Iterator[str]:
    yield f"format = {_quoted(form.kind)}"
    usual = file_format(form.kind, columns=form.columns) if form.columns else None
    usual = usual or (file_format(form.kind) if form.kind != "text" else form)
    for name in ("delimiter", "null", "item_delimiter", "key_delimiter", "quote", "escape"):
        given = getattr(form, name)
        if given != getattr(usual, name):
            yield f"{name} = {_quoted(given or '')}"
    if form.header != usual.header:
        yield f"header = {str(form.header).lower()}"
    if form.columns:
        columns = [
            f"{{ name = {_quoted(one.name)}, type = {_quoted(one.type)} }}" for one in form.columns
        ]
        yield "columns = [\n    " + ",\n    ".join(columns) + ",\n]"


def _expression(name: str) -> str:
    """A column's name as SQL: in double quotes unless it is a plain word."""
    return name if _BARE.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
