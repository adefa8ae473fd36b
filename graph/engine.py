"""What an engine is: the few verbs that every engine offers to the rest of the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

    from graph.listener import Listener
    from graph.schema import Schema
    from graph.table import Table

Kernel = Callable[..., Any]
T = TypeVar("T")


class Evaluator(Protocol):
    """Answers SQL about rows at hand: an engine, or what a worker of an engine has in its place."""

    def evaluate(
        self, rows: pa.Table, query: str, params: Mapping[str, object] | None = None, /
    ) -> pa.Table:
        """Run `query` over rows at hand, which it names `{rows}`; nothing is kept.

        For expressions that a job file wrote: they run apart from the house's tables and may
        reach neither files nor settings. Rows of any Arrow type are allowed, lists and maps too.

        Raises:
            ConfigError: the query cannot be understood or fails on these rows.
        """


class Engine(Evaluator, Protocol):
    """Holds tables and answers SQL about them.

    The house writes one SQL text for every engine. Braces name tables (`{edges}`), a dollar sign
    names values (`$within_ms`); values never enter the text. The text keeps to what DuckDB and
    Spark SQL share: integer milliseconds in place of timestamps, no engine functions outside
    `graph/engines/`.
    """

    @property
    def name(self) -> str:
        """`local` or `spark`."""

    def sql(
        self,
        query: str,
        schema: Schema,
        params: Mapping[str, object] | None = None,
        /,
        **tables: Table,
    ) -> Table:
        """Run `query`, keep its rows as a table of `schema`, and give the handle.

        Columns are taken by name and cast to the schema's types.

        Raises:
            SchemaError: the query lacks a column of the schema or gives a null where none may be.
        """

    def query(
        self, query: str, params: Mapping[str, object] | None = None, /, **tables: Table
    ) -> pa.Table:
        """Run `query` and give its rows at once: for small answers that nobody queries again."""

    def from_arrow(self, rows: pa.Table | pa.RecordBatchReader, schema: Schema) -> Table:
        """Take rows from memory or from a stream; the columns must be the schema's."""

    def from_batches(self, batches: Iterable[pa.RecordBatch], schema: Schema) -> Table:
        """Take rows from a generator of ours, batch by batch.

        Whatever the generator raises comes out of this call as it was raised; the rows it gave
        before are let go.
        """

    def read_parquet(self, paths: Sequence[Path], schema: Schema) -> Table:
        """The rows of Parquet files that the house wrote itself; the files stay where they are."""

    def write_parquet(self, table: Table, path: Path) -> int:
        """Write in key order to one file, whole or not at all; give the number of rows."""

    def keep(self, table: Table, path: Path) -> int:
        """Write a table for this engine to find again after a break; give the number of rows.

        What a file of this machine cannot hold stands where the workers reach it, and the file at
        `path` says where.
        """

    def holds(self, path: Path) -> bool:
        """Whether what `keep` wrote at `path` is there, whole, and of a kind this engine reads."""

    def kept(self, path: Path, schema: Schema) -> Table:
        """What `keep` wrote at `path`, and `holds` says is there."""

    def let_go(self, folder: Path) -> None:
        """Remove what `keep` wrote elsewhere for the files of a folder that is done with.

        The folder may be gone already, if this engine kept or found something there before.
        """

    def project(self, table: Table, schema: Schema) -> Table:
        """The same rows with the columns of `schema` alone, which the table has."""

    def union(self, tables: Sequence[Table], schema: Schema) -> Table:
        """All rows of tables of one schema, which are needed as long as it is."""

    def arrow(self, table: Table) -> pa.Table:
        """Every row, in key order."""

    def batches(self, table: Table, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """Every row in key order, a batch at a time."""

    def each(
        self, table: Table, work: Callable[[pa.RecordBatch], pa.RecordBatch], schema: Schema
    ) -> Table:
        """The rows that `work` makes of the table's, batch by batch, in any order.

        `work` is a function that can be pickled: it may run in other processes.
        """

    def spread(
        self,
        items: Sequence[T],
        work: Callable[[T], Iterable[pa.RecordBatch]],
        schema: Schema,
        *,
        done: Callable[[T], None] | None = None,
    ) -> Table:
        """The rows that `work` gives for each item, made wherever this engine computes.

        Locally the items are worked on here, one after the other, and what `work` raises comes out
        of this call as it was raised. Elsewhere `work` and the items are pickled and travel to
        other processes, which take them in any order, and perhaps one of them twice.

        Args:
            items: what is to be worked on.
            work: gives batches of `schema` for an item; what it keeps to itself stays where it
                runs.
            schema: the columns of the rows.
            done: called here with an item that is through.
        """

    def count(self, table: Table) -> int:
        """How many rows."""

    def drop(self, table: Table) -> None:
        """Let go of a table that nobody needs any more."""

    def within(self) -> AbstractContextManager[None]:
        """A block of work whose tables are dropped as it is left, whoever made them in it.

        What must outlive the block is kept in it (`keep`) and found after it (`kept`); tables from
        before it stay. Blocks may stand in one another. A block that raises drops its tables too;
        one that is interrupted leaves them until the engine is closed.
        """

    def kernel(self, name: str) -> Kernel | None:
        """The native way to do `name` on this engine's tables, or None when it has none."""

    def watched(self, listener: Listener) -> AbstractContextManager[Listener]:
        """A listener for a block of work that also hears what the engine itself is at.

        An engine that works in this process has nothing to add, and gives `listener` back.
        """

    def close(self) -> None:
        """Give back memory, files and connections."""
