"""Spark's way to number a table's rows in order: by ranges, not in one task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graph.engines.spark.codes import numbered
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from graph.engines.spark.engine import SparkEngine


def places(
    table: Table, *, order: Sequence[str], schema: Schema, descending: bool = False
) -> Table:
    """As `graph.engines.places.places`; the rows are sorted into ranges."""
    from pyspark.sql import functions as f

    held: Any = table.engine
    engine: SparkEngine = held
    frame = engine.frame(table)
    if descending:
        # Numbers alone are ranked from the greatest down.
        frame = frame.withColumn("_turned", -f.col(order[0]))
    by = ["_turned" if descending else order[0], *order[1:]]
    placed = numbered(engine, frame, by, name="place")
    try:
        return engine.keep_frame(placed.withColumn("place", f.col("place") + 1), schema)
    finally:
        engine.forget(placed)
