"""The first stage on Spark: what has company in a window, what a bound cuts, whom rows are for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from logging import getLogger
from typing import TYPE_CHECKING, cast

from graph.engines.kernels.bounds import Limits, first_beyond
from graph.engines.spark.coaction_acts import OBJECT, Acts, settled
from graph.engines.spark.coaction_company import (
    BOUNDS,
    CUT,
    FOUND,
    HELD,
    ROW,
    TOTAL,
    WINDOWS,
    Asked,
    find_company,
)
from graph.engines.spark.coaction_crowds import Crowds, crowds_of
from graph.engines.spark.parallelism import shuffled_into
from graph.engines.spark.slices import Hot, cutting, in_slices

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

ROW_COLUMNS = ("bucket", "account", *OBJECT, "at", "c1", "c2")
_log = getLogger("ringwatch.spark")
_BLOCK_BITS = 16
DEALT_AHEAD = 4
"""So many times the bound on raw pairs is dealt at most before it is known whether it is met.

A task may have this many times its even share, so an extract within its bound is seldom dealt anew.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The first stage's answer.

    `rows`: interactions dealt to buckets (`ROW_COLUMNS`). `cuts`: `o1`, `o2`, `bound`, `accounts`,
    `interactions`, `pairs`; None if no bound cut anything. `whole`: whether all rows that are left
    were dealt.
    """

    rows: DataFrame
    pairs: int
    interactions: int
    cuts: DataFrame | None
    whole: bool = True


@contextmanager
def dealt_by_window(
    engine: SparkEngine, acts: Acts, hot: Hot | None, within_ms: int, buckets: int, limits: Limits
) -> Iterator[Dealt]:
    """Find and deal the rows of a window of time, after the bounds."""
    asked = first_asked(within_ms, buckets, limits, shuffled_into(engine.partitions))
    with _crowds(engine, acts, hot, asked, limits) as crowds:
        rows, known, sizes = acts.rows, 0, None
        if crowds is not None:
            crowds.bound(limits)
            rows = crowds.others
            if limits.raw_pairs is not None and crowds.pairs > limits.raw_pairs:
                # The bound is gone beyond whatever the others do: they are only counted.
                known, sizes, asked = crowds.pairs, crowds.windows(), replace(asked, most_pairs=0)
            else:
                rows = rows.unionByName(crowds.rows)
        with settled(engine, _found(engine, rows, hot, asked)) as found:
            answer = _answer(found, crowds)
            fits = limits.raw_pairs is None or answer.pairs + known <= limits.raw_pairs
            if fits and answer.whole:
                yield answer
                return
            affordable = (
                None
                if fits
                else affordable_window(_windows(found, sizes), cast(int, limits.raw_pairs))
            )
        if crowds is not None and known and affordable is not None:
            crowds.afford(affordable)
            rows = rows.unionByName(crowds.rows)
        asked = asked_again(asked, affordable)
        with settled(engine, _found(engine, rows, hot, asked)) as found:
            yield _answer(found, crowds)


@contextmanager
def _crowds(
    engine: SparkEngine, acts: Acts, hot: Hot | None, asked: Asked, limits: Limits
) -> Iterator[Crowds | None]:
    """The crowds, where a bound takes from them; without one they are dealt as they are."""
    if limits == Limits(None, None, None):
        yield None
        return
    # The farthest that a slice will have to see.
    cut = asked.cut if limits.raw_pairs is None else asked_again(asked, 0).cut
    with crowds_of(engine, acts.rows, hot, cut, asked.within_ms) as crowds:
        yield crowds


def first_asked(within_ms: int, buckets: int, limits: Limits, tasks: int) -> Asked:
    """What the rows are asked first: before anybody knows what the bound on raw pairs leaves.

    Args:
        within_ms: the window.
        buckets: how many share the accounts.
        limits: the bounds.
        tasks: how many look at the rows.
    """
    budget = limits.raw_pairs
    return Asked(
        within_ms=within_ms,
        buckets=buckets,
        object_interactions=limits.object_interactions,
        window_interactions=limits.window_interactions,
        sized=budget is not None,
        most_pairs=None if budget is None else DEALT_AHEAD * budget // tasks,
        # Company and the size of a window look one window further each, and so does each cut.
        cut=cutting(within_ms, 4 if limits.window_interactions is not None else 2),
    )


def asked_again(asked: Asked, affordable: int | None) -> Asked:
    """What they are asked once it is known how large a window `raw_pairs` affords; None: any."""
    cut = asked.cut if affordable is None else cutting(asked.within_ms, 5)
    return replace(asked, affordable=affordable, sized=False, most_pairs=None, cut=cut)


def pairs_by_window(engine: SparkEngine, acts: Acts, hot: Hot | None, within_ms: int) -> int:
    """How many pairs of rows of two accounts a window of time holds."""
    asked = Asked(within_ms=within_ms, buckets=0, cut=cutting(within_ms, 1))
    with crowds_of(engine, acts.rows, hot, asked.cut, within_ms) as crowds:
        rows = acts.rows if crowds is None else crowds.others
        found = _found(engine, rows, hot, asked)
        [(pairs,)] = found.selectExpr("sum(cast(pairs as decimal(38, 0)))").collect()
        return int(pairs or 0) + (0 if crowds is None else crowds.pairs)


def affordable_window(windows: DataFrame, most_pairs: int) -> int:
    """`graph.engines.kernels.bounds.affordable_window` of a table, without collecting it.

    The sum is looked for block by block of sizes and then in one block, so the driver holds some
    ten thousand sums at most.

    Args:
        windows: `interactions` whose windows hold `others` beside them.
        most_pairs: the budget.
    """
    from pyspark.sql import functions as f

    # Of a crowd they may be more than 64 bits hold.
    half_pairs = f.sum(f.col("others").cast("decimal(19, 0)") * f.col("interactions"))
    block = f.shiftright("others", _BLOCK_BITS)
    blocks = windows.groupBy(block.alias("others")).agg(half_pairs.alias("half_pairs"))
    first, before = _first_beyond(blocks, 2 * most_pairs, 0)
    sizes = windows.where(block == first).groupBy("others").agg(half_pairs.alias("half_pairs"))
    return _first_beyond(sizes, 2 * most_pairs, before)[0]


def _first_beyond(sums: DataFrame, most: int, before: int) -> tuple[int, int]:
    """Where the running sum goes beyond `most`, and the sum until there."""
    ordered = sums.orderBy("others").collect()
    return first_beyond(((int(size), int(half)) for size, half in ordered), most, before)


def _found(engine: SparkEngine, rows: DataFrame, hot: Hot | None, asked: Asked) -> DataFrame:
    sliced = in_slices(rows, hot, asked.cut)
    return engine.worked(sliced, partial(find_company, asked=asked), FOUND)


def _windows(found: DataFrame, further: DataFrame | None) -> DataFrame:
    from pyspark.sql import functions as f

    sizes = found.where(f.col("kind") == WINDOWS).select(
        f.col("pairs").alias("others"), "interactions"
    )
    if further is not None:
        sizes = sizes.unionByName(further)
    return sizes.groupBy("others").agg(f.sum("interactions").alias("interactions"))


def _answer(found: DataFrame, crowds: Crowds | None) -> Dealt:
    from pyspark.sql import functions as f

    counted = found.groupBy("kind", "bucket").agg(
        f.count(f.lit(1)).alias("rows"),
        f.sum("interactions").alias("interactions"),
        f.sum(f.col("pairs").cast("decimal(38, 0)")).alias("pairs"),
    )
    facts = counted.where(f.col("kind") != WINDOWS).collect()
    total = [fact for fact in facts if fact["kind"] == TOTAL]
    show_buckets([fact["rows"] for fact in facts if fact["kind"] == ROW])
    cuts = _cuts(found) if any(fact["kind"] == CUT for fact in facts) else None
    if crowds is not None and crowds.cuts is not None:
        # What is left of a crowd is cut no more, so no object is in both.
        cuts = crowds.cuts if cuts is None else cuts.unionByName(crowds.cuts)
    return Dealt(
        rows=found.where(f.col("kind") == ROW).select(*ROW_COLUMNS),
        pairs=int(total[0]["pairs"]) if total else 0,
        interactions=int(total[0]["interactions"]) if total else 0,
        cuts=cuts,
        whole=all(fact["kind"] != HELD for fact in facts),
    )


def _cuts(found: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    bounds = f.array(*(f.lit(bound) for bound in BOUNDS))
    return (
        found.where(f.col("kind") == CUT)
        .groupBy(*OBJECT, bounds[f.col("bucket")].alias("bound"))
        .agg(
            # A slice tells its accounts one by one, a whole object their number.
            (f.sum("accounts") + f.countDistinct("account")).alias("accounts"),
            f.sum("interactions").alias("interactions"),
            f.sum("pairs").alias("pairs"),
        )
    )


def show_buckets(rows: list[int]) -> None:
    """Say how evenly the rows are dealt, given those of each bucket."""
    if rows:
        _log.info(
            "%d rows are dealt to %d buckets; the largest has %d",
            sum(rows),
            len(rows),
            max(rows),
        )
