"""Frames of one piece of work on Spark: asked for in SQL, some written, none left in the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.spark.codes import numbered

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


class Frames:
    """What is asked of an engine while a kernel works; used as a context."""

    def __init__(self, engine: SparkEngine) -> None:
        """Work with this engine."""
        self.engine = engine
        self._held = ExitStack()

    def __enter__(self) -> Frames:
        """The frames themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove all that was written."""
        self._held.close()

    def ask(
        self, query: str, values: Mapping[str, object] | None = None, /, **frames: DataFrame
    ) -> DataFrame:
        """A query in Spark's SQL: braces name frames, `:name` names values. Nothing runs yet."""
        return self.engine.session.sql(query, args=dict(values or {}), **frames)

    def keep(self, frame: DataFrame) -> DataFrame:
        """The frame written and read back: what is used more than once is computed once."""
        settled = self.engine.settled(frame)
        self._held.callback(self.engine.forget, settled)
        return settled

    def number(self, frame: DataFrame, order: Sequence[str], *, name: str) -> DataFrame:
        """The frame with its rows' numbers in the order of some columns, written."""
        settled = numbered(self.engine, frame, order, name=name)
        self._held.callback(self.engine.forget, settled)
        return settled

    def each_group(
        self,
        frame: DataFrame,
        by: Sequence[str],
        work: Callable[[pa.Table], pa.Table],
        made: pa.Schema,
    ) -> DataFrame:
        """What `work` makes of the rows that are equal in some columns, in workers, written.

        A worker holds one group at a time.
        """
        from pyspark.sql.pandas.types import from_arrow_schema

        # Spark looks for hints of types and fails on those of a partial function; this has none.
        whole = frame.groupBy(*by).applyInArrow(lambda rows: work(rows), from_arrow_schema(made))
        return self.keep(whole)
