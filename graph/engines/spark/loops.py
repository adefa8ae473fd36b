"""What iterative algorithms on Spark share: a state without lineage, and rows held by workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


class Loop:
    """The state of a loop: settled at each turn, the turn before forgotten."""

    def __init__(self, engine: SparkEngine, first: DataFrame) -> None:
        """Settle the first state; `looping` gives the last one back."""
        self._engine = engine
        self.state = engine.settled(first)

    def turn(self, following: DataFrame) -> None:
        """Go on to a state that was made from this one."""
        settled = self._engine.settled(following)
        self._engine.forget(self.state)
        self.state = settled

    def measured(self, *measures: Any) -> list[float]:  # noqa: ANN401 - columns of Spark
        """Sums over the state's rows, 0 where there are none."""
        row = self.state.agg(*measures).first()
        return [float(value or 0) for value in row or ()]

    def close(self) -> None:
        """Forget the state."""
        self._engine.forget(self.state)


@contextmanager
def looping(engine: SparkEngine, first: DataFrame) -> Iterator[Loop]:
    """A loop that begins with `first`; nothing of it is left afterwards."""
    loop = Loop(engine, first)
    try:
        yield loop
    finally:
        loop.close()


@contextmanager
def settling(engine: SparkEngine, frame: DataFrame) -> Iterator[DataFrame]:
    """The frame settled, for as long as it is worked with."""
    settled = engine.settled(frame)
    try:
        yield settled
    finally:
        engine.forget(settled)


@contextmanager
def held(engine: SparkEngine, frame: DataFrame, by: str) -> Iterator[DataFrame]:
    """Rows that every turn joins anew, spread by a column once and held by the workers.

    A worker that is lost is made good from what `frame` reads.
    """
    from pyspark import StorageLevel

    shuffles = int(engine.session.conf.get("spark.sql.shuffle.partitions") or engine.partitions)
    kept = frame.repartition(shuffles, by).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()
