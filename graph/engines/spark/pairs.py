"""A graph's joined pairs on Spark, each once and settled: what every algorithm begins with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from graph.engines.dense import FIXED_WEIGHTS, SUMMED_WEIGHTS
from graph.engines.kernels.leiden import FIXED_POINT
from graph.engines.spark.engine import SparkEngine
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.table import Table

SUMMED = Schema(
    "summed_pairs",
    (
        Column("src", "VARCHAR", "one end"),
        Column("dst", "VARCHAR", "the other end"),
        Column("weight", "DOUBLE", "the layers' summed weight; 1 where weights do not matter"),
    ),
    key=("src", "dst"),
)
FIXED = Schema(
    "fixed_pairs",
    (
        Column("src", "VARCHAR", "the lesser end"),
        Column("dst", "VARCHAR", "the greater end"),
        Column("fixed", "BIGINT", "the layers' summed weight as a whole number"),
    ),
    key=("src", "dst"),
)

_BARE = "select src, dst, 1.0 as weight from {edges} group by src, dst"


def engine_of(graph: InteractionGraph) -> SparkEngine:
    """The Spark engine that holds the graph."""
    return cast(SparkEngine, graph.engine)


@contextmanager
def summed_pairs(graph: InteractionGraph, *, weighted: bool) -> Iterator[Table]:
    """`SUMMED`: every ordered pair once; dropped when the work is done."""
    query = SUMMED_WEIGHTS if weighted else _BARE
    pairs = graph.engine.sql(query, SUMMED, edges=graph.edges)
    try:
        yield pairs
    finally:
        graph.engine.drop(pairs)


@contextmanager
def fixed_pairs(graph: InteractionGraph) -> Iterator[Table]:
    """`FIXED`: every pair once, without direction; dropped when the work is done."""
    pairs = graph.engine.sql(FIXED_WEIGHTS, FIXED, {"one": FIXED_POINT}, edges=graph.edges)
    try:
        yield pairs
    finally:
        graph.engine.drop(pairs)
