"""A table is a handle: which engine holds it, under what name, with what columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.schema import Schema

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from graph.engine import Engine


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one schema, held by an engine. The engine travels with it, so no verb takes one."""

    engine: Engine
    name: str
    schema: Schema

    def arrow(self) -> pa.Table:
        """Every row as Arrow, in key order."""
        return self.engine.arrow(self)

    def pandas(self) -> pd.DataFrame:
        """Every row as a pandas frame, in key order; a null stays a null."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def rows(self) -> list[dict[str, Any]]:
        """Every row as a dict, in key order: for small tables and for tests."""
        rows: list[dict[str, Any]] = self.arrow().to_pylist()
        return rows

    def batches(self, *, rows: int = 131_072) -> Iterator[pa.RecordBatch]:
        """The rows in key order, `rows` at a time, without holding the whole."""
        return self.engine.batches(self, rows=rows)

    def count(self) -> int:
        """How many rows."""
        return self.engine.count(self)

    def write_parquet(self, path: Path) -> int:
        """Write in key order to one Parquet file, whole or not at all; give the rows' number."""
        return self.engine.write_parquet(self, path)
