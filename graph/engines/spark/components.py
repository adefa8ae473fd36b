"""Connected components of graphs that no worker holds, by alternating stars, and always verified.

In a round every account first ties its greater neighbours to the least account it knows, then all
its lesser ones; distances shrink until each component is a star around its least account. Hubs do
no harm: a row is one edge, never one account's neighbours.

Source: Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii 2014, Connected Components in
MapReduce and Beyond.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from graph.engines.clustering import components_of
from graph.engines.kernels.components import refuse_odd_components
from graph.engines.spark.alone import fits_one_task, in_one_task
from graph.engines.spark.dense import DenseFrames, dense_frames
from graph.engines.spark.loops import Loop, looping, settling
from graph.engines.spark.pairs import summed_pairs
from graph.model import InteractionGraph
from graph.schemas import CLUSTERING
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


def components(graph: InteractionGraph) -> Table:
    """Accounts that a path of edges joins (`CLUSTERING`)."""
    with summed_pairs(graph, weighted=False) as pairs:
        if fits_one_task(graph, pairs):
            return in_one_task(graph, pairs, components_of, CLUSTERING)
        with dense_frames(graph, pairs) as given, labelled(given, given.edges) as labels:
            return given.clustering(labels)


@contextmanager
def labelled(given: DenseFrames, edges: DataFrame) -> Iterator[DataFrame]:
    """Each account's component: `code`, and as `label` the least code that edges join it to.

    Args:
        given: which accounts there are.
        edges: the codes `src` and `dst`; settled, and perhaps not all of the graph's.

    Raises:
        RingwatchError: the answer lacks what every right one has.
    """
    from pyspark.sql import functions as f

    with _stars(given.engine, edges) as stars:
        named = given.ids.join(stars, given.ids.code == stars.child, "left").select(
            "code", f.coalesce("parent", "code").alias("label")
        )
        with settling(given.engine, named) as labels:
            _verify(given, edges, labels)
            yield labels


@contextmanager
def _stars(engine: SparkEngine, edges: DataFrame) -> Iterator[DataFrame]:
    """Each account but the least of its component as `child`, that least one as `parent`."""
    from pyspark.sql import functions as f

    links = (
        edges.where("src <> dst")
        .select(f.greatest("src", "dst").alias("child"), f.least("src", "dst").alias("parent"))
        .distinct()
    )
    with looping(engine, links) as loop:
        before: tuple[object, ...] = ()
        now = _sign(loop)
        while before != now:
            loop.turn(_small_star(_large_star(loop.state)))
            before, now = now, _sign(loop)
        yield loop.state


def _large_star(links: DataFrame) -> DataFrame:
    """Tie the greater neighbours of each account to the least one that it knows, or to it."""
    from pyspark.sql import functions as f

    near = links.toDF("near", "of").unionByName(links.toDF("of", "near"))
    least = near.groupBy("of").agg(f.min("near").alias("least"))
    return (
        near.join(least, "of")
        .where("near > of")
        .select(f.col("near").alias("child"), f.least("of", "least").alias("parent"))
        .distinct()
    )


def _small_star(links: DataFrame) -> DataFrame:
    """Tie each account, and its lesser neighbours, to the least of these."""
    from pyspark.sql import functions as f

    tied = links.join(links.groupBy("child").agg(f.min("parent").alias("least")), "child")
    return (
        tied.select("child", f.col("least").alias("parent"))
        .unionByName(
            tied.where("parent > least").select(
                f.col("parent").alias("child"), f.col("least").alias("parent")
            )
        )
        .distinct()
    )


def _sign(loop: Loop) -> tuple[object, ...]:
    """What tells a state from others: the links' count, and exact sums of ends and hashes."""
    row = loop.state.selectExpr(
        "count(*) as links",
        "sum(cast(child as decimal(38, 0))) as children",
        "sum(cast(parent as decimal(38, 0))) as parents",
        "sum(cast(xxhash64(child, parent) as decimal(38, 0))) as hashes",
    ).first()
    return tuple(row or ())


def _verify(given: DenseFrames, edges: DataFrame, labels: DataFrame) -> None:
    one, other = labels.toDF("src", "src_label"), labels.toDF("dst", "dst_label")
    crossing = edges.join(one, "src").join(other, "dst").where("src_label <> dst_label").count()
    names = labels.where("code = label").select(labels.label.alias("name"))
    misnamed = labels.join(names, labels.label == names.name, "left_anti").count()
    row = labels.selectExpr(
        "count(*) as rows", "count(distinct code) as codes", "count_if(label > code) as late"
    ).first()
    rows, codes, late = tuple(row or (0, 0, 0))
    refuse_odd_components(
        crossing=crossing,
        misnamed=misnamed,
        unlabelled=abs(given.accounts - codes) + rows - codes + late,
    )
