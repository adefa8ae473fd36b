"""Hubs and authorities of graphs that no worker holds: two products a round.

Scores agree with the local engine's to 1e-9 of their scale. The definition and its source are
those of `kernels.hits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from graph.engines.kernels.hits import never_rested
from graph.engines.ranking import hits_of
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.loops import Loop, looping, settling
from graph.engines.spark.pairs import summed_pairs
from graph.engines.spark.products import adjacency, both_ways, product
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schema import Column, Schema
from graph.schemas import RANKING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_BOTH = Schema(
    "hits",
    (
        Column("account", "VARCHAR", "the account's id"),
        Column("hub", "DOUBLE", "how well it points"),
        Column("authority", "DOUBLE", "how well it is pointed at"),
    ),
    key=("account",),
)


def hits(
    graph: InteractionGraph, *, iterations: int, tolerance: float, weighted: bool
) -> tuple[Table, Table]:
    """Hubs and authorities (two `RANKING`s)."""
    refuse_odd_weights(graph)
    engine = graph.engine
    with summed_pairs(graph, weighted=weighted) as pairs:
        if fits_one_task(graph, pairs):
            work = partial(hits_of, iterations=iterations, tolerance=tolerance, weighted=weighted)
            both = in_one_task(graph, pairs, work, _BOTH)
        else:
            with dense_frames(graph, pairs) as given:
                both = _hubs(given, iterations=iterations, tolerance=tolerance)
    hubs = engine.sql("select account, hub as score from {both}", RANKING, both=both)
    authorities = engine.sql("select account, authority as score from {both}", RANKING, both=both)
    engine.drop(both)
    return hubs, authorities


def _hubs(given: DenseFrames, *, iterations: int, tolerance: float) -> Table:
    from pyspark.sql import functions as f

    even = f.lit(1 / max(given.accounts, 1))
    first = given.ids.select("code", even.alias("hub"), even.alias("authority"))
    pointing = adjacency(given.edges.where("weight > 0"), directed=given.directed)
    with (
        both_ways(given.engine, pointing, symmetric=not given.directed) as ways,
        looping(given.engine, first) as loop,
    ):
        if not ways[0].isEmpty():
            moved = _settle(given, ways, loop, iterations=iterations, tolerance=tolerance)
            if moved >= tolerance:
                raise never_rested(moved, iterations)
        return given.whole(given.engine.keep_frame(loop.state.join(given.ids, "code"), _BOTH))


def _settle(
    given: DenseFrames,
    ways: tuple[DataFrame, DataFrame],
    loop: Loop,
    *,
    iterations: int,
    tolerance: float,
) -> float:
    """Turn until hubs rest or rounds run out; give the summed change of the last round."""
    moved = 0.0
    for _ in range(iterations):
        hubs = loop.state.select("code", "hub")
        with (
            _shares(given, product(ways[1], hubs, "hub")) as authorities,
            _shares(given, product(ways[0], authorities, "hub")) as following,
        ):
            moved = _change(hubs, following)
            pointed = authorities.toDF("code", "authority")
            loop.turn(
                given.ids.select("code")
                .join(following, "code", "left")
                .join(pointed, "code", "left")
                .fillna(0.0, ["hub", "authority"])
            )
        if moved < tolerance:
            break
    return moved


@contextmanager
def _shares(given: DenseFrames, vector: DataFrame) -> Iterator[DataFrame]:
    """A vector (`code`, `hub`) settled and scaled so that it adds up to 1."""
    from pyspark.sql import functions as f

    with settling(given.engine, vector) as settled:
        row = settled.agg(f.sum("hub")).first()
        yield settled.select("code", (f.col("hub") / f.lit(row[0] if row else 1.0)).alias("hub"))


def _change(before: DataFrame, now: DataFrame) -> float:
    """The summed difference of two vectors, the first of which has all accounts."""
    from pyspark.sql import functions as f

    change = f.sum(f.abs(f.coalesce("now", f.lit(0.0)) - f.col("hub")))
    row = before.join(now.toDF("code", "now"), "code", "left").agg(change).first()
    return float(row[0] or 0.0) if row else 0.0
