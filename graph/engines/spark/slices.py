"""Rows by object for the workers, the hottest objects cut by time.

A hot object is cut into slices of a fixed length. Each slice also gets the rows of its neighbours
that stand so near that they matter to its own (its halo), so a slice is worked on alone and answers
as the whole object would. A slice is at least twice as long as the halo reaches, so a row of a hot
object travels twice on average and three times at most.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from logging import getLogger
from typing import TYPE_CHECKING

import numpy as np

from graph.engines.kernels.bounds import Slices
from graph.engines.spark.coaction_acts import OBJECT, settled
from graph.engines.spark.whole_groups import Longs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

GROUP = (*OBJECT, "slice")
"""What the rows of one object's slice have in common."""

HOT_ROWS = 200_000
"""Objects with more rows than this are cut."""

_SHORTEST_MS = 60_000
_LONGEST_MS = 1 << 61
_LEAST, _MOST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_log = getLogger("ringwatch.spark")


@dataclass(frozen=True, slots=True)
class Cutting:
    """How hot objects are cut: a slice's length, and how far a halo reaches; None: they are not."""

    width_ms: int | None
    reach_ms: int

    def sees(self, place: int) -> tuple[int, int]:
        """The times from and up to which rows come to a slice, its halos among them; ms.

        Of what is not cut, all times.
        """
        if self.width_ms is None:
            return int(_LEAST), int(_MOST)
        first = place * self.width_ms
        return first - self.reach_ms, first + self.width_ms + self.reach_ms

    def times(self, place: Longs, size: Longs) -> Slices | None:
        """The own times of slices, or None where nothing is cut.

        Args:
            place: the number of each slice.
            size: the rows of each one's object if it is hot, else 0.
        """
        hot = size > 0
        if self.width_ms is None or not hot.any():
            return None
        first, last = np.full(len(place), _LEAST), np.full(len(place), _MOST)
        # The slices at the very ends of time have no end of their own.
        inner = hot & (place > _LEAST // self.width_ms + 1)
        first[inner] = place[inner] * self.width_ms
        inner = hot & (place < _MOST // self.width_ms - 1)
        last[inner] = place[inner] * self.width_ms + (self.width_ms - 1)
        return Slices(first, last)


def cutting(within_ms: int, windows: int) -> Cutting:
    """Slices for a window whose rows look `windows` of them to either side."""
    reach = within_ms * windows
    width = max(2 * reach, _SHORTEST_MS)
    return Cutting(width if width < _LONGEST_MS else None, reach)


@dataclass(frozen=True, slots=True)
class Hot:
    """The objects that are cut: `o1`, `o2` and `size`; how many; the times of the largest, ms."""

    objects: DataFrame
    number: int
    largest: int
    began: int
    ended: int


@contextmanager
def hot_objects(engine: SparkEngine, rows: DataFrame, number: int) -> Iterator[Hot | None]:
    """The objects that are to be cut by time; None if there is none.

    Args:
        engine: holds the rows.
        rows: with `o1`, `o2` and `at`.
        number: how many rows there are.
    """
    from pyspark.sql import functions as f

    if number <= HOT_ROWS:
        yield None
        return
    sizes = rows.groupBy(*OBJECT).agg(
        f.count(f.lit(1)).alias("size"), f.min("at").alias("began"), f.max("at").alias("ended")
    )
    with settled(engine, sizes.where(f.col("size") > HOT_ROWS)) as hot:
        largest = f.max(f.struct("size", "began", "ended"))
        [(count, found)] = hot.agg(f.count(f.lit(1)), largest).collect()
        if found is None:
            _log.info("no object has more than %d interactions", HOT_ROWS)
        yield Hot(hot.select(*OBJECT, "size"), count, *found) if found is not None else None


def in_slices(rows: DataFrame, hot: Hot | None, cut: Cutting) -> DataFrame:
    """The rows by `GROUP`, each group whole in a partition and in order of time.

    `slice` is the number of the slice, and `size` the rows of a hot object; both are 0 for others.
    """
    from pyspark.sql import functions as f

    if hot is None or cut.width_ms is None:
        nought = f.lit(0).cast("bigint")
        placed = rows.withColumns({"size": nought, "slice": nought})
    else:
        _show(hot, cut.width_ms)
        sized = rows.join(f.broadcast(hot.objects), list(OBJECT), "left")
        placed = sliced(sized.withColumn("size", f.coalesce("size", f.lit(0))), cut.width_ms, cut)
    return placed.repartition(*GROUP).sortWithinPartitions(*GROUP, "at")


def sliced(sized: DataFrame, width_ms: int, cut: Cutting) -> DataFrame:
    """Rows with their object's `size`, each in every slice that sees it: its number as `slice`.

    Args:
        sized: `at`, and `size`: the rows of a hot object, 0 for others, which are not cut.
        width_ms: the width of `cut`, which has one.
        cut: how hot objects are cut.
    """
    from pyspark.sql import functions as f

    return sized.withColumn("slice", f.expr(_slices_sql(width_ms, cut.reach_ms)))


def floored(number: str, by: int) -> str:
    """The greatest whole number of times that `by` goes into a number, as SQL."""
    # Spark's `div` cuts towards nought.
    return f"({number} div {by}) - if({number} % {by} < 0, 1, 0)"


def _slices_sql(width: int, reach: int) -> str:
    """A row for each slice that a row of a hot object is in, or near."""
    here = floored("at", width)
    before = f"if(pmod(at, {width}) < {reach}, 1, 0)"
    behind = f"if(pmod(at, {width}) >= {width - reach}, 1, 0)"
    near = f"sequence({here} - {before}, {here} + {behind})"
    return f"explode(if(size = 0, array(0L), {near}))"


def _show(hot: Hot, width_ms: int) -> None:
    _log.info(
        "%d objects have more than %d interactions; the largest has %d, in %d slices of %d s",
        hot.number,
        HOT_ROWS,
        hot.largest,
        hot.ended // width_ms - hot.began // width_ms + 1,
        width_ms // 1000,
    )
