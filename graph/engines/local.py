"""One machine: DuckDB holds the tables, compiled kernels and igraph do what SQL cannot."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from graph.engines import local_kernels
from graph.errors import ConfigError, SchemaError
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from graph.engine import Kernel

_TABLE_NAME = re.compile(r"\{(\w+)\}")
_ROWS_A_GROUP = 131_072


class LocalEngine:
    """DuckDB in this process, spilling to disk beyond its memory."""

    name = "local"

    def __init__(
        self, *, memory: str = "4GB", threads: int | None = None, spill: Path | None = None
    ) -> None:
        """Open an empty engine; see `graph.engines.open_engine` for the settings."""
        self.threads = threads or os.cpu_count() or 1
        self.memory = memory
        if spill is not None:
            spill.mkdir(parents=True, exist_ok=True)
        self._spill = Path(tempfile.mkdtemp(prefix="ringwatch-", dir=spill))
        self._numbers = itertools.count()
        self._duck = duckdb.connect(":memory:")
        try:
            self._duck.execute("set memory_limit = $memory", {"memory": memory})
        except duckdb.Error as error:
            shutil.rmtree(self._spill, ignore_errors=True)
            message = f"memory `{memory}` is no size; write it as `4GB` or `800MB`"
            raise ConfigError(message) from error
        self._duck.execute(f"set threads = {int(self.threads)}")
        self._duck.execute("set temp_directory = $spill", {"spill": str(self._spill)})
        self._apart = duckdb.connect(":memory:", config={"enable_external_access": "false"})
        self._apart.execute(f"set threads = {int(self.threads)}")
        self._apart.execute("set lock_configuration = true")
        # Order comes from each schema's key where it matters; holding rows in arrival order
        # everywhere costs memory.
        self._duck.execute("set preserve_insertion_order = false")
        self._duck.execute("set enable_progress_bar = false")
        self._duck.execute("set autoinstall_known_extensions = false")
        self._duck.execute("set autoload_known_extensions = false")

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
        try:
            self._duck.execute(text, dict(params) if params else None)
        except duckdb.BinderException as error:
            message = f"the query gives no `{schema.name}` table: {error}"
            raise SchemaError(message) from error
        table = Table(self, name, schema)
        self._refuse_nulls(table)
        return table

    def query(
        self, query: str, params: Mapping[str, object] | None = None, /, **tables: Table
    ) -> pa.Table:
        """Run `query` and give its rows at once."""
        relation = self._duck.sql(
            self._named(query, tables), params=dict(params) if params else None
        )
        return relation.to_arrow_table()

    def evaluate(
        self, rows: pa.Table, query: str, params: Mapping[str, object] | None = None, /
    ) -> pa.Table:
        """Run `query` over rows at hand, which it names `{rows}`; nothing is kept."""
        self._apart.register("given_rows", rows)
        try:
            text = query.replace("{rows}", "given_rows")
            relation = self._apart.sql(text, params=dict(params) if params else None)
            return relation.to_arrow_table()
        except duckdb.Error as error:
            message = f"the expression fails: {str(error).splitlines()[0]}"
            raise ConfigError(message) from error
        finally:
            self._apart.unregister("given_rows")

    def from_arrow(self, rows: pa.Table | pa.RecordBatchReader, schema: Schema) -> Table:
        """Take rows from memory or from a stream; the columns must be the schema's."""
        schema.check(rows.schema, of="the given data")
        name = self._new_name(schema)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        self._duck.register("given_rows", rows)
        try:
            self._duck.execute(f"create table {name} as select {columns} from given_rows")
        finally:
            self._duck.unregister("given_rows")
        table = Table(self, name, schema)
        self._refuse_nulls(table)
        return table

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
        table = self.from_arrow(reader, schema)
        if failure:
            self.drop(table)
            raise failure[0]
        return table

    def read_parquet(self, paths: Sequence[Path], schema: Schema) -> Table:
        """The rows of Parquet files that the house wrote itself; the files stay where they are."""
        for path in paths:
            schema.check(pq.read_schema(path), of=f"`{path}`")
        name = self._new_name(schema)
        columns = ", ".join(f'"{column}"' for column in schema.names)
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        self._duck.execute(
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

    def arrow(self, table: Table) -> pa.Table:
        """Every row, in key order."""
        return pa.Table.from_batches(self.batches(table), schema=table.schema.arrow)

    def batches(self, table: Table, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Every row in key order, a batch at a time."""
        # A cursor of its own, so that other queries may run while the stream is read. Every
        # column stands behind the key: rows with equal keys leave in one order too.
        rest = [name for name in table.schema.names if name not in table.schema.key]
        order = ", ".join(f'"{name}" nulls first' for name in (*table.schema.key, *rest))
        cursor = self._duck.cursor()
        try:
            reader = cursor.sql(f"select * from {table.name} order by {order}").to_arrow_reader(
                rows
            )
            for batch in reader:
                yield batch.cast(table.schema.arrow)
        finally:
            cursor.close()

    def count(self, table: Table) -> int:
        """How many rows."""
        # Fetched to the end: an unfinished result blocks the connection.
        rows = self._duck.execute(f"select count(*) from {table.name}").fetchall()
        return int(rows[0][0])

    def drop(self, table: Table) -> None:
        """Let go of a table that nobody needs any more."""
        kinds = self._duck.execute(
            "select table_type from information_schema.tables where table_name = $name",
            {"name": table.name},
        ).fetchall()
        for (kind,) in kinds:
            self._duck.execute(f"drop {'view' if kind == 'VIEW' else 'table'} {table.name}")

    def kernel(self, name: str) -> Kernel | None:
        """The native way to do `name`, or None."""
        return local_kernels.find(name)

    def close(self) -> None:
        """Give back memory, files and connections."""
        self._duck.close()
        self._apart.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    def _new_name(self, schema: Schema) -> str:
        return f"{schema.name}_{next(self._numbers)}"

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

    def _refuse_nulls(self, table: Table) -> None:
        needed = [column.name for column in table.schema.columns if not column.nullable]
        if not needed:
            return
        counts = ", ".join(f'count(*) - count("{name}")' for name in needed)
        row = self._duck.execute(f"select {counts} from {table.name}").fetchall()[0]
        for name, nulls in zip(needed, row, strict=True):
            if nulls:
                message = f"`{table.schema.name}` has {nulls} nulls in `{name}`: it may have none"
                raise SchemaError(message)
