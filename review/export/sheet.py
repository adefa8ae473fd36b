"""What an export writes: a stream of rows with a schema, and an account of the writing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from graph.schema import Schema
from graph.table import Table


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows of one schema as a stream of Arrow batches; a sheet can be read once."""

    schema: Schema
    batches: Iterable[pa.RecordBatch]


@dataclass(frozen=True, slots=True)
class Network:
    """A graph as two streams. The first node column names the node; edges have `src`, `dst`."""

    nodes: Sheet
    edges: Sheet
    directed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: rows (edges, for a network), nodes, and what had to be changed."""

    rows: int
    nodes: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)


def sheet(table: Table) -> Sheet:
    """The table's rows in key order."""
    return Sheet(table.schema, table.batches())
