"""Tables of accounts, and short lists of known ones (seeds)."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from builders.extracts.faults import Faults
from builders.extracts.read import Reading, read_tables
from builders.extracts.spec import AccountsSpec, TableSpec
from builders.extracts.stream import Progress
from builders.extracts.survey import Survey, survey
from builders.extracts.texts import exact_text, screen_id, screen_null
from builders.files.names import shown_path
from graph.engine import Engine
from graph.errors import ExtractError
from graph.schemas import ACCOUNTS


def read_accounts(
    engine: Engine,
    spec: AccountsSpec,
    *,
    progress: Callable[[Progress], None] | None = None,
    now_ms: int | None = None,
    surveyed: Survey | None = None,
) -> Reading:
    """The accounts of a table (`ACCOUNTS`), one row an account, with the accounting of every file.

    Of several rows of one account the one that stands first by file name and row is used: choose a
    snapshot's partition with `where`. A time of creation is not held against the partition's day.
    `surveyed` is what `survey_accounts` found before, for one that named something after it.

    Raises:
        FileChanged: a file is not what the given survey found.
        FileUnreadable: a file that the given survey found is not handed over any more.
        OverBudget: more rows are quarantined or more files rejected than the rules allow.
        ExtractError: a path cannot be listed, or holds nothing.
        ConfigError: a mapping, unit or filter does not fit the table.
    """
    return read_tables(
        engine,
        (_one_row_an_account(spec),),
        ACCOUNTS,
        spec,
        by_day=False,
        progress=progress,
        now_ms=now_ms,
        surveyed=surveyed,
    )


def survey_accounts(engine: Engine, spec: AccountsSpec) -> Survey:
    """The files that `read_accounts` would read now.

    Raises:
        ExtractError: a path cannot be listed, or holds nothing.
        ConfigError: a filter cannot be understood.
    """
    return survey(engine, (_one_row_an_account(spec),))


def read_account_list(path: Path) -> tuple[str, ...]:
    """The distinct ids of a list, in byte order.

    A `.parquet` file gives its column `account`; a `.csv` its first column, without a first line
    whose first cell is `account`; any other file one id a line.

    Raises:
        ExtractError: the file cannot be read, or a line is no id.
    """
    try:
        ids = _listed(path)
    except (OSError, pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        message = f"{shown_path(path)} cannot be read as a list of accounts: {error}"
        raise ExtractError(message) from error
    faults = Faults(np.arange(1, len(ids) + 1))
    screen_null(ids, "account", faults)
    screen_id(ids, "account", faults)
    if faults.bad.any():
        first = min((row for batch in faults.batches() for row in batch.to_pylist()), key=_row)
        message = (
            f"{shown_path(path)}: {int(faults.bad.sum())} of {len(ids)} are no account ids, the"
            f" first is number {first['row']}, `{first['raw']}`: {first['reason']}"
        )
        raise ExtractError(message)
    return tuple(sorted(set(ids.to_pylist())))


def _one_row_an_account(spec: AccountsSpec) -> TableSpec:
    return dataclasses.replace(spec.table, deduplicate=("account",))


def _row(fault: dict[str, object]) -> int:
    row = fault["row"]
    return row if isinstance(row, int) else 0


def _listed(path: Path) -> pa.Array:
    ending = path.suffix.lower()
    if ending == ".parquet":
        table = pq.ParquetFile(path, page_checksum_verification=True).read()
        if "account" not in table.schema.names:
            message = f"{shown_path(path)} has no column `account`"
            raise ExtractError(message)
        return exact_text(table["account"].combine_chunks(), "account")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        if ending == ".csv":
            rows = [row[0] for row in csv.reader(lines) if row]
            rows = rows[1:] if rows[:1] == ["account"] else rows
        else:
            rows = [line.rstrip("\r\n") for line in lines]
    return pa.array([row for row in rows if row], pa.string())
