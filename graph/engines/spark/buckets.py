"""Components in buckets of about even numbers of edges: what a worker divides in one call.

A group of its own for each component would cost a millisecond a group, which for hundreds of
thousands of small components is minutes. Components are packed by size (`packing`), and each
bucket is a task. Nobody lists the components.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.leiden import Search, leiden_labels
from graph.engines.spark.loops import settling
from graph.engines.spark.packing import in_buckets, itemised
from graph.engines.spark.refusals import refusals, refusing
from graph.errors import RingwatchError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.dense import DenseFrames

Ints = npt.NDArray[np.int64]

EDGES_A_BUCKET = 500_000
"""A worker holds a bucket in some hundred megabytes. Only one component alone may be more."""


@contextmanager
def divided(
    given: DenseFrames, edges: DataFrame, parts: DataFrame, *, search: Search, seed: int
) -> Iterator[DataFrame]:
    """The community of each account: `code`, and its least member's as `label`; settled.

    Args:
        given: which accounts there are.
        edges: `src`, `dst`, `fixed`; settled.
        parts: the components that these edges make, `code` and `label`; settled.
        search: what to search for.
        seed: the run's seed.
    """
    from pyspark.sql import functions as f

    engine = given.engine
    total = edges.count()
    wanted = max(engine.partitions, math.ceil(total / EDGES_A_BUCKET))
    dealt = edges.join(parts.toDF("src", "part"), "src")
    sizes = dealt.groupBy("part").agg(f.count("*").alias("edges"))
    with settling(engine, itemised(sizes, edges=total, buckets=wanted)) as sized:
        places, buckets = in_buckets(sized, buckets=wanted, most=EDGES_A_BUCKET)
        heads = places.join(given.ids, places.part == given.ids.code).selectExpr(
            "bucket", "part as src", "cast(null as bigint) as dst", "0L as fixed", "account as name"
        )
        rows = dealt.join(places, "part").selectExpr(
            "bucket", "src", "dst", "fixed", "cast(null as string) as name"
        )
        # Hashed, two buckets might be one task's, one after the other.
        grouped = rows.unionByName(heads).repartitionById(buckets, "bucket").groupBy("bucket")
        found = grouped.applyInArrow(
            # Not a `partial`: PySpark 4.1 stumbles over the annotations of what it binds.
            lambda bucket: _divide(bucket, search=search, seed=seed),
            "code bigint, community bigint",
        )
        labels = given.ids.select("code").join(found, "code", "left")
        with (
            refusals(),
            settling(
                engine, labels.select("code", f.coalesce("community", "code").alias("label"))
            ) as settled,
        ):
            yield settled


def _divide(rows: pa.Table, *, search: Search, seed: int) -> pa.Table:
    """A bucket's communities, from its edges and a row for each of its components' names."""
    headed = pc.is_valid(rows["name"])
    heads, edges = rows.filter(headed), rows.filter(pc.invert(headed))
    src, dst, fixed = (edges[name].to_numpy() for name in ("src", "dst", "fixed"))
    order = np.lexsort((dst, src))
    members = np.unique(np.concatenate([src, dst]))
    src, dst = np.searchsorted(members, src[order]), np.searchsorted(members, dst[order])
    names = np.full(len(members), None, object)
    names[np.searchsorted(members, heads["src"].to_numpy())] = heads["name"].to_pylist()
    ids = pa.array(names, pa.string())
    with refusing():
        _refuse_nameless(ids, component_labels(len(members), src, dst))
        labels = leiden_labels(
            ids, src, dst, fixed[order], search=search, per_component=True, seed=seed
        )
    return pa.table({"code": members, "community": members[labels]})


def _refuse_nameless(ids: pa.StringArray, components: Ints) -> None:
    """The least account of each component must have come with its name: the seed depends on it."""
    nameless = ids.take(pa.array(np.unique(components))).null_count
    if nameless:
        message = (
            f"{nameless} components came to a worker in part: rows were lost on the way; run it"
            " again, with `scratch` on another file system if there is one"
        )
        raise RingwatchError(message)
