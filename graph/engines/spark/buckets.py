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
    given: DenseFrames,
    edges: DataFrame,
    parts: DataFrame,
    *,
    search: Search,
    seed: int,
    masses: DataFrame | None = None,
) -> Iterator[DataFrame]:
    """The community of each account: `code`, and its least member's as `label`; settled.

    Args:
        given: which accounts there are.
        edges: `src`, `dst`, `fixed`; settled.
        parts: the components that these edges make, `code` and `label`; settled.
        search: what to search for.
        seed: the run's seed.
        masses: how many accounts each stands for, `code` and `mass`; one, unless they are given.
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
        if masses is not None:
            rows = rows.unionByName(
                masses.toDF("src", "fixed")
                .join(parts.toDF("src", "part"), "src")
                .join(places, "part")
                .selectExpr(
                    "bucket",
                    "src",
                    "cast(null as bigint) as dst",
                    "fixed",
                    "cast(null as string) as name",
                )
            )
        weighed = masses is not None
        # Hashed, two buckets might be one task's, one after the other.
        grouped = rows.unionByName(heads).repartitionById(buckets, "bucket").groupBy("bucket")
        found = grouped.applyInArrow(
            # Not a `partial`: PySpark 4.1 stumbles over the annotations of what it binds.
            lambda bucket: _divide(bucket, search=search, seed=seed, weighed=weighed),
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


def _divide(rows: pa.Table, *, search: Search, seed: int, weighed: bool) -> pa.Table:
    """A bucket's communities.

    Args:
        rows: its edges, a row with the name of each component, and one with the mass of each
            account (as `fixed`) where they are `weighed`; `dst` is an edge's alone.
        search: what to search for.
        seed: the run's seed.
        weighed: whether accounts stand for many.
    """
    of_edge, headed = pc.is_valid(rows["dst"]), pc.is_valid(rows["name"])
    edges, heads = rows.filter(of_edge), rows.filter(headed)
    src, dst, fixed = (edges[name].to_numpy() for name in ("src", "dst", "fixed"))
    order = np.lexsort((dst, src))
    members = np.unique(np.concatenate([src, dst]))
    src, dst = np.searchsorted(members, src[order]), np.searchsorted(members, dst[order])
    names = np.full(len(members), None, object)
    names[np.searchsorted(members, heads["src"].to_numpy())] = heads["name"].to_pylist()
    ids = pa.array(names, pa.string())
    heavy = rows.filter(pc.invert(pc.or_(of_edge, headed)))
    with refusing():
        masses = _masses(members, heavy) if weighed else None
        _refuse_nameless(ids, component_labels(len(members), src, dst))
        labels = leiden_labels(
            ids,
            src,
            dst,
            fixed[order],
            search=search,
            per_component=True,
            seed=seed,
            masses=masses,
        )
    return pa.table({"code": members, "community": members[labels]})


def _masses(members: Ints, rows: pa.Table) -> Ints:
    """The mass of each member of a bucket's components, from a row for each."""
    rows = rows.sort_by("src")
    _refuse_lost(len(members) - rows.num_rows, "accounts")
    masses: Ints = rows["fixed"].to_numpy()
    return masses


def _refuse_nameless(ids: pa.StringArray, components: Ints) -> None:
    """The least account of each component must have come with its name: the seed depends on it."""
    _refuse_lost(ids.take(pa.array(np.unique(components))).null_count, "components")


def _refuse_lost(missing: int, what: str) -> None:
    if missing:
        message = (
            f"{missing} {what} came to a worker in part: rows were lost on the way; run it"
            " again, with `scratch` on another file system if there is one"
        )
        raise RingwatchError(message)
