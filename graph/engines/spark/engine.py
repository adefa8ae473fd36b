"""Spark holds the tables: the same verbs as one machine, on a cluster that people have already."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from graph.engines.spark import kernels
from graph.engines.spark.dialect import checked_values, spark_sql
from graph.engines.spark.engine_scratch import EngineScratch
from graph.engines.spark.failures import answering
from graph.engines.spark.few import FewRows
from graph.engines.spark.files import uri_of
from graph.engines.spark.kept import Kept
from graph.engines.spark.parallelism import shuffled_into, tasks_at_once
from graph.engines.spark.progress import watched
from graph.engines.spark.rows import (
    in_order,
    nullable,
    quoted,
    refuse_nulls,
    written,
)
from graph.engines.spark.scratch import refuse_lost
from graph.engines.spark.session import open_session
from graph.engines.spark.settling import in_files, in_schema, settled
from graph.engines.spark.travel import each_batch, each_item, lightly
from graph.engines.spark.views import Views
from graph.errors import RingwatchError, SchemaError
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engine import Kernel
    from graph.listener import Listener

T = TypeVar("T")

_SHUFFLES = "spark.sql.shuffle.partitions"
_TASKS_A_PROCESSOR = 8
_AN_HOUR = 3_600.0
_SMALL = 50_000
"""Rows that are sorted and handed over in the driver's memory; more go through files."""


class SparkEngine:
    """A Spark session, local or of a cluster.

    Tables are Parquet in a scratch folder that driver and workers share (`Scratch`), each behind a
    temporary view of its own name. Rows cross to Python as Arrow and never as pandas.
    """

    name = "spark"

    def __init__(
        self,
        *,
        memory: str = "4GB",
        threads: int | None = None,
        spill: Path | None = None,
        master: str | None = None,
        scratch: str | None = None,
        conf: Mapping[str, str] | None = None,
    ) -> None:
        """Open an engine on the running session, or on a new one.

        Args:
            memory: the driver's memory where a new local session is started.
            threads: processors of a new local session; all by default.
            spill: a local folder for scratch tables; a temporary one by default.
            master: the cluster, as `spark-submit` takes it.
            scratch: a path or URI on a file system that driver and workers share; needed on a
                cluster of several machines.
            conf: further settings of Spark.

        Raises:
            NotOnThisEngine: PySpark, Java or the session is not as the engine needs it.
            ConfigError: a cluster of several machines has no shared scratch.
        """
        given = dict(conf or {})
        self.session = open_session(master=master, memory=memory, threads=threads, conf=given)
        self.memory = memory
        self.threads = threads or self.session.sparkContext.defaultParallelism
        # What was given to the session itself counts as well: `spark-submit --conf`, a notebook's.
        told = {**self.session.conf.getAll, **given}
        self._few = FewRows(self.session, told)
        base = scratch or told.get("spark.ringwatch.scratch")
        self._lies = EngineScratch.opened(self.session, base, spill)
        self.scratch = self._lies.scratch
        self._spill = spill
        self._came_forward = time.monotonic()
        self._kept = Kept(self.scratch, shared=self._lies.shared)
        self._views = Views(self.session, self.scratch, self._few)
        self._expressions: Any = None
        try:
            self._lies.check(self.session, spill)
        except (RingwatchError, OSError):
            self.close()
            raise
        self.partitions = tasks_at_once(self.session)
        shuffles = told.get(_SHUFFLES, "")
        # Some platforms have a word of their own for it.
        given_number = shuffles if shuffles.isdecimal() else str(shuffled_into(self.partitions))
        self.session.conf.set(_SHUFFLES, given_number)

    def __enter__(self) -> SparkEngine:
        """The engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    # The verbs of every engine

    def sql(
        self,
        query: str,
        schema: Schema,
        params: Mapping[str, object] | None = None,
        /,
        **tables: Table,
    ) -> Table:
        """Run `query`, keep its rows as a table of `schema`, and give the handle."""
        says = f"the query gives no `{schema.name}` table"
        with answering(says), self._few.planned(self._rows_of(tables)):
            return self.keep_frame(self._asked(query, params, tables), schema)

    def query(
        self, query: str, params: Mapping[str, object] | None = None, /, **tables: Table
    ) -> pa.Table:
        """Run `query` and give its rows at once."""
        with answering("the query gives no answer"), self._few.planned(self._rows_of(tables)):
            return self._asked(query, params, tables).toArrow()

    def evaluate(
        self, rows: pa.Table, query: str, params: Mapping[str, object] | None = None, /
    ) -> pa.Table:
        """Run `query` over rows at hand: on the driver, by the evaluator that workers use too."""
        if self._expressions is None:
            from graph.engines.expressions import Expressions

            self._expressions = Expressions(memory="1GB", threads=1)
        found: pa.Table = self._expressions.evaluate(rows, query, params)
        return found

    def from_arrow(self, rows: pa.Table | pa.RecordBatchReader, schema: Schema) -> Table:
        """Take rows from memory or from a stream; the columns must be the schema's."""
        schema.check(rows.schema, of="the given data")
        if isinstance(rows, pa.RecordBatchReader):
            return self.from_batches(rows, schema)
        ordered = rows.select(list(schema.names)).cast(nullable(schema))
        refuse_nulls(ordered, schema)
        if ordered.num_rows > _SMALL:
            return self.from_batches(ordered.to_batches(max_chunksize=_SMALL), schema)
        frame = self.session.createDataFrame(ordered.combine_chunks())
        return self._known(frame, schema, rows=ordered.num_rows, size=ordered.nbytes)

    def from_batches(self, batches: Iterable[pa.RecordBatch], schema: Schema) -> Table:
        """Take rows from a generator of ours, batch by batch, through files."""
        with tempfile.TemporaryDirectory(prefix="ringwatch-given-") as folder:
            path = Path(folder) / "part-0.parquet"
            rows = written(batches, schema, path)
            place = self.scratch.place(schema.name)
            self.scratch.files.upload(path, f"{place}/{path.name}")
        return self._taken(place, schema, rows=rows)

    def read_parquet(self, paths: Sequence[Path], schema: Schema) -> Table:
        """The rows of Parquet files that the house wrote itself; the files stay where they are."""
        if not paths:
            return self.from_arrow(schema.arrow.empty_table(), schema)
        rows = 0
        for path in paths:
            with pq.ParquetFile(path) as file:
                schema.check(file.schema_arrow, of=f"`{path}`")
                rows += file.metadata.num_rows
        if not self._lies.shared:
            places = [uri_of(path) for path in paths]
            size = sum(path.stat().st_size for path in paths)
            return self._known(self._views.read(places, schema), schema, rows=rows, size=size)
        # Workers on other machines do not see this one's files; the copies go with the table.
        place = self.scratch.place(schema.name)
        for number, path in enumerate(paths):
            self.scratch.files.upload(path, f"{place}/part-{number}.parquet")
        return self._taken(place, schema, rows=rows)

    def write_parquet(self, table: Table, path: Path) -> int:
        """Write in key order to one file, whole or not at all; give the number of rows."""
        beside = path.with_name(path.name + ".part")
        try:
            rows = written(self.batches(table), table.schema, beside)
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return rows

    def keep(self, table: Table, path: Path) -> int:
        """Write a table for this engine to find again after a break; give the number of rows."""
        return self._kept.keep(self.frame(table), path, rows=self.count(table))

    def holds(self, path: Path) -> bool:
        """Whether what `keep` wrote at `path`, on this or the local engine, is there and whole."""
        return self._kept.holds(path)

    def kept(self, path: Path, schema: Schema) -> Table:
        """What `keep` wrote at `path`."""
        found = self._kept.found(path)
        if found is None:
            return self.read_parquet([path], schema)
        frame, size = self._views.read([found.place], schema), sum(found.files.values())
        return self._known(frame, schema, rows=found.rows, size=size)

    def let_go(self, folder: Path) -> None:
        """Remove what `keep` wrote elsewhere for the files of a folder that is done with."""
        self._kept.let_go(folder)

    def project(self, table: Table, schema: Schema) -> Table:
        """The same rows with the columns of `schema` alone."""
        columns = [quoted(name) for name in schema.names]
        return self._known(self.frame(table).select(*columns), schema, rows=self.count(table))

    def union(self, tables: Sequence[Table], schema: Schema) -> Table:
        """All rows of tables of one schema, which are needed as long as it is."""
        parts = {f"part_{n}": table for n, table in enumerate(tables)}
        query = " union all ".join(f"select * from {{{name}}}" for name in parts)
        return self.sql(query, schema, **parts)

    def arrow(self, table: Table) -> pa.Table:
        """Every row, in key order."""
        return pa.Table.from_batches(self.batches(table), schema=table.schema.arrow)

    def batches(self, table: Table, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Every row in key order, a batch at a time.

        A large table is sorted by the workers into files, which are then read one by one: the
        driver holds a batch and never the table.
        """
        if self.count(table) <= _SMALL:
            yield from in_order(self.frame(table).toArrow(), table.schema).to_batches(rows)
            return
        yield from in_files(
            self.frame(table), self.scratch, table.schema, held=self.count(table), rows=rows
        )

    def each(
        self, table: Table, work: Callable[[pa.RecordBatch], pa.RecordBatch], schema: Schema
    ) -> Table:
        """The rows that `work` makes of the table's, batch by batch, in the workers."""
        worked = partial(each_batch, work=work, given=table.schema.arrow, made=nullable(schema))
        return self.map_batches(self.frame(table), worked, schema)

    def spread(
        self,
        items: Sequence[T],
        work: Callable[[T], Iterable[pa.RecordBatch]],
        schema: Schema,
        *,
        done: Callable[[T], None] | None = None,
    ) -> Table:
        """The rows that `work` gives for each item, made in the workers."""
        if not items:
            return self.from_arrow(schema.arrow.empty_table(), schema)
        table = self.keep_frame(self.spreading(items, work, nullable(schema)), schema)
        for item in items if done is not None else ():
            done(item)  # type: ignore[misc]
        return table

    def count(self, table: Table) -> int:
        """How many rows."""
        return self._views.rows(table.name)

    def drop(self, table: Table) -> None:
        """Let go of a table that nobody needs any more."""
        self._views.drop(table.name)

    @contextmanager
    def within(self) -> Iterator[None]:
        """A block of work whose tables are dropped as it is left, with all it wrote besides."""
        # The folders go last: of a write that failed there is a folder and no view.
        with self.scratch.within(), self._views.within():
            yield

    def kernel(self, name: str) -> Kernel | None:
        """The native way to do `name` on this engine's tables, or None when it has none."""
        return kernels.find(name)

    def watched(self, listener: Listener) -> AbstractContextManager[Listener]:
        """A listener that also hears of Spark's tasks while a block of work runs."""
        return watched(self.session, listener)

    def close(self) -> None:
        """Give back views and files; the session stays for whoever opened it, or for the next.

        Of a session that has died there is nothing to give back, and the reason of its death is
        on its way to the user: nothing is raised here. What stays in the scratch is told.
        """
        self._views.close()
        self._lies.close()
        if self._expressions is not None:
            self._expressions.close()

    # What this engine's kernels build on

    def frame(self, table: Table) -> DataFrame:
        """A table's rows as Spark sees them, in no order."""
        return self.session.table(table.name)

    def keep_frame(self, frame: DataFrame, schema: Schema) -> Table:
        """Write a frame's rows as a table of `schema`: computed once, without lineage.

        Columns are taken by name and cast to the schema's types. The rows that can be read back
        are as many as were written.

        Raises:
            SchemaError: a column is missing, or a null stands where none may be.
            RingwatchError: rows were lost between writing and reading.
        """
        place, rows = in_schema(frame, self.scratch, schema)
        return self._taken(place, schema, rows=rows)

    def settled(self, frame: DataFrame) -> DataFrame:
        """The frame written and read back: what cuts the lineage of a loop.

        Whoever asks for it gives it back with `forget`.
        """
        self._come_forward()
        return self._views.hold(*settled(frame, self.scratch))

    def settled_rows(self, frame: DataFrame) -> int:
        """How many rows `settled` wrote for this very frame, by the footers of its files."""
        return self._views.settled_rows(frame)

    def forget(self, frame: DataFrame) -> None:
        """Remove what `settled` wrote for this very frame."""
        self._views.forget(frame)

    def spreading(
        self,
        items: Sequence[T],
        work: Callable[[T], Iterable[pa.RecordBatch]],
        made: pa.Schema,
    ) -> DataFrame:
        """What `work` makes of each item; nothing runs yet."""
        from pyspark import cloudpickle

        column = pa.array([cloudpickle.dumps(item) for item in items], pa.binary())
        # Items are of unlike size: several tasks a processor even that out.
        tasks = max(1, min(len(items), _TASKS_A_PROCESSOR * self.partitions))
        frame = self.session.createDataFrame(pa.table({"item": column})).repartition(tasks)
        return self.worked(frame, partial(each_item, work=work, made=made), made)

    def map_batches(
        self,
        frame: DataFrame,
        work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
        schema: Schema,
    ) -> Table:
        """Keep what `work` makes of each partition's batches, as a table of `schema`."""
        return self.keep_frame(self.worked(frame, work, nullable(schema)), schema)

    def worked(
        self,
        frame: DataFrame,
        work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
        made: pa.Schema,
    ) -> DataFrame:
        """What `work` makes of each partition's batches; nothing runs yet."""
        from pyspark.sql.pandas.types import from_arrow_schema

        return frame.mapInArrow(partial(lightly, work=work), from_arrow_schema(made))

    def _asked(
        self, query: str, params: Mapping[str, object] | None, tables: Mapping[str, Table]
    ) -> DataFrame:
        text = spark_sql(query, partial(self._view, tables))
        return self.session.sql(text, args=checked_values(query, params))

    def _view(self, tables: Mapping[str, Table], name: str) -> str:
        table = tables.get(name)
        if table is None:
            message = f"the query names {{{name}}}, which was not given"
            raise SchemaError(message)
        if table.engine is not self:
            message = f"`{name}` is held by another engine; move it through Arrow first"
            raise SchemaError(message)
        return table.name

    def _rows_of(self, tables: Mapping[str, Table]) -> int | None:
        return self._views.rows_in_all(table.name for table in tables.values())

    def _taken(self, place: str, schema: Schema, *, rows: int) -> Table:
        try:
            refuse_lost(schema.name, place, written=rows, found=self.scratch.rows(place))
        except RingwatchError:
            self.scratch.remove(place)
            raise
        self._come_forward()
        read = self._views.read([place], schema)
        return Table(self, self._views.add(read, schema, rows=rows, place=place), schema)

    def _come_forward(self) -> None:
        """Say on a shared scratch, once an hour, that this job is still at work."""
        if self._lies.shared and time.monotonic() - self._came_forward > _AN_HOUR:
            self._came_forward = time.monotonic()
            self._lies.come_forward(self._spill)
            self._kept.come_forward()

    def _known(
        self, frame: DataFrame, schema: Schema, *, rows: int, size: int | None = None
    ) -> Table:
        return Table(self, self._views.add(frame, schema, rows=rows, size=size), schema)
