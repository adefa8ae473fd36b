"""How an extract is told on the command line: its columns, and how its files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from graph.errors import ConfigError

Account = Annotated[
    str | None, typer.Option(help="The column of who acted; a column may also be a SQL expression.")
]
Object = Annotated[str | None, typer.Option(help="The column of what was acted on.")]
Time = Annotated[str | None, typer.Option(help="The column of when.")]
Action = Annotated[
    str | None, typer.Option(help="The column of what was done; without it, all did the same.")
]
Text = Annotated[str | None, typer.Option(help="The column of the post's words.")]
Content = Annotated[
    str | None, typer.Option(help="The column of the id of the post that the account made.")
]
ObjectKind = Annotated[
    str | None,
    typer.Option(
        help="The column of the kind of object; one kind for all in quotes, as \"'link'\"."
    ),
]
Owner = Annotated[
    str | None, typer.Option(help="The column of the account that the object belongs to.")
]
Platform = Annotated[str | None, typer.Option(help="The column of the platform.")]
Attribute = Annotated[
    list[str] | None,
    typer.Option(
        help="One more column to keep, NAME=COLUMN, as device=device_id; may be repeated."
    ),
]
Accounts = Annotated[
    Path | None,
    typer.Option(help="A file of accounts: account, and what there is of name, created_at ..."),
]
CreatedAt = Annotated[
    str | None,
    typer.Option(help="The column of when the account of a row was made, without `--accounts`."),
]
TimeUnit = Annotated[
    str | None,
    typer.Option(
        help="The unit of times: s, ms, us, ns, iso or a format with %; else told by a sample."
    ),
]
TimeZone = Annotated[
    str | None, typer.Option(help="The zone of times that name none, as Europe/Berlin.")
]
Format = Annotated[
    str | None,
    typer.Option(
        help="How files are written: parquet, orc, text, csv, tsv, jsonl; else they show it."
    ),
]
Columns = Annotated[
    str | None, typer.Option(help="The columns of files without a header, comma separated.")
]
Delimiter = Annotated[str | None, typer.Option(help="What divides fields, as tab, `;` or ctrl-a.")]
Where = Annotated[
    str | None,
    typer.Option(help="SQL over partition columns: files for which it does not hold stay shut."),
]
RowWhere = Annotated[
    str | None,
    typer.Option(help="SQL over columns: rows for which it does not hold are no interactions."),
]
QuarantineShare = Annotated[
    float | None,
    typer.Option(help="The share of rows, 0 to 1, that may be unusable without a refusal."),
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detector", help="Run this detector alone; may be repeated."),
]


def given(told: Mapping[str, str | None]) -> dict[str, str]:
    """The columns and settings that the command line gives, without those that it does not."""
    return {name: value for name, value in told.items() if value is not None}


def attributes(given: Sequence[str]) -> dict[str, str]:
    """`--attribute device=device_id` as name and column.

    Raises:
        ConfigError: one is not NAME=COLUMN.
    """
    found: dict[str, str] = {}
    for one in given:
        name, equals, source = one.partition("=")
        if not equals or not name or not source:
            message = f"`--attribute` is NAME=COLUMN, such as device=device_id, not `{one}`"
            raise ConfigError(message)
        found[name] = source
    return found


def refuse_columns(path: Path, given: Mapping[str, object]) -> None:
    """A job file says its own columns: one that is told beside it would be passed over.

    Raises:
        ConfigError: one is told all the same.
    """
    for name, value in given.items():
        if value:
            flag = {"acted_at": "--time"}.get(name, "--" + name.replace("_", "-"))
            message = f"`{flag}` goes with an extract, not with a job file: write it in `{path}`"
            raise ConfigError(message)
