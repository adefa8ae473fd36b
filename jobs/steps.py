"""Steps of a run that survive its death: made once, kept in the run's staging folder, read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from graph.engine import Engine
from graph.schema import Schema
from graph.table import Table
from review.publish import RunWriter


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one run, on one engine."""

    writer: RunWriter
    engine: Engine

    def table(self, step: str, schema: Schema, make: Callable[[], Table]) -> Table:
        """The table of a step: read back if it is finished, made and kept if not."""
        path = self.writer.finished(step) or self.writer.keep(make(), step)
        return self.engine.read_parquet([path], schema)

    def kept(self, step: str, schema: Schema) -> Table:
        """The table of a step that is finished."""
        path = self.writer.finished(step)
        assert path is not None, f"the step `{step}` is not finished"
        return self.engine.read_parquet([path], schema)

    def narrowed(self, step: str, schema: Schema, *, of: str) -> Table:
        """The columns of `schema` of the finished step `of`, as a step of their own.

        The rows keep their order, which is key order in the narrower table too.
        """
        whole = self.writer.finished(of)
        assert whole is not None, f"the step `{of}` is not finished"

        def write(path: Path) -> int:
            with (
                pq.ParquetFile(whole) as wide,
                pq.ParquetWriter(
                    path, schema.arrow, compression="zstd", write_page_checksum=True
                ) as narrow,
            ):
                for batch in wide.iter_batches(columns=list(schema.names)):
                    narrow.write_batch(batch.cast(schema.arrow))
                return int(wide.metadata.num_rows)

        path = self.writer.finished(step) or self.writer.write_step(step, write)
        return self.engine.read_parquet([path], schema)

    def facts(self, step: str, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """Plain values of a step: read back if it is finished, made and kept if not."""

        def write(path: Path) -> int:
            path.write_text(json.dumps(make(), sort_keys=True), encoding="utf-8")
            return 1

        path = self.writer.finished(step) or self.writer.write_step(step, write)
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
