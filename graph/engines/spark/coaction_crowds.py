"""The bounds on crowds: what is too dense goes before any row comes to a task over objects.

What the bounds leave of a crowd is no crowd: its windows are no larger than the bound, or all their
pairs are within it. It goes the way of all other rows from there on, and no bound takes anything
from it a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from graph.engines.kernels.bounds import Limits
from graph.engines.spark.coaction_acts import OBJECT, settled
from graph.engines.spark.coaction_company import BOUNDS
from graph.engines.spark.crowds import crowded, near_others
from graph.engines.spark.slices import Cutting, Hot

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from graph.engines.spark.engine import SparkEngine

_OBJECT, _WINDOW, _PAIRS = BOUNDS
MOST_PAIRS = (1 << 63) - 1
"""What is told of an object that has more pairs; a run of days must not fail over a count."""
_ROW = ("account", *OBJECT, "at", "c1", "c2")


class Crowds:
    """What is left of the crowds: their rows with company, and what bounds took.

    `others`: the rows of all other objects. `cuts`: what each bound took, with `o1`, `o2`,
    `bound`, `accounts`, `interactions` and `pairs`; None as long as none took anything.
    """

    def __init__(
        self,
        engine: SparkEngine,
        held: ExitStack,
        rows: DataFrame,
        crowds: DataFrame,
        within_ms: int,
    ) -> None:
        """Those of `rows` that are on one of `crowds`; what is written stays as long as `held`."""
        from pyspark.sql import functions as f

        self._engine, self._within_ms = engine, within_ms
        self._held, self._sizes = held, crowds
        there = f.broadcast(crowds.select(*OBJECT))
        self.others = rows.join(there, list(OBJECT), "left_anti")
        self.cuts: DataFrame | None = None
        self._take(rows.join(there, list(OBJECT), "left_semi"))

    @property
    def rows(self) -> DataFrame:
        """The rows that are left, as they came."""
        return self._near.select(*_ROW)

    def windows(self) -> DataFrame:
        """How many `interactions` have `others` beside them in their window."""
        from pyspark.sql import functions as f

        sizes = self._near.groupBy((f.col("size") - 1).alias("others"))
        return sizes.agg(f.count(f.lit(1)).alias("interactions"))

    def bound(self, limits: Limits) -> None:
        """Apply the bounds that need not know of other objects."""
        from pyspark.sql import functions as f

        if limits.object_interactions is not None:
            large = self._sizes.where(f.col("size") > limits.object_interactions)
            large = large.select(*OBJECT, f.lit(True).alias("large"))
            marked = self._near.join(f.broadcast(large), list(OBJECT), "left")
            self._leave_out(_OBJECT, marked, f.col("large").isNotNull())
        if limits.window_interactions is not None:
            self._leave_out(_WINDOW, self._near, f.col("size") > limits.window_interactions)

    def afford(self, window: int) -> None:
        """Leave out what has a larger window than `raw_pairs` affords."""
        from pyspark.sql import functions as f

        self._leave_out(_PAIRS, self._near, f.col("size") > window)

    def _take(self, rows: DataFrame) -> None:
        from pyspark.sql import functions as f

        self._rows_held = self._held.enter_context(ExitStack())
        near = near_others(self._engine, rows, self._within_ms)
        self._near = self._rows_held.enter_context(near)
        self._by_object = self._near.groupBy(*OBJECT).agg(
            (f.sum(f.col("others").cast("decimal(38, 0)")) / 2)
            .cast("decimal(38, 0)")
            .alias("pairs")
        )
        [(pairs,)] = self._by_object.agg(f.sum("pairs")).collect()
        self.pairs = int(pairs or 0)

    def _leave_out(self, bound: str, marked: DataFrame, out: Column) -> None:
        from pyspark.sql import functions as f

        lost = marked.where(out).groupBy(*OBJECT)
        counted = lost.agg(
            f.countDistinct("account").alias("accounts"),
            f.count(f.lit(1)).alias("interactions"),
        )
        with settled(self._engine, counted) as gone:
            if not self._engine.settled_rows(gone):
                return
            before = self._by_object.withColumnRenamed("pairs", "before")
            rows_before = self._rows_held
            self._take(marked.where(~out).select(*_ROW))
            after = self._by_object.withColumnRenamed("pairs", "after")
            pairs = f.col("before") - f.coalesce("after", f.lit(0))
            cuts = (
                gone.join(before, list(OBJECT))
                .join(after, list(OBJECT), "left")
                .select(
                    *(*OBJECT, f.lit(bound).alias("bound"), "accounts", "interactions"),
                    f.least(pairs, f.lit(MOST_PAIRS)).cast("bigint").alias("pairs"),
                )
            )
            cuts = self._held.enter_context(settled(self._engine, cuts))
            # Nothing asks for what was there before any more.
            rows_before.close()
        self.cuts = cuts if self.cuts is None else self.cuts.unionByName(cuts)


@contextmanager
def crowds_of(
    engine: SparkEngine, rows: DataFrame, hot: Hot | None, cut: Cutting, within_ms: int
) -> Iterator[Crowds | None]:
    """The crowds among the rows, with company; None if there are none.

    Args:
        engine: holds the rows.
        rows: `account`, `o1`, `o2`, `at`, `c1`, `c2`.
        hot: the hot objects.
        cut: how they are cut at most.
        within_ms: the window.
    """
    with crowded(engine, rows, hot, cut) as crowds:
        if crowds is None:
            yield None
            return
        with ExitStack() as held:
            yield Crowds(engine, held, rows, crowds, within_ms)
