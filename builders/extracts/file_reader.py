"""Reading one file, wherever an engine computes: the worker that travels to it, and its task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import pyarrow as pa

from builders.extracts.arriving import arriving_schema, faulty_rows, report_row, usable_rows
from builders.extracts.clock import clock_for
from builders.extracts.expressions import MissingColumn
from builders.extracts.file_report import Failure, FileReport
from builders.extracts.one_file import Sieve, Tally, good_rows
from builders.extracts.screen import Screen
from builders.extracts.spec import Rules, TableSpec
from builders.extracts.spreading import About
from builders.files.fetching import at_hand
from builders.files.listing import ExtractFile
from builders.files.unchanged import unchanged
from graph.engine import Evaluator
from graph.engines.expressions import expressions_here
from graph.errors import ConfigError, ExtractError, FileChanged, FileUnreadable
from graph.schema import Schema


@dataclass(frozen=True, slots=True)
class FileTask:
    """A file to read: its number in reading order, and the name of the table it belongs to."""

    number: int
    table: str
    file: ExtractFile


def _file(task: FileTask) -> ExtractFile:
    return task.file


def _with_file(task: FileTask, file: ExtractFile) -> FileTask:
    return replace(task, file=file)


ABOUT = About(_file, _with_file)
"""How a task says which file it is about."""


def unread(task: FileTask, why: str) -> FileReport:
    """The report of a file that could not be brought to where it would have been read."""
    failure = Failure("unreadable", f"{task.file.name}: cannot be read: {why}")
    return FileReport(file=task.number, fits=False, tally=Tally(), kinds=(), failure=failure)


class Here(Protocol):
    """What a reader that has not left the process that made it works with."""

    @property
    def evaluator(self) -> Evaluator:
        """What runs the job file's expressions."""

    @property
    def wanted(self) -> bool:
        """Whether further files are to be read at all."""

    def hear(self, task: FileTask, rows_read: int) -> None:
        """Rows of a file have been read, so many by now."""

    def close(self, report: FileReport) -> None:
        """A file has been read."""


@dataclass(frozen=True, kw_only=True)
class FileReader:
    """Reads a file into rows that arrive (`builders.extracts.arriving`), the report as the last.

    It holds no state of a file and knows no other file, so copies of it may read files in any order
    and in any process. `here` stays behind when it is pickled.

    Attributes:
        model: the columns to fill.
        tables: the tables by name.
        rules: when a row is set aside.
        now_ms: the time after which a time is in the future.
        by_day: whether times are held against the partition's day.
        here: whoever listens in the process that made the reader.
    """

    model: Schema
    tables: Mapping[str, TableSpec]
    rules: Rules
    now_ms: int
    by_day: bool
    here: Here | None = field(default=None, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process."""
        return {**self.__dict__, "here": None}

    def __call__(self, task: FileTask) -> Iterator[pa.RecordBatch]:
        """The rows of a file, a batch at a time."""
        if self.here is not None and not self.here.wanted:
            return
        schema = arriving_schema(self.model)
        sieve = Sieve()
        failures: list[Failure] = []
        for batch in self._rows(task, schema, sieve, failures):
            if self.here is not None:
                self.here.hear(task, sieve.tally.read)
            yield batch
        report = FileReport(
            file=task.number,
            fits=sieve.fits,
            tally=sieve.tally,
            kinds=tuple(sieve.kinds),
            failure=failures[0] if failures else None,
        )
        if self.here is not None:
            self.here.close(report)
        yield report_row(report.text(), schema, task.number)

    def _rows(
        self, task: FileTask, schema: Schema, sieve: Sieve, failures: list[Failure]
    ) -> Iterator[pa.RecordBatch]:
        """Usable and faulty rows; what ends them early is put into `failures`."""
        table = self.tables[task.table]
        evaluator = expressions_here() if self.here is None else self.here.evaluator
        usable = faulty = 0
        try:
            with at_hand(task.file) as file, unchanged(file):
                for columns in good_rows(evaluator, table, file, self._screen(task), sieve):
                    if columns and len(columns["account"]):
                        batch = usable_rows(columns, schema, task.number, usable)
                        usable += batch.num_rows
                        yield batch
                    for faults in sieve.emptied():
                        yield faulty_rows(faults, schema, task.number, faulty)
                        faulty += faults.num_rows
            self._refuse_mixed_units(table, sieve.tally)
        except MissingColumn as error:
            failures.append(Failure("missing-column", str(error)))
        except FileChanged as error:
            failures.append(Failure("changed", str(error)))
        except FileUnreadable as error:
            failures.append(Failure("unreadable", str(error)))
        except ExtractError as error:
            failures.append(Failure("extract", str(error)))
        except ConfigError as error:
            failures.append(Failure("config", str(error)))

    def _screen(self, task: FileTask) -> Screen:
        table = self.tables[task.table]
        start = datetime.combine(self.rules.platform_start, datetime.min.time(), UTC)
        clock = clock_for(
            table,
            dict(task.file.partition) if self.by_day else {},
            start_ms=int(start.timestamp() * 1000),
            end_ms=self.now_ms + 1000 * self.rules.future_seconds + 1,
            late_days=self.rules.late_days,
        )
        return Screen(
            schema=self.model,
            clock=clock,
            sentinel_ids=self.rules.sentinel_ids,
            actions=table.actions,
        )

    def _refuse_mixed_units(self, table: TableSpec, tally: Tally) -> None:
        """Raise if a file's times are in several units: then none of them can be trusted."""
        units = tally.remarks.times.other_units
        wrong = sum(units.values())
        if wrong > self.rules.quarantine_share * tally.read:
            counts = ", ".join(f"{count} in {unit}" for unit, count in sorted(units.items()))
            message = (
                f"its times are not all in the declared `time_unit` (`{table.time_unit}`):"
                f" {counts}, {tally.read - wrong} otherwise; rewrite it in one unit, or declare the"
                " right one"
            )
            raise ExtractError(message)
