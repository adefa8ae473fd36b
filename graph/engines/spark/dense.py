"""A graph on Spark with dense numbers for ids, and answers by number with their names again.

Account 0 is the least id in byte order, as everywhere (`graph.engines.dense`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.engines.dense import vertices
from graph.engines.spark.codes import numbered
from graph.engines.spark.loops import settling
from graph.engines.spark.pairs import engine_of
from graph.errors import RingwatchError
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import CLUSTERING, RANKING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

_VERTICES = Schema("vertices", (Column("account", "VARCHAR", "the account's id"),), ("account",))


@dataclass(frozen=True, slots=True)
class DenseFrames:
    """`ids` has `account` and `code`; `edges` the codes `src` and `dst` and the pairs' value."""

    engine: SparkEngine
    ids: DataFrame
    edges: DataFrame
    accounts: int
    directed: bool

    def clustering(self, labels: DataFrame) -> Table:
        """`CLUSTERING` of rows (`code`, `label`); a label is the code of a cluster's name.

        Raises:
            RingwatchError: it has not one row for each account.
        """
        names = self.ids.toDF("cluster", "label")
        named = labels.join(self.ids, "code").join(names, "label")
        return self.whole(self.engine.keep_frame(named, CLUSTERING))

    def ranking(self, scores: DataFrame) -> Table:
        """`RANKING` of rows (`code`, `score`).

        Raises:
            RingwatchError: it has not one row for each account.
        """
        return self.whole(self.engine.keep_frame(scores.join(self.ids, "code"), RANKING))

    def whole(self, answer: Table) -> Table:
        """The answer itself.

        Raises:
            RingwatchError: it has not one row for each account.
        """
        found = self.engine.count(answer)
        if found != self.accounts:
            self.engine.drop(answer)
            message = (
                f"the answer has {found} accounts where the graph has {self.accounts}: rows were"
                " lost on the way; run it again, with `scratch` on another file system if there"
                " is one"
            )
            raise RingwatchError(message)
        return answer


@contextmanager
def dense_frames(graph: InteractionGraph, pairs: Table) -> Iterator[DenseFrames]:
    """The graph by number, settled for as long as it is worked with.

    Args:
        graph: accounts without edges are kept.
        pairs: its pairs by name, whose third column is kept as it is.
    """
    engine = engine_of(graph)
    query, tables = vertices(graph)
    accounts = engine.sql(query, _VERTICES, **tables)
    ids = numbered(engine, engine.frame(accounts), ["account"])
    try:
        value = pairs.schema.names[2]
        edges = (
            engine.frame(pairs)
            .join(ids.toDF("src", "src_code"), "src")
            .join(ids.toDF("dst", "dst_code"), "dst")
            .selectExpr("src_code as src", "dst_code as dst", value)
        )
        with settling(engine, edges) as settled:
            yield DenseFrames(engine, ids, settled, engine.count(accounts), graph.directed)
    finally:
        engine.forget(ids)
        engine.drop(accounts)
