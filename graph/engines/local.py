"""One machine: DuckDB holds the tables, compiled kernels and igraph do what SQL cannot."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from graph.engines import local_kernels
from graph.engines.duck import open_duck
from graph.engines.duck_errors import answering, explained
from graph.engines.expressions import ROWS, Expressions
from graph.engines.interruption import interruptible
from graph.engines.memory import left_for_arrays
from graph.engines.within import leaving_none
from graph.errors import ConfigError, SchemaError
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from graph.engine import Kernel
    from graph.listener import Listener

T = TypeVar("T")

_TABLE_NAME = re.compile(r"\{(\w+)\}")
_GLOB = re.compile(r"[*?\[]")
_ROWS_A_GROUP = 131_072
PARQUET = b"PAR1"
"""What every Parquet file begins with."""


class LocalEngine:
    """DuckDB in this process, spilling to disk beyond its memory."""

    name = "local"

    def __init__(
        self,
        *,
        memory: str = "4GB",
        threads: int | None = None,
        spill: Path | None = None,
        again: bool = False,
    ) -> None:
        """Open an empty engine; see `graph.engines.open_engine` for the settings."""
        self.threads = threads or os.cpu_count() or 1
        self.memory = memory
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
        self._duck = open_duck(memory=memory, threads=self.threads)
        if again:
            self._duck.execute("set global parquet_metadata_cache = true")
        self.array_bytes = left_for_arrays(self._duck)
        """The most memory that arrays of kernels are to take."""
        self.spill = Path(tempfile.mkdtemp(prefix="ringwatch-", dir=spill))
        """A folder for what memory does not hold; gone when the engine is closed."""
        self._duck.execute("set temp_directory = $spill", {"spill": str(self.spill)})
        self._expressions = Expressions(memory=memory, threads=self.threads, spill=self.spill)
        self._numbers = itertools.count()
        # In the order in which they were made, and whether each is a view.
        self._held: dict[str, bool] = {}
        self._remembered: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> LocalEngine:
        """The engine itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def sql(
        self,
        query: str,
        schema: Schema,
        params: Mapping[str, object] | None = None,
        /,
        **tables: Table,
    ) -> Table:
        """Run `query`, keep its rows as a table of `schema`, and give the handle."""
        name = self._new_name(schema)
        columns = ", ".join(
            f'cast("{column.name}" as {column.type}) as "{column.name}"'
            for column in schema.columns
        )
        text = f"create table {name} as select {columns} from ({self._named(query, tables)})"
        with self._asking() as duck, answering(f"the query gives no `{schema.name}` table"):
            duck.execute(text, dict(params) if params else None)
        return self._without_nulls(Table(self, name, schema))

    def query(
        self, query: str, params: Mapping[str, object] | None = None, /, **tables: Table
    ) -> pa.Table:
        """Run `query` and give its rows at once."""
        text = self._named(query, tables)
        with self._asking() as duck, answering("the query gives no answer"):
            return duck.sql(text, params=dict(params) if params else None).to_arrow_table()

    def evaluate(
        self, rows: pa.Table, query: str, params: Mapping[str, object] | None = None, /
    ) -> pa.Table:
        """Run `query` over rows at hand, which it names `{rows}`; nothing is kept."""
        return self._expressions.evaluate(rows, query, params)

    def from_arrow(self, rows: pa.Table | pa.RecordBatchReader, schema: Schema) -> Table:
        """Take rows from memory or from a stream; the columns must be the schema's."""
        return self._without_nulls(self._taken(rows, schema))

    def from_batches(self, batches: Iterable[pa.RecordBatch], schema: Schema) -> Table:
        """Take rows from a generator of ours; what it raises comes out as it was raised."""
        failure: list[BaseException] = []

        def guarded() -> Iterator[pa.RecordBatch]:
            # DuckDB would turn an error of the stream into one of its own; it waits here.
            try:
                yield from batches
            except GeneratorExit:
                raise
            except BaseException as error:
                failure.append(error)

        reader = pa.RecordBatchReader.from_batches(schema.arrow, guarded())
        table = self._taken(reader, schema)
        if failure:
            self.drop(table)
            raise failure[0]
        return self._without_nulls(table)

    def spilled(self, batches: Iterable[pa.RecordBatch], schema: Schema) -> Table:
        """`from_batches` for more rows than memory holds: they go to a file of this engine."""
        name = self._new_name(schema, view=True)
        path = self.spill / f"{name}.parquet"
        with pq.ParquetWriter(path, schema.arrow) as writer:
            for batch in batches:
                writer.write_batch(batch.cast(schema.arrow), row_group_size=_ROWS_A_GROUP)
        with self._asking() as duck:
            duck.execute(f"create view {name} as select * from read_parquet({_literal(path)})")
        return self._without_nulls(Table(self, name, schema))

    def read_parquet(self, paths: Sequence[Path], schema: Schema) -> Table:
        """The rows of Parquet files that the house wrote itself; the files stay where they are."""
        if not paths:
            return self.from_arrow(schema.arrow.empty_table(), schema)
        for path in paths:
            schema.check(pq.read_schema(path), of=f"`{path}`")
        name = self._new_name(schema, view=True)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        files = ", ".join(_literal(path) for path in paths)
        with self._asking() as duck:
            duck.execute(
                f"create view {name} as select {columns} from read_parquet([{files}],"
                " hive_partitioning = false)"
            )
        return Table(self, name, schema)

    def write_parquet(self, table: Table, path: Path) -> int:
        """Write in key order to one file, whole or not at all; give the number of rows."""
        beside = path.with_name(path.name + ".part")
        rows = 0
        try:
            with pq.ParquetWriter(
                beside, table.schema.arrow, compression="zstd", write_page_checksum=True
            ) as writer:
                for batch in self.batches(table, rows=_ROWS_A_GROUP):
                    writer.write_batch(batch)
                    rows += batch.num_rows
            with beside.open("rb+") as written:
                os.fsync(written.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        return rows

    def keep(self, table: Table, path: Path) -> int:
        """Write a table for this engine to find again after a break: in one file."""
        return self.write_parquet(table, path)

    def holds(self, path: Path) -> bool:
        """Whether `path` is a file that `keep` wrote, and not the marker of another engine."""
        with path.open("rb") as file:
            return file.read(len(PARQUET)) == PARQUET

    def kept(self, path: Path, schema: Schema) -> Table:
        """What `keep` wrote at `path`."""
        return self.read_parquet([path], schema)

    def let_go(self, folder: Path) -> None:
        """Nothing stands elsewhere."""

    def project(self, table: Table, schema: Schema) -> Table:
        """The same rows with the columns of `schema` alone."""
        name = self._new_name(schema, view=True)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        with self._asking() as duck:
            duck.execute(f"create view {name} as select {columns} from {table.name}")
        return Table(self, name, schema)

    def union(self, tables: Sequence[Table], schema: Schema) -> Table:
        """All rows of tables of one schema, which are needed as long as it is."""
        name = self._new_name(schema, view=True)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        parts = " union all ".join(f"select {columns} from {table.name}" for table in tables)
        with self._asking() as duck:
            duck.execute(f"create view {name} as {parts}")
        return Table(self, name, schema)

    def arrow(self, table: Table) -> pa.Table:
        """Every row, in key order."""
        return pa.Table.from_batches(self.batches(table), schema=table.schema.arrow)

    def batches(self, table: Table, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Every row in key order, a batch at a time."""
        # Every column stands behind the key: rows with equal keys leave in one order too.
        rest = [name for name in table.schema.names if name not in table.schema.key]
        order = ", ".join(f'"{name}" nulls first' for name in (*table.schema.key, *rest))
        return self._streamed(table, f"order by {order}", rows)

    def unordered(self, table: Table, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Every row in any order, a batch at a time: sorting is most of the cost of a large one."""
        return self._streamed(table, "", rows)

    def each(
        self, table: Table, work: Callable[[pa.RecordBatch], pa.RecordBatch], schema: Schema
    ) -> Table:
        """The rows that `work` makes of the table's, batch by batch, in any order."""
        return self.from_batches((work(batch) for batch in self.unordered(table)), schema)

    def spread(
        self,
        items: Sequence[T],
        work: Callable[[T], Iterable[pa.RecordBatch]],
        schema: Schema,
        *,
        done: Callable[[T], None] | None = None,
    ) -> Table:
        """The rows that `work` gives for each item, one after the other."""

        def given() -> Iterator[pa.RecordBatch]:
            for item in items:
                yield from work(item)
                if done is not None:
                    done(item)

        return self.from_batches(given(), schema)

    def count(self, table: Table) -> int:
        """How many rows."""
        with self._asking() as duck:
            rows = duck.execute(f"select count(*) from {table.name}").fetchall()
        return int(rows[0][0])

    def drop(self, table: Table) -> None:
        """Let go of a table that nobody needs any more."""
        self._drop(table.name)

    @contextmanager
    def within(self) -> Iterator[None]:
        """A block of work whose tables are dropped as it is left, with all that is remembered."""
        with leaving_none(lambda: list(self._held), self._drop):
            try:
                yield
            finally:
                self._remembered.clear()

    def remembered(self, table: Table, what: str, make: Callable[[], T]) -> T:
        """What `make` gave for this table; kept until the table, or all of a block's, is dropped.

        For what several of a job's questions need of one table and is dear to make, such as its
        rows as numbers. A table's rows never change.
        """
        key = (table.name, what)
        if key not in self._remembered:
            self._remembered[key] = make()
        found: T = self._remembered[key]
        return found

    def kernel(self, name: str) -> Kernel | None:
        """The native way to do `name`, or None."""
        return local_kernels.find(name)

    def watched(self, listener: Listener) -> AbstractContextManager[Listener]:
        """The listener itself: all that is done here is done by the caller."""
        return nullcontext(listener)

    def close(self) -> None:
        """Give back memory, files and connections."""
        self._duck.close()
        self._expressions.close()
        shutil.rmtree(self.spill, ignore_errors=True)

    def _streamed(self, table: Table, order: str, rows: int) -> Iterator[pa.RecordBatch]:
        with self._cursor() as duck:
            # Handlers of signals must not be ours while the reader of the stream works.
            with interruptible(duck):
                relation = duck.sql(f"select * from {table.name} {order}")
                reader = relation.to_arrow_reader(rows)
            for batch in reader:
                yield batch.cast(table.schema.arrow)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question, so that others may be asked while it is answered.

        A generator that is being read into a table may ask this engine too, from whatever thread
        it is read by; so may several threads of a program.
        """
        with explained(memory=self.memory, spill=self.spill), self._duck.cursor() as duck:
            yield duck

    @contextmanager
    def _asking(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for one question that is answered before anything else is done."""
        with self._cursor() as duck, interruptible(duck):
            yield duck

    def _new_name(self, schema: Schema, *, view: bool = False) -> str:
        name = f"{schema.name}_{next(self._numbers)}"
        self._held[name] = view
        return name

    def _drop(self, name: str) -> None:
        if name in self._held:
            kind = "view" if self._held[name] else "table"
            with self._asking() as duck:
                # What failed while it was made has a name, and is not there.
                duck.execute(f"drop {kind} if exists {name}")
        (self.spill / f"{name}.parquet").unlink(missing_ok=True)
        self._held.pop(name, None)
        for key in [key for key in self._remembered if key[0] == name]:
            del self._remembered[key]

    def _named(self, query: str, tables: Mapping[str, Table]) -> str:
        def physical(match: re.Match[str]) -> str:
            table = tables.get(match[1])
            if table is None:
                message = f"the query names {{{match[1]}}}, which was not given"
                raise SchemaError(message)
            if table.engine is not self:
                message = f"`{match[1]}` is held by another engine; move it through Arrow first"
                raise SchemaError(message)
            return table.name

        return _TABLE_NAME.sub(physical, query)

    def _taken(self, rows: pa.Table | pa.RecordBatchReader, schema: Schema) -> Table:
        schema.check(rows.schema, of="the given data")
        name = self._new_name(schema)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        with self._asking() as duck:
            duck.register(ROWS, rows)
            duck.execute(f"create table {name} as select {columns} from {ROWS}")
        return Table(self, name, schema)

    def _without_nulls(self, table: Table) -> Table:
        """The table itself; it is dropped and refused if a null stands where none may be."""
        needed = [column.name for column in table.schema.columns if not column.nullable]
        if not needed:
            return table
        counts = ", ".join(f'count(*) - count("{name}")' for name in needed)
        with self._asking() as duck:
            row = duck.execute(f"select {counts} from {table.name}").fetchall()[0]
        for name, nulls in zip(needed, row, strict=True):
            if nulls:
                self.drop(table)
                message = f"`{table.schema.name}` has {nulls} nulls in `{name}`: it may have none"
                raise SchemaError(message)
        return table


def _literal(path: Path) -> str:
    """A path as DuckDB takes it: this file and no other, whatever characters its name has.

    Raises:
        ConfigError: DuckDB cannot be told of such a name.
    """
    text = str(path.absolute())
    if _GLOB.search(text) and "\\" in text:
        message = (
            f"`{text}` holds a backslash beside `*`, `?` or `[`; rename the file or its folder"
        )
        raise ConfigError(message)
    exact = _GLOB.sub(lambda found: f"[{found[0]}]", text)
    return "'" + exact.replace("'", "''") + "'"
