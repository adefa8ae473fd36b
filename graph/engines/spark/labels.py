"""Label propagation of graphs that no worker holds: votes are whole numbers, so labels are exact.

Sources: LDBC Graphalytics (CDLP); Cordasco and Gargano 2010 (semi-synchronous).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from graph.engines.clustering import label_propagation_of, semi_synchronous_label_propagation_of
from graph.engines.kernels.labels import bit_of
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import dense_frames
from graph.engines.spark.loops import held, looping, settling
from graph.engines.spark.pairs import fixed_pairs, summed_pairs
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import CLUSTERING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


def label_propagation(graph: InteractionGraph, *, rounds: int) -> Table:
    """Synchronous label propagation without weights (`CLUSTERING`)."""
    with summed_pairs(graph, weighted=False) as pairs:
        if fits_one_task(graph, pairs):
            work = partial(label_propagation_of, rounds=rounds)
            return in_one_task(graph, pairs, work, CLUSTERING)
        with dense_frames(graph, pairs) as given:
            votes = given.edges.selectExpr("src", "dst", "1L as votes")
            with propagated(given.engine, given.ids.select("code"), votes, rounds) as labels:
                return given.clustering(_least_members(labels))


def semi_synchronous_label_propagation(graph: InteractionGraph, *, rounds: int, seed: int) -> Table:
    """Weighted label propagation in which about half of the accounts move at a time."""
    refuse_odd_weights(graph)
    with fixed_pairs(graph) as pairs:
        if fits_one_task(graph, pairs):
            work = partial(semi_synchronous_label_propagation_of, rounds=rounds, seed=seed)
            return in_one_task(graph, pairs, work, CLUSTERING)
        with (
            dense_frames(graph, pairs) as given,
            settling(given.engine, tossed(given.ids, seed=seed)) as accounts,
        ):
            votes = given.edges.withColumnRenamed("fixed", "votes")
            with propagated(given.engine, accounts, votes, rounds) as labels:
                return given.clustering(_least_members(labels))


def tossed(ids: DataFrame, *, seed: int) -> DataFrame:
    """`code` and `bits`: the 256 tosses of `kernels.labels.moving_bits`, in hexadecimal."""
    from pyspark.sql import functions as f

    text = f.concat(f.lit(f"{seed}\n"), f.col("account"))
    return ids.select("code", f.sha2(text, 256).alias("bits"))


@contextmanager
def propagated(
    engine: SparkEngine, accounts: DataFrame, votes: DataFrame, rounds: int, *, first: int = 0
) -> Iterator[DataFrame]:
    """The `label` of each `code` after some rounds, at first its own.

    Args:
        engine: where the rounds are run.
        accounts: `code`, and `bits` where only some move in each round; settled.
        votes: `src`, `dst` and `votes`, each edge once; it votes both ways.
        rounds: how many.
        first: the number of the first one, which says who moves in it.
    """
    columns = ["code", "label", *accounts.columns[1:]]
    apart = votes.where("src <> dst")
    both = apart.toDF("of", "near", "votes").unionByName(apart.toDF("near", "of", "votes"))
    before = accounts.selectExpr("code", "code as label", *accounts.columns[1:])
    with held(engine, both, by="near") as near, looping(engine, before) as loop:
        for number in range(first, first + rounds):
            best = _most_votes(near, loop.state)
            following = loop.state.join(best, loop.state.code == best.of, "left")
            loop.turn(
                following.withColumn("label", _following(number, "bits" in columns)).select(columns)
            )
        yield loop.state.select("code", "label")


def _most_votes(near: DataFrame, state: DataFrame) -> DataFrame:
    """For each account with neighbours (`of`) the label with most votes, the least of equals."""
    from pyspark.sql import functions as f

    tally = (
        near.join(state.select("code", "label"), near.near == state.code)
        .groupBy("of", "label")
        .agg(f.sum("votes").alias("votes"))
    )
    most: Any = f.max(f.struct(f.col("votes"), (-f.col("label")).alias("label")))
    return tally.groupBy("of").agg(most.alias("most")).selectExpr("of", "-most.label as best")


def _following(number: int, some_move: bool) -> Any:  # noqa: ANN401 - a column of Spark
    from pyspark.sql import functions as f

    taken: Any = f.coalesce("best", "label")
    if not some_move:
        return taken
    byte, bit = bit_of(number)
    tosses = f.conv(f.substring("bits", 2 * byte + 1, 2), 16, 10).cast("int")
    return f.when(f.shiftright(tosses, bit).bitwiseAND(1) == 1, taken).otherwise(f.col("label"))


def _least_members(labels: DataFrame) -> DataFrame:
    """The same partition, each part named by its least member."""
    from pyspark.sql import functions as f

    least = labels.groupBy("label").agg(f.min("code").alias("least"))
    return labels.join(least, "label").selectExpr("code", "least as label")
