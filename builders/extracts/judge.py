"""What becomes of each file, by the reports of all: decided in reading order, whoever read them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from builders.extracts.file_report import Failure, FileReport
from builders.extracts.one_file import fits, known_columns
from builders.extracts.spec import Rules, TableSpec
from builders.extracts.survey import Work
from graph.errors import ConfigError, ExtractError
from graph.schema import Schema

_MOST_QUARANTINED = 1_000_000


@dataclass(slots=True)
class Types:
    """The kind of id that each model column of a table had in the first file that had it."""

    seen: dict[str, tuple[pa.DataType, str]] = field(default_factory=dict)

    def agree(self, found: Mapping[str, pa.DataType], file: str) -> list[str]:
        """Remember the types of ids, and note widths that differ.

        Raises:
            ExtractError: ids are text in one file and numbers in another.
        """
        notes: list[str] = []
        for name, kind in found.items():
            before, where = self.seen.setdefault(name, (kind, file))
            if _is_number(kind) != _is_number(before):
                message = (
                    f"`{name}` is {kind} here and {before} in {where}: 00123 and 123 could not be"
                    " told apart; write one type in all files"
                )
                raise ExtractError(message)
            if kind != before and _is_number(kind):
                notes.append(f"`{name}` is {kind} here and {before} in {where}; read as text")
        return notes


class Judge:
    """Gives every file that waits its status, tally and notes.

    A file is judged by its own report and by what the files before it were, so reports that come in
    another order wait for those before them. Only whether a mapping fits any file at all is asked
    of later files too.
    """

    def __init__(self, works: Sequence[Work], model: Schema, rules: Rules) -> None:
        """Nothing is heard yet; `works` are in reading order."""
        self._works = works
        self._model = model
        self._rules = rules
        self._waiting = deque(work for work in works if work.status == "waiting")
        self._reports: dict[int, FileReport] = {}
        self._types: dict[str, Types] = {}
        self._fitted: set[str] = set()
        self._read = 0
        self._quarantined = 0

    @property
    def waiting(self) -> Work | None:
        """The first file that is not judged yet."""
        return self._waiting[0] if self._waiting else None

    @property
    def hopeless(self) -> bool:
        """Whether so many rows are quarantined that no further file counts."""
        allowed = max(_MOST_QUARANTINED, self._rules.quarantine_share * self._read)
        return self._quarantined > allowed

    def hear(self, reports: Iterable[FileReport]) -> None:
        """Take reports, and judge the files whose turn it is.

        Raises:
            ConfigError: a table's mapping fits none of its files.
        """
        self._reports |= {report.file: report for report in reports}
        while self._waiting:
            work = self._waiting[0]
            if self.hopeless:
                work.leave("skipped", "not read: too many rows were quarantined before it")
            elif work.number in self._reports:
                self._judge(work, self._reports[work.number])
            else:
                return
            self._waiting.popleft()

    def _judge(self, work: Work, report: FileReport) -> None:
        work.tally = report.tally
        fault = None if report.failure is None else report.failure.fault
        work.changed, work.unread = fault == "changed", fault == "unreadable"
        try:
            self._agree(work, report)
        except ExtractError as error:
            work.leave("rejected", str(error))
        else:
            if report.failure is not None:
                self._blame(work, report.failure)
            else:
                work.status = "read" if work.tally.whole_rows else "empty"
        self._read += work.tally.read
        if work.status == "read":
            self._quarantined += work.tally.quarantined
            if work.tally.read:
                self._fitted.add(work.table.name)

    def _agree(self, work: Work, report: FileReport) -> None:
        """Hold the file's ids against those of earlier files, with notes where they were met."""
        types = self._types.setdefault(work.table.name, Types())
        notes = work.tally.notes
        added = 0
        for kinds in report.kinds:
            place = kinds.notes + added
            try:
                found = types.agree(kinds.types, work.file.name)
            except ExtractError:
                # What was read and noted after these ids is of no more interest.
                work.tally.read = kinds.read
                del notes[place:]
                raise
            fresh = [note for note in found if note not in notes]
            notes[place:place] = fresh
            added += len(fresh)

    def _blame(self, work: Work, failure: Failure) -> None:
        """Reject the file, or raise where not the file is at fault but the mapping."""
        if failure.fault == "missing-column" and not self._fits_any(work.table):
            message = f"{failure.message}; no file of the table has it"
            raise ConfigError(message)
        # What suited an earlier file of the table is not the job file's fault.
        if failure.fault == "config" and work.table.name not in self._fitted:
            message = f"{work.file.name}: {failure.message}"
            raise ConfigError(message)
        work.leave("rejected", failure.message)

    def _fits_any(self, table: TableSpec) -> bool:
        """Whether the table's mapping fits some file: else it is the mapping that is wrong."""
        if table.name in self._fitted:
            return True
        own = [work for work in self._works if work.table is table and work.status != "skipped"]
        heard = (self._reports[work.number] for work in own if work.number in self._reports)
        found = any(report.fits for report in heard) or any(
            self._would_fit(work) for work in own if work.number not in self._reports
        )
        if found:
            self._fitted.add(table.name)
        return found

    def _would_fit(self, work: Work) -> bool:
        try:
            known, _ = known_columns(work.file, work.table)
        except ExtractError:
            return False
        return fits(work.table, self._model, known)


def _is_number(kind: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_decimal, pa.types.is_floating)
    return any(test(kind) for test in tests)
