"""Graphs that fit one worker: one task of Spark runs the local engine's own kernel on the whole.

Most coordination graphs are of this kind once chance is cut off, and a compiled kernel over a
million edges is done before a distributed round is planned. The answer is the local engine's. The
driver holds none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.dense import DenseGraph, FixedGraph, dense_of, fixed_of
from graph.engines.spark.pairs import engine_of
from graph.engines.spark.refusals import refusals, refusing
from graph.model import InteractionGraph
from graph.schema import Schema
from graph.table import Table

ONE_TASK_EDGES = 2_000_000
"""Joined pairs (and accounts without any) that one worker is given: some hundred megabytes."""

SETTING = "spark.ringwatch.oneTaskEdges"
"""The setting of the session that puts another number in place of `ONE_TASK_EDGES`."""

Work = Callable[[DenseGraph], pa.Table] | Callable[[FixedGraph], pa.Table]


def fits_one_task(graph: InteractionGraph, pairs: Table) -> bool:
    """Whether one worker can hold the graph."""
    engine = engine_of(graph)
    most = int(engine.session.conf.get(SETTING, str(ONE_TASK_EDGES)) or ONE_TASK_EDGES)
    accounts = 0 if graph.accounts is None else engine.count(graph.accounts)
    return max(engine.count(pairs), accounts) <= most


def in_one_task(graph: InteractionGraph, pairs: Table, work: Work, schema: Schema) -> Table:
    """The rows that `work` makes of the whole graph, as a table.

    Args:
        graph: where accounts without edges are named.
        pairs: its pairs, `SUMMED` for work on a `DenseGraph`, `FIXED` for a `FixedGraph`.
        work: a function that can be pickled.
        schema: the columns of its rows.

    Raises:
        ValueError: `work` raised it.
        RingwatchError: likewise.
    """
    from pyspark.sql import functions as f

    engine = engine_of(graph)
    rows = engine.frame(pairs)
    if graph.accounts is not None:
        alone = engine.frame(graph.accounts).select(f.col("account").alias("src"))
        rows = rows.unionByName(alone, allowMissingColumns=True)
    given = pa.schema([field.with_nullable(True) for field in pairs.schema.arrow])
    answering = partial(_answer, given=given, work=work, directed=graph.directed)
    with refusals():
        return engine.map_batches(rows.coalesce(1), answering, schema)


def _answer(
    batches: Iterator[pa.RecordBatch], *, given: pa.Schema, work: Work, directed: bool
) -> Iterator[pa.RecordBatch]:
    rows = pa.Table.from_batches([batch.cast(given) for batch in batches], schema=given)
    with refusing():
        made = work(_graph(rows, directed=directed))  # type: ignore[arg-type]
    yield from made.to_batches()


def _graph(rows: pa.Table, *, directed: bool) -> DenseGraph | FixedGraph:
    edges = rows.filter(pc.is_valid(rows["dst"]))
    edges = edges.take(pc.sort_indices(edges, [("src", "ascending"), ("dst", "ascending")]))
    named = pa.chunked_array([*rows["src"].chunks, *edges["dst"].chunks], pa.string())
    ids = pc.unique(named)
    ids = ids.take(pc.sort_indices(ids))
    if "weight" in rows.column_names:
        return dense_of(ids, edges, directed=directed)
    return fixed_of(ids, edges)
