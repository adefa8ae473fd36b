"""Copied text among posts that fit one worker: one task runs the local engine's own kernels.

The task gives several tables, so their rows travel packed, a block at a time, and are unpacked
table by table. The driver holds none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.copied_tables import copies_among, likenesses_among
from graph.engines.spark.loops import settling
from graph.engines.spark.rows import nullable
from graph.schema import Schema
from graph.schemas import EDGES
from graph.table import Table
from graph.texts import KEYED_TEXTS, LEFT_OUT, LIKE_TEXTS, TEXTS, Alike, Reading

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

_GIVEN = pa.schema([("account", pa.string()), ("acted_at", pa.int64()), ("text", pa.string())])
_PACKED = pa.schema([("table", pa.int64()), ("block", pa.binary())])
_BLOCK_ROWS = 16_384


def copied_alone(posts: Table, reading: Reading, alike: Alike, layer: str) -> list[Table]:
    """`EDGES`, `TEXTS`, `LEFT_OUT` and the retold `LIKE_TEXTS`."""
    work = partial(copies_among, reading=reading, alike=alike, layer=layer)
    return _unpacked(posts, _rows(posts), work, (EDGES, TEXTS, LEFT_OUT, LIKE_TEXTS))


def like_alone(posts: Table, texts: Table, reading: Reading, alike: Alike) -> list[Table]:
    """`KEYED_TEXTS` and `LIKE_TEXTS` of the texts that are given."""
    engine = cast("SparkEngine", posts.engine)
    # A row without an account is a known text.
    known = engine.frame(texts).select("text")
    rows = _rows(posts).unionByName(known, allowMissingColumns=True)
    work = partial(_likenesses, reading=reading, alike=alike)
    return _unpacked(posts, rows, work, (KEYED_TEXTS, LIKE_TEXTS))


def _rows(posts: Table) -> DataFrame:
    engine = cast("SparkEngine", posts.engine)
    return engine.frame(posts).select("account", "acted_at", "text")


def _likenesses(rows: pa.Table, *, reading: Reading, alike: Alike) -> tuple[pa.Table, pa.Table]:
    posted = pc.is_valid(rows["account"])
    known = rows.filter(pc.invert(posted))["text"]
    return likenesses_among(rows.filter(posted), known, reading=reading, alike=alike)


def _unpacked(
    posts: Table,
    rows: DataFrame,
    work: Callable[[pa.Table], Sequence[pa.Table]],
    schemas: Sequence[Schema],
) -> list[Table]:
    """The tables that `work` makes of all rows at once, in one task."""
    engine = cast("SparkEngine", posts.engine)
    with settling(engine, engine.worked(rows.coalesce(1), partial(_pack, work=work), _PACKED)) as p:
        return [
            engine.map_batches(
                p.where(f"table = {number}"), partial(_unpack, made=nullable(schema)), schema
            )
            for number, schema in enumerate(schemas)
        ]


def _pack(
    batches: Iterator[pa.RecordBatch], *, work: Callable[[pa.Table], Iterable[pa.Table]]
) -> Iterator[pa.RecordBatch]:
    given = pa.Table.from_batches([batch.cast(_GIVEN) for batch in batches], schema=_GIVEN)
    for number, table in enumerate(work(given)):
        for batch in table.to_batches(max_chunksize=_BLOCK_ROWS):
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as stream:
                stream.write_batch(batch)
            block = sink.getvalue().to_pybytes()
            yield pa.RecordBatch.from_pydict({"table": [number], "block": [block]}, schema=_PACKED)


def _unpack(batches: Iterator[pa.RecordBatch], *, made: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for block in batch.column("block"):
            with pa.ipc.open_stream(block.as_buffer()) as stream:
                for rows in stream:
                    yield rows.cast(made)
