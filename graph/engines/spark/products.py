"""A graph's matrix on Spark, and its product with columns of numbers: one join and one sum.

A matrix is a frame of `row`, `col` and `weight`; a vector is a frame of `code` and some columns,
and what it lacks is 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph.engines.spark.loops import held

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


def adjacency(edges: DataFrame, *, directed: bool) -> DataFrame:
    """The matrix of weighted edges; an undirected one stands both ways, a self-loop once."""
    forward = edges.toDF("row", "col", "weight")
    if directed:
        return forward
    return forward.unionByName(edges.where("src <> dst").toDF("col", "row", "weight"))


@contextmanager
def both_ways(
    engine: SparkEngine, matrix: DataFrame, *, symmetric: bool
) -> Iterator[tuple[DataFrame, DataFrame]]:
    """A matrix and its transpose, held for as many products as are wanted."""
    with held(engine, matrix, by="col") as forward:
        if symmetric:
            yield forward, forward
            return
        with held(engine, matrix.toDF("col", "row", "weight"), by="col") as back:
            yield forward, back


def product(matrix: DataFrame, vector: DataFrame, *columns: str) -> DataFrame:
    """The matrix times each of the vector's columns; without rows that have no entry.

    Args:
        matrix: held by `col`, where it is used more than once.
        vector: `code` and the columns.
        columns: their names.
    """
    from pyspark.sql import functions as f

    joined = matrix.join(vector, matrix.col == vector.code)
    sums = (f.sum(f.col("weight") * f.col(name)).alias(name) for name in columns)
    return joined.groupBy(f.col("row").alias("code")).agg(*sums)
