"""All files' usable rows as one stream into the engine, with a tally for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from builders.extracts.clock import clock_for
from builders.extracts.expressions import MissingColumn, plan
from builders.extracts.one_file import Types, good_rows
from builders.extracts.screen import Screen
from builders.extracts.settle import rows_schema
from builders.extracts.spec import Rules, TableSpec
from builders.extracts.survey import Work
from builders.files.reading import columns_of
from graph.engine import Engine
from graph.errors import ConfigError, ExtractError
from graph.schema import Schema
from graph.table import Table

_MOST_QUARANTINED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a reading has come: files and bytes done of all, rows read so far."""

    file: str
    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rows_read: int


@dataclass(frozen=True, slots=True)
class Done:
    """What the files read so far add up to."""

    files: int = 0
    bytes: int = 0
    read: int = 0
    quarantined: int = 0

    def after(self, work: Work) -> Done:
        """The sums with one file more."""
        return Done(
            self.files + 1,
            self.bytes + work.file.bytes,
            self.read + work.tally.read,
            self.quarantined + (work.tally.quarantined if work.status == "read" else 0),
        )


@dataclass(slots=True, kw_only=True)
class Stream:
    """Files on their way into an engine."""

    engine: Engine
    model: Schema
    rules: Rules
    works: Sequence[Work]
    now_ms: int
    by_day: bool
    progress: Callable[[Progress], None] | None = None
    types: dict[str, Types] = field(default_factory=dict)
    fitted: set[str] = field(default_factory=set)
    files: int = 0
    bytes: int = 0
    done: Done = field(default_factory=Done)
    failure: BaseException | None = None

    def load(self) -> Table:
        """Read every waiting file; the usable rows with where each came from.

        Raises:
            ConfigError: a table's mapping fits none of its files.
        """
        schema = rows_schema(self.model)
        waiting = [work.file.bytes for work in self.works if work.status == "waiting"]
        self.files, self.bytes = len(waiting), sum(waiting)
        reader = pa.RecordBatchReader.from_batches(schema.arrow, self._batches(schema))
        rows = self.engine.from_arrow(reader, schema)
        if self.failure is not None:
            self.engine.drop(rows)
            raise self.failure
        return rows

    def _batches(self, schema: Schema) -> Iterator[pa.RecordBatch]:
        # The engine that pulls this stream would turn our errors into its own, so they wait here.
        try:
            place = 0
            for work in self.works:
                if work.status != "waiting":
                    continue
                if self._hopeless():
                    work.leave("skipped", "not read: too many rows were quarantined before it")
                    continue
                for columns in self._rows_of(work):
                    batch = _placed(columns, schema, work.number, place)
                    place += batch.num_rows
                    yield batch
                    self._report(work, self.done)
                self.done = self.done.after(work)
                self._report(None, self.done)
        except (Exception, KeyboardInterrupt) as error:
            self.failure = error

    def _rows_of(self, work: Work) -> Iterator[dict[str, pa.Array]]:
        """A file's usable rows, and the judgement of the file when they are through."""
        table = work.table
        types = self.types.setdefault(table.name, Types())
        try:
            yield from good_rows(
                self.engine, table, work.file, self._screen(work), types, work.tally
            )
            self._refuse_mixed_units(work)
        except MissingColumn as error:
            if not self._fits_any(table):
                message = f"{error}; no file of the table has it"
                raise ConfigError(message) from error
            work.leave("rejected", str(error))
        except ExtractError as error:
            work.leave("rejected", str(error))
        except ConfigError as error:
            # What suited an earlier file of the table is not the job file's fault.
            if table.name not in self.fitted:
                message = f"{work.file.name}: {error}"
                raise ConfigError(message) from error
            work.leave("rejected", str(error))
        else:
            work.status = "read" if work.tally.whole_rows else "empty"
            if work.tally.read:
                self.fitted.add(table.name)

    def _screen(self, work: Work) -> Screen:
        start = datetime.combine(self.rules.platform_start, datetime.min.time(), UTC)
        clock = clock_for(
            work.table,
            dict(work.file.partition) if self.by_day else {},
            start_ms=int(start.timestamp() * 1000),
            end_ms=self.now_ms + 1000 * self.rules.future_seconds + 1,
            late_days=self.rules.late_days,
        )
        return Screen(
            schema=self.model,
            clock=clock,
            sentinel_ids=self.rules.sentinel_ids,
            actions=work.table.actions,
        )

    def _fits_any(self, table: TableSpec) -> bool:
        """Whether the table's mapping fits some file: else it is the mapping that is wrong."""
        if table.name in self.fitted:
            return True
        for work in self.works:
            if work.table is not table or work.status == "skipped":
                continue
            try:
                present = [*columns_of(work.file, table.format).names, *dict(work.file.partition)]
                plan(table.sources(self.model), [*present, "element"], table=table.name)
                self.fitted.add(table.name)
                return True
            except ExtractError:
                continue
        return False

    def _refuse_mixed_units(self, work: Work) -> None:
        """Raise if a file's times are in several units: then none of them can be trusted."""
        units = work.tally.remarks.times.other_units
        wrong = sum(units.values())
        if wrong > self.rules.quarantine_share * work.tally.read:
            counts = ", ".join(f"{count} in {unit}" for unit, count in sorted(units.items()))
            message = (
                f"its times are not all in the declared `time_unit` (`{work.table.time_unit}`):"
                f" {counts}, {work.tally.read - wrong} otherwise; rewrite it in one unit, or"
                " declare the right one"
            )
            raise ExtractError(message)

    def _hopeless(self) -> bool:
        done = self.done
        allowed = max(_MOST_QUARANTINED, self.rules.quarantine_share * done.read)
        return done.quarantined > allowed

    def _report(self, current: Work | None, done: Done) -> None:
        if self.progress is None:
            return
        self.progress(
            Progress(
                file=current.file.name if current else "",
                files_done=done.files,
                files=self.files,
                bytes_done=done.bytes,
                bytes=self.bytes,
                rows_read=done.read + (current.tally.read if current else 0),
            )
        )


def _placed(
    columns: dict[str, pa.Array], schema: Schema, number: int, place: int
) -> pa.RecordBatch:
    rows = len(columns["account"])
    arrays = []
    for field_ in schema.arrow:
        if field_.name == "_file":
            arrays.append(pa.array(np.full(rows, number, dtype=np.int64)))
        elif field_.name == "_place":
            arrays.append(pa.array(np.arange(place, place + rows, dtype=np.int64)))
        else:
            arrays.append(columns.get(field_.name, pa.nulls(rows, field_.type)))
    return pa.RecordBatch.from_arrays(arrays, schema=schema.arrow)
