"""Pieces of large components on Spark, each small enough for one worker's one search.

The rule is that of `graph.engines.kernels.cutting`, step by step. Labels spread over what is too
large alone, and the driver holds no more than the names of such pieces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.kernels.cutting import ROUNDS, Cutting
from graph.engines.spark.components import labelled
from graph.engines.spark.labels import propagated, tossed
from graph.engines.spark.loops import settling

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.dense import DenseFrames
    from graph.engines.spark.engine import SparkEngine


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is left of a graph's edges.

    Attributes:
        edges: those with both ends in one piece.
        parts: the piece of each account, `code` and `label`.
        times: for each component that labels have cut how often they did.
    """

    edges: DataFrame
    parts: DataFrame
    times: Counter[int]


@contextmanager
def cut(
    given: DenseFrames, edges: DataFrame, parts: DataFrame, cutting: Cutting
) -> Iterator[Pieces]:
    """The pieces of the components that are too large, and all others as they are; settled.

    Args:
        given: which accounts there are.
        edges: `src`, `dst` and `fixed`; and `pays`, where accounts stand for communities. Settled.
        parts: the components that these edges make, `code` and `label`; settled.
        cutting: how.
    """
    pays = "pays" in edges.columns
    first = cutting.first
    pieces = Pieces(edges, parts, Counter())
    with ExitStack() as last:
        for rounds in ((None,) if pays else ()) + ROUNDS:
            large = _larger(pieces, parts, cutting.most)
            if not large:
                break
            if rounds is not None:
                pieces.times.update(set(large.values()))
            with ExitStack() as step:
                pieces = step.enter_context(_smaller(given, pieces, large, cutting, rounds, first))
                last.close()
                last.push(step.pop_all())
            first += rounds or 0
        yield pieces


def codes_of(engine: SparkEngine, name: str, codes: Collection[int]) -> DataFrame:
    """A few codes as a frame of one column."""
    return engine.session.createDataFrame(pa.table({name: pa.array(list(codes), pa.int64())}))


def _larger(pieces: Pieces, parts: DataFrame, most: int) -> dict[int, int]:
    """The pieces of more edges than that, each with the component that it is of."""
    from pyspark.sql import functions as f

    rows = (
        pieces.edges.where("src <> dst")
        .join(pieces.parts.toDF("src", "piece"), "src")
        .groupBy("piece")
        .agg(f.count("*").alias("edges"))
        .where(f.col("edges") > most)
        .join(parts.toDF("piece", "component"), "piece")
        .collect()
    )
    return {row["piece"]: row["component"] for row in rows}


@contextmanager
def _smaller(
    given: DenseFrames,
    pieces: Pieces,
    large: Collection[int],
    cutting: Cutting,
    rounds: int | None,
    first: int,
) -> Iterator[Pieces]:
    """The same pieces, the large ones cut once: by what pays (`None`) or by rounds of labels."""
    engine = given.engine
    of_large = pieces.parts.join(codes_of(engine, "label", large), "label").select("code")
    with ExitStack() as step:
        with (
            settling(engine, of_large) as members,
            settling(engine, pieces.edges.join(members.toDF("src"), "src", "left_semi")) as inside,
            _labels(given, members, inside, cutting, rounds, first) as borne,
        ):
            uncut = (
                inside.join(borne.toDF("src", "one"), "src")
                .join(borne.toDF("dst", "other"), "dst")
                .where("one = other")
                .select(pieces.edges.columns)
            )
            others = pieces.edges.join(members.toDF("src"), "src", "left_anti")
            kept = step.enter_context(
                settling(engine, others.select(pieces.edges.columns).unionByName(uncut))
            )
        yield Pieces(kept, step.enter_context(labelled(given, kept)), pieces.times)


@contextmanager
def _labels(
    given: DenseFrames,
    members: DataFrame,
    inside: DataFrame,
    cutting: Cutting,
    rounds: int | None,
    first: int,
) -> Iterator[DataFrame]:
    """What the members of large pieces bear, `code` and `label`."""
    voting = inside.where("pays") if "pays" in inside.columns else inside
    if rounds is None:
        with settling(given.engine, voting) as paying, labelled(given, paying) as labels:
            yield labels
        return
    ids = given.ids.join(members, "code", "left_semi")
    votes = voting.selectExpr("src", "dst", "fixed as votes")
    with (
        settling(given.engine, tossed(ids, seed=cutting.seed)) as coins,
        propagated(given.engine, coins, votes, rounds, first=first) as labels,
    ):
        yield labels
