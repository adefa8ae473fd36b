"""Interactions as numbers, on Spark: who by a dense code, on what and by which post by hashes.

Objects and posts are told apart by two 64-bit hashes, one of the text forwards and one backwards:
a pair of texts made to meet in one does not meet in the other. Among ten thousand million distinct
objects the chance that any two are taken for one is about 10^-19.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from graph.engines.kernels.dealing import account_code
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from graph.engines.spark.engine import SparkEngine

OBJECT = ("o1", "o2")
"""The columns that are equal for equal (action, object kind, object)."""

_CODED = pa.schema([("account", pa.string()), ("code", pa.int64())])


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """The wanted interactions.

    `accounts`: `account` and its `code`, by activity. `rows`: `account` (a code), `o1`, `o2`,
    `at`, and `c1`, `c2` of the account's own post, both 0 for none. `named`: `o1`, `o2` and
    `subject`, the object in words, a row for each interaction; nothing of it is computed yet.
    """

    accounts: DataFrame
    rows: DataFrame
    number: int
    named: DataFrame


@contextmanager
def settled(engine: SparkEngine, frame: DataFrame) -> Iterator[DataFrame]:
    """The frame written and read back, and removed again."""
    read = engine.settled(frame)
    try:
        yield read
    finally:
        engine.forget(read)


@contextmanager
def numbered_acts(
    interactions: Table,
    *,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    unnamed: str,
) -> Iterator[Acts]:
    """The interactions of the wanted kinds by accounts that took part often enough.

    `unnamed` says what rows without `content` are (`builders.coaction.Unnamed`).
    """
    from pyspark.sql import functions as f

    engine = cast("SparkEngine", interactions.engine)
    wanted = engine.frame(interactions).where("account <> '' and object <> ''")
    if actions is not None:
        wanted = wanted.where(f.col("action").isin(*actions))
    if object_kinds is not None:
        wanted = wanted.where(f.col("object_kind").isin(*object_kinds))
    active = wanted.groupBy("account").agg(f.count(f.lit(1)).alias("acts"))
    ordered = active.where(f.col("acts") >= min_participation).sortWithinPartitions(
        "acts", "account"
    )
    with settled(engine, engine.worked(ordered.select("account"), _coded, _CODED)) as accounts:
        hashed = wanted.select(
            "account", *object_hashes(), f.col("acted_at").alias("at"), *post_hashes(unnamed)
        )
        rows = hashed.join(accounts, "account").select(
            f.col("code").alias("account"), *OBJECT, "at", "c1", "c2"
        )
        with settled(engine, rows) as written:
            named = wanted.select(
                *object_hashes(),
                f.concat_ws(" ", "action", "object_kind", "object").alias("subject"),
            )
            number = engine.settled_rows(written)
            yield Acts(accounts=accounts, rows=written, number=number, named=named)


def object_hashes() -> tuple[Column, Column]:
    """`o1` and `o2` of an interaction's action, object kind and object."""
    from pyspark.sql import functions as f

    names = ("action", "object_kind", "object")
    return (
        f.xxhash64(*names).alias("o1"),
        f.xxhash64(*(f.reverse(f.col(name)) for name in reversed(names))).alias("o2"),
    )


def post_hashes(unnamed: str) -> tuple[Column, Column]:
    """`c1` and `c2` of the account's own post (`builders.coaction.Unnamed`); both 0 for none."""
    from pyspark.sql import functions as f

    content = f.col("content")
    none = content.isNull() | (content == "")
    unnamed_post = (f.lit(0), f.lit(0))
    if unnamed == "moments":
        at, mark = f.col("acted_at"), f.lit("at")
        unnamed_post = (f.xxhash64(mark, at), f.xxhash64(at, mark))
    return (
        f.when(none, unnamed_post[0]).otherwise(f.xxhash64(content)).alias("c1"),
        f.when(none, unnamed_post[1]).otherwise(f.xxhash64(f.reverse(content))).alias("c2"),
    )


def _coded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Number the accounts of a partition, which come by activity and then by id."""
    import numpy as np
    from pyspark import TaskContext

    context = TaskContext.get()
    assert context is not None
    before = 0
    for batch in batches:
        ranks = np.arange(before, before + batch.num_rows, dtype=np.int64)
        codes = account_code(ranks, context.partitionId())
        yield pa.RecordBatch.from_arrays([batch.column(0), pa.array(codes)], schema=_CODED)
        before += batch.num_rows
