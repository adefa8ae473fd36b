"""All files' rows into the engine, read wherever it computes, with the judgement of each file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from builders.extracts.arriving import arriving_schema
from builders.extracts.file_reader import ABOUT, FileReader, FileTask, unread
from builders.extracts.file_report import FileReport
from builders.extracts.judge import Judge
from builders.extracts.spec import Rules
from builders.extracts.spreading import spread_over_files
from builders.extracts.survey import Work
from graph.engine import Engine
from graph.schema import Schema
from graph.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a reading has come: files and bytes done of all, rows read so far.

    Rows are known while files are read in this process; elsewhere, when all files are done.
    """

    file: str
    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rows_read: int


@dataclass(frozen=True, slots=True)
class Done:
    """What the files read so far add up to; `rows` are those of files still being read too."""

    files: int = 0
    bytes: int = 0
    rows: int = 0


@dataclass(slots=True, kw_only=True)
class Stream:
    """Files on their way into an engine; it hears the reader where that reads in this process."""

    engine: Engine
    model: Schema
    rules: Rules
    works: Sequence[Work]
    now_ms: int
    by_day: bool
    progress: Callable[[Progress], None] | None = None
    _judge: Judge = field(init=False)
    _tasks: tuple[FileTask, ...] = field(init=False)
    _bytes: int = field(init=False)
    _done: Done = field(default_factory=Done)
    _rows_before: int = 0

    def __post_init__(self) -> None:
        """Line up the files that wait."""
        self._judge = Judge(self.works, self.model, self.rules)
        self._tasks = tuple(
            FileTask(work.number, work.table.name, work.file)
            for work in self.works
            if work.status == "waiting"
        )
        self._bytes = sum(task.file.bytes for task in self._tasks)

    def load(self) -> Table:
        """Read every waiting file, and judge it; what arrived (`arriving_schema`).

        Rows of files that do not count are among them.

        Raises:
            ConfigError: a table's mapping fits none of its files.
        """
        reader = FileReader(
            model=self.model,
            tables={work.table.name: work.table for work in self.works},
            rules=self.rules,
            now_ms=self.now_ms,
            by_day=self.by_day,
            here=self,
        )
        rows, left_out = spread_over_files(
            self.engine,
            self._tasks,
            reader,
            arriving_schema(self.model),
            about=ABOUT,
            done=self._finished,
        )
        try:
            self._hear_rest(rows, left_out)
        except BaseException:
            self.engine.drop(rows)
            raise
        return rows

    @property
    def evaluator(self) -> Engine:
        """What runs the job file's expressions in this process."""
        return self.engine

    @property
    def wanted(self) -> bool:
        """Whether further files are to be read at all."""
        return not self._judge.hopeless

    def hear(self, task: FileTask, rows_read: int) -> None:
        """Rows of a file have been read in this process."""
        self._done = replace(self._done, rows=self._rows_before + rows_read)
        self._report(task.file.name)

    def close(self, report: FileReport) -> None:
        """A file has been read in this process: judge it at once, since its fault may be ours."""
        self._rows_before += report.tally.read
        self._judge.hear((report,))

    def _finished(self, task: FileTask) -> None:
        done = self._done
        self._done = Done(done.files + 1, done.bytes + task.file.bytes, done.rows)
        self._report("")

    def _hear_rest(self, rows: Table, left_out: Mapping[int, str]) -> None:
        """Judge the files that were read elsewhere, or could not be brought there."""
        if self._judge.waiting is None:
            return
        found = self.engine.query("select _report from {rows} where _report is not null", rows=rows)
        reports = [FileReport.of_text(text) for text in found["_report"].to_pylist()]
        reports += [unread(self._tasks[place], why) for place, why in left_out.items()]
        self._judge.hear(reports)
        lost = self._judge.waiting
        if lost is not None:
            message = f"internal error: no report of {lost.file.name} came back"
            raise RuntimeError(message)
        self._done = replace(self._done, rows=sum(report.tally.read for report in reports))
        self._report("")

    def _report(self, file: str) -> None:
        if self.progress is None:
            return
        self.progress(
            Progress(
                file=file,
                files_done=self._done.files,
                files=len(self._tasks),
                bytes_done=self._done.bytes,
                bytes=self._bytes,
                rows_read=self._done.rows,
            )
        )
