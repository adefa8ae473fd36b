"""Read an extract: many tables of many files become one checked table of interactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builders.extracts.ledger import (
    check_quarantine,
    entries,
    reading_table,
    taken_for_older,
    too_much,
)
from builders.extracts.quarantine import SetAside
from builders.extracts.settle import counted_files, settled
from builders.extracts.spec import ExtractSpec, Rules, TableSpec
from builders.extracts.stream import Progress, Stream
from builders.extracts.survey import Survey, survey
from graph.engine import Engine
from graph.errors import BudgetExceeded
from graph.schema import Schema
from graph.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, and what became of every row.

    Attributes:
        rows: the checked rows, of the schema that was read for.
        files: every file with its counts (`READING`).
        quarantine: every row that was set aside (`QUARANTINE`).
        notes: what a person should know of the extract as a whole.
        fingerprint: a digest of the input: names, sizes and contents of all files read.
    """

    rows: Table
    files: Table
    quarantine: Table
    notes: tuple[str, ...]
    fingerprint: str

    @property
    def interactions(self) -> Table:
        """The rows of an extract (`INTERACTIONS` with its attributes)."""
        return self.rows


class OverBudget(BudgetExceeded):
    """Too much was set aside; `reading` holds what there is, the quarantine above all."""

    def __init__(self, message: str, reading: Reading) -> None:
        """The message, and the reading as it stands."""
        super().__init__(message)
        self.reading = reading


def read_extract(
    engine: Engine,
    spec: ExtractSpec,
    *,
    progress: Callable[[Progress], None] | None = None,
    now_ms: int | None = None,
    surveyed: Survey | None = None,
) -> Reading:
    """The interactions of an extract, with the accounts of every file.

    Every row read is used, deduplicated, quarantined, or in a rejected file. Of rows that are
    equal the one that stands first by table, file name and row is used. `now_ms` (the clock by
    default) says which times are in the future.

    Args:
        engine: holds the tables.
        spec: what to read, and by which rules.
        progress: hears how it goes.
        now_ms: the time after which a time is in the future, ms since 1970 UTC.
        surveyed: what a survey of `spec.tables` found before, for one that named something after
            it; else they are surveyed here, and a file that changes or is lost meanwhile is only
            rejected.

    Raises:
        FileChanged: a file is not what the given survey found.
        FileUnreadable: a file that the given survey found is not handed over any more.
        OverBudget: more rows are quarantined or more files rejected than the rules allow.
        ExtractError: a path cannot be listed, or holds nothing.
        ConfigError: a mapping, unit or filter does not fit the tables.
    """
    return read_tables(
        engine,
        spec.tables,
        spec.schema,
        spec,
        by_day=True,
        progress=progress,
        now_ms=now_ms,
        surveyed=surveyed,
    )


def read_tables(
    engine: Engine,
    tables: Sequence[TableSpec],
    model: Schema,
    rules: Rules,
    *,
    by_day: bool,
    progress: Callable[[Progress], None] | None,
    now_ms: int | None,
    surveyed: Survey | None = None,
) -> Reading:
    """Read `tables` into one table of `model`; `by_day` holds times against partition days."""
    found = surveyed or survey(engine, tables)
    stream = Stream(
        engine=engine,
        model=model,
        rules=rules,
        works=found.works,
        now_ms=time.time_ns() // 1_000_000 if now_ms is None else now_ms,
        by_day=by_day,
        progress=progress,
    )
    arriving = stream.load()
    if surveyed is not None:
        surveyed.refuse_changed()
    files = counted_files(engine, found.works, model)
    rows, arrived, repeated = settled(arriving, files, found.works, model)
    accounts = entries(found.works, arrived, repeated, kept=rows.count())
    set_aside = SetAside.of(arriving, files)
    check_quarantine(accounts, set_aside.table.count())
    reading = Reading(
        rows=rows,
        files=reading_table(engine, found, accounts),
        quarantine=set_aside.table,
        notes=(*found.notes, *taken_for_older(accounts)),
        fingerprint=found.fingerprint,
    )
    reason = too_much(accounts, rules, set_aside)
    engine.drop(arriving)
    engine.drop(files)
    if reason is not None:
        raise OverBudget(reason, reading)
    return reading
