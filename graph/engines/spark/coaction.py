"""Co-action on Spark: rows to those who sweep accounts, never a table of pairs.

A first stage works on whole objects, the hot ones cut by time: it drops rows without company,
counts pairs, bounds, and deals each row that is left to the buckets of accounts that own a pair of
it. A second stage has a bucket a task: it runs the sweep of the local engine over the rows it was
dealt, for its own accounts only. Its edges are final: nothing is merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING, cast

from graph.engines.coaction import DENSE, WHOLE, Swept
from graph.engines.kernels import company
from graph.engines.kernels.bounds import Limits
from graph.engines.spark.coaction_acts import OBJECT, Acts, numbered_acts
from graph.engines.spark.coaction_dealt import Dealt, dealt_by_window, pairs_by_window
from graph.engines.spark.coaction_sweep import SWEPT, sweep_bucket
from graph.engines.spark.coaction_whole import dealt_by_object, pairs_by_object
from graph.engines.spark.slices import Hot, hot_objects
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine

ROWS_A_BUCKET = 1_000_000
"""Interactions for each bucket of accounts; a worker holds what its bucket is dealt."""

_WEIGHTS = {
    "posts": "post_pairs",
    "own-posts": "least(own_row, own_partner)",
    "objects": "objects",
    "object-days": "object_days",
}


def co_act(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    at_least: int,
    count: str,
    layer: str,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    unnamed: str,
    limits: tuple[int | None, int | None, int | None],
) -> list[Swept]:
    """`graph.engines.coaction.co_act` of interactions that Spark holds."""
    engine = cast("SparkEngine", interactions.engine)
    wanted = numbered_acts(
        interactions,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        unnamed=unnamed,
    )
    with wanted as acts, hot_objects(engine, acts.rows, acts.number) as hot:
        return [
            _answer(engine, acts, hot, window, at_least, count, layer, Limits(*limits))
            for window in windows_ms
        ]


def count_raw_pairs(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
) -> list[int]:
    """How many pairs of posts each window holds: the first stage alone."""
    engine = cast("SparkEngine", interactions.engine)
    wanted = numbered_acts(
        interactions,
        actions=actions,
        object_kinds=object_kinds,
        min_participation=min_participation,
        # What is one post does not matter to how many rows meet.
        unnamed="rows",
    )
    with wanted as acts, hot_objects(engine, acts.rows, acts.number) as hot:
        return [
            pairs_by_object(acts) if window is None else pairs_by_window(engine, acts, hot, window)
            for window in windows_ms
        ]


def bucket_number(interactions: int, tasks: int) -> int:
    """Into how many buckets accounts fall where so many tasks run at once."""
    return max(tasks, -(-interactions // ROWS_A_BUCKET))


def _answer(
    engine: SparkEngine,
    acts: Acts,
    hot: Hot | None,
    window_ms: int | None,
    at_least: int,
    count: str,
    layer: str,
    limits: Limits,
) -> Swept:
    buckets = bucket_number(acts.number, engine.partitions)
    dealing: AbstractContextManager[Dealt]
    if window_ms is None:
        dealing = dealt_by_object(engine, acts, buckets, limits)
    else:
        dealing = dealt_by_window(engine, acts, hot, window_ms, buckets, limits)
    with dealing as dealt:
        work = partial(
            sweep_bucket,
            within_ms=int(company.NO_TIME) if window_ms is None else window_ms,
            buckets=buckets,
            count=count,
            at_least=at_least,
        )
        swept = engine.worked(dealt.rows.repartitionById(buckets, "bucket"), work, SWEPT)
        return Swept(
            edges=engine.keep_frame(_edges(swept, acts.accounts, count, layer), EDGES),
            bounds=_bounds(engine, acts, dealt.cuts, layer),
            raw_pairs=dealt.pairs,
            interactions_used=dealt.interactions,
        )


def _edges(swept: DataFrame, accounts: DataFrame, count: str, layer: str) -> DataFrame:
    """Names in the place of codes, the lesser in the order of bytes first."""
    from pyspark.sql import functions as f

    rows = accounts.select(f.col("code").alias("row"), f.col("account").alias("one"))
    partners = accounts.select(f.col("code").alias("partner"), f.col("account").alias("other"))
    named = swept.join(rows, "row").join(partners, "partner")
    return named.selectExpr(
        "least(one, other) as src",
        "greatest(one, other) as dst",
        f"cast({_WEIGHTS[count]} as double) as weight",
        "if(one < other, own_row, own_partner) as src_count",
        "if(one < other, own_partner, own_row) as dst_count",
        *("objects", "object_days", "post_pairs", "first_at", "last_at"),
        "cast(null as double) as expected",
        "cast(null as double) as log10_p",
    ).withColumn("layer", f.lit(layer))


def _bounds(engine: SparkEngine, acts: Acts, cuts: DataFrame | None, layer: str) -> Table:
    if cuts is None:
        return engine.from_arrow(BOUNDS.arrow.empty_table(), BOUNDS)
    from pyspark.sql import functions as f

    # One name for each object first: joined before, all acts on one would be one task's.
    named = acts.named.groupBy(*OBJECT).agg(f.min("subject").alias("subject"))
    # Spark takes this join first where few objects are cut, and they go to all tasks.
    subjects = named.join(cuts.select(*OBJECT).distinct(), list(OBJECT), "left_semi")
    says = f.when(f.col("bound") == "object-interactions", WHOLE).otherwise(DENSE)
    return engine.keep_frame(
        cuts.join(subjects, list(OBJECT)).select(
            f.lit(layer).alias("layer"),
            "bound",
            "subject",
            "accounts",
            "interactions",
            f.col("pairs").alias("pairs_not_counted"),
            says.alias("says"),
        ),
        BOUNDS,
    )
