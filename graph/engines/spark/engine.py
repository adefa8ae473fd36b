"""Spark holds the tables: the same verbs as one machine, on a cluster that people have already."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from graph.engines.spark import kernels
from graph.engines.spark.dialect import checked_values, spark_sql
from graph.engines.spark.failures import answering, first_line
from graph.engines.spark.few import FEW, FewRows
from graph.engines.spark.files import uri_of
from graph.engines.spark.kept import Kept
from graph.engines.spark.parallelism import tasks_at_once
from graph.engines.spark.preflight import check_cluster
from graph.engines.spark.progress import watched
from graph.engines.spark.rows import (
    as_column,
    has_nulls,
    in_order,
    nullable,
    quoted,
    refuse_nulls,
    written,
)
from graph.engines.spark.scratch import Scratch, refuse_lost
from graph.engines.spark.session import open_session
from graph.engines.spark.settling import in_files, settled
from graph.engines.spark.travel import each_batch, each_item, lightly
from graph.errors import ConfigError, RingwatchError, SchemaError
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engine import Kernel
    from graph.listener import Listener

T = TypeVar("T")

# Names are names: no pattern, and no partition because a folder is called `dt=1`.
_PLAIN_NAMES = {"__globPaths__": "false", "recursiveFileLookup": "true"}
_SHUFFLES = "spark.sql.shuffle.partitions"
_TASKS_A_PROCESSOR = 8
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
        context = self.session.sparkContext
        self.threads = threads or context.defaultParallelism
        # What was given to the session itself counts as well: `spark-submit --conf`, a notebook's.
        told = {**self.session.conf.getAll, **given}
        self._few = FewRows(self.session, told)
        base = scratch or told.get("spark.ringwatch.scratch")
        self._own_folder: Path | None = None
        if base is None:
            _refuse_unshared(context.master)
            if spill is not None:
                spill.mkdir(parents=True, exist_ok=True)
            self._own_folder = Path(tempfile.mkdtemp(prefix="ringwatch-", dir=spill))
            base = uri_of(self._own_folder)
        self.scratch = Scratch(self.session, base)
        self._shared = None if self._own_folder is not None else base
        self._kept = Kept(self.scratch, self._shared)
        # Engines of one session share the names of its views.
        self._names = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._places: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._expressions: Any = None
        try:
            check_cluster(self.session, self.scratch if self._shared is not None else None)
        except RingwatchError:
            self.close()
            raise
        self.partitions = tasks_at_once(self.session)
        shuffles = told.get(_SHUFFLES, "")
        # Some platforms have a word of their own for it.
        given_number = shuffles if shuffles.isdecimal() else str(2 * self.partitions)
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
        return self._known(frame, schema, rows=ordered.num_rows)

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
        places = [uri_of(path) for path in paths]
        if self._shared is not None:
            # Workers on other machines do not see this one's files.
            place = self.scratch.place(schema.name)
            for number, path in enumerate(paths):
                self.scratch.files.upload(path, f"{place}/part-{number}.parquet")
            places = [place]
        return self._known(self._read(places, schema), schema, rows=rows)

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
        return self._known(self._read([found.place], schema), schema, rows=found.rows)

    def let_go(self, folder: Path) -> None:
        """Remove what `keep` wrote elsewhere for the files of a folder that is done with."""
        self._kept.let_go(folder)

    def project(self, table: Table, schema: Schema) -> Table:
        """The same rows with the columns of `schema` alone."""
        columns = [quoted(name) for name in schema.names]
        return self._known(self.frame(table).select(*columns), schema, rows=self.count(table))

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
        if table.name not in self._counts:
            self._counts[table.name] = self.frame(table).count()
        return self._counts[table.name]

    def drop(self, table: Table) -> None:
        """Let go of a table that nobody needs any more."""
        self.session.catalog.dropTempView(table.name)
        self._counts.pop(table.name, None)
        place = self._places.pop(table.name, None)
        if place is not None:
            self.scratch.remove(place)

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
        with suppress(Exception):
            for name in (*self._counts, *self._places):
                self.session.catalog.dropTempView(name)
        try:
            self.scratch.close()
        except Exception as error:
            if self._own_folder is None:
                says = "`%s` could not be removed (%s); remove it when nobody uses it"
                getLogger(__name__).warning(says, self.scratch.root, first_line(error))
        if self._own_folder is not None:
            # A task that was interrupted may still be writing.
            shutil.rmtree(self._own_folder, ignore_errors=True)
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
        from pyspark.sql import Observation
        from pyspark.sql import functions as f

        cast = frame.select(*(as_column(frame, column) for column in schema.columns))
        needed = [column.name for column in schema.columns if not column.nullable]
        nulls = [
            f.count_if(f.col(quoted(name)).isNull()).alias(f"nulls_{place}")
            for place, name in enumerate(needed)
        ]
        seen = Observation()
        place = self.scratch.place(schema.name)
        cast.observe(seen, f.count(f.lit(1)).alias("rows"), *nulls).write.parquet(place)
        counted: dict[str, Any] = seen.get
        for number, name in enumerate(needed):
            if counted.get(f"nulls_{number}"):
                self.scratch.remove(place)
                raise SchemaError(has_nulls(schema, name, counted[f"nulls_{number}"]))
        return self._taken(place, schema, rows=int(counted.get("rows", 0)))

    def settled(self, frame: DataFrame) -> DataFrame:
        """The frame written and read back: what cuts the lineage of a loop.

        Whoever asks for it gives it back with `forget`.
        """
        read, place = settled(frame, self.scratch)
        self._places[_place_key(read)] = place
        return read

    def settled_rows(self, frame: DataFrame) -> int:
        """How many rows `settled` wrote for this very frame, by the footers of its files."""
        return self.scratch.rows(self._places[_place_key(frame)])

    def forget(self, frame: DataFrame) -> None:
        """Remove what `settled` wrote for this very frame."""
        place = self._places.pop(_place_key(frame), None)
        if place is not None:
            self.scratch.remove(place)

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

    def _rows_of(self, tables: Mapping[str, Table]) -> int:
        """The rows of a query's tables; of one that is held elsewhere nothing is known here."""
        return sum(self._counts.get(table.name, FEW + 1) for table in tables.values())

    def _taken(self, place: str, schema: Schema, *, rows: int) -> Table:
        read = self._read([place], schema)
        table = self._known(read, schema, rows=rows)
        self._places[table.name] = place
        try:
            refuse_lost(schema.name, place, written=rows, found=self.scratch.rows(place))
        except RingwatchError:
            self.drop(table)
            raise
        return table

    def _read(self, places: Sequence[str], schema: Schema) -> DataFrame:
        from pyspark.sql.pandas.types import from_arrow_schema

        reader = self.session.read.schema(from_arrow_schema(nullable(schema)))
        return reader.options(**_PLAIN_NAMES).parquet(*places)

    def _known(self, frame: DataFrame, schema: Schema, *, rows: int) -> Table:
        name = f"{schema.name}_{self._names}_{next(self._numbers)}"
        if rows <= FEW:
            # What lies in one partition is joined and grouped without a shuffle.
            frame = frame.coalesce(1)
        frame.createOrReplaceTempView(name)
        self._counts[name] = rows
        return Table(self, name, schema)


def _refuse_unshared(master: str) -> None:
    if not master.startswith("local"):
        message = (
            f"Spark runs on `{master}`, so its tables need a place that all machines share: give"
            " `--scratch`, such as `hdfs:///tmp`"
        )
        raise ConfigError(message)


def _place_key(frame: DataFrame) -> str:
    return f"settled {id(frame)}"
