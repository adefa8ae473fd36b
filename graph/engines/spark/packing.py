"""Components packed into buckets of even numbers of edges, by their sizes alone.

The largest go first, each into the bucket that holds least. The driver packs large components one
by one and the crowd of small ones in handfuls, so that it holds some numbers a bucket however many
components there are.

Source: Graham 1969, Bounds on Multiprocessing Timing Anomalies (longest processing time first).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ITEMS = 16
"""Components of more than this part of a bucket are packed one by one, the others in handfuls:
there are at most so many of either a bucket."""


def itemised(sizes: DataFrame, *, edges: int, buckets: int) -> DataFrame:
    """Components with the `item` that they are packed as.

    Args:
        sizes: `part` (0 or more) and its `edges`.
        edges: how many edges there are in all.
        buckets: how many are wanted.
    """
    from pyspark.sql import functions as f

    handfuls = buckets * _ITEMS
    handful = -1 - f.pmod(f.xxhash64("part"), f.lit(handfuls))
    large = f.col("edges") * handfuls > edges
    return sizes.withColumn("item", f.when(large, f.col("part")).otherwise(handful))


def in_buckets(sized: DataFrame, *, buckets: int, most: int) -> tuple[DataFrame, int]:
    """The `bucket` of each `part`, whole numbers from 0 on, and how many that makes.

    Args:
        sized: what `itemised` gave; settled.
        buckets: how many are wanted; there are more where else one would hold more than `most`.
        most: edges of a bucket, unless one item alone has more.
    """
    from pyspark.sql import functions as f

    found = sized.groupBy("item").agg(f.sum("edges").alias("edges")).toArrow()
    # Tasks end in any order.
    found = found.sort_by([("edges", "descending"), ("item", "ascending")])
    dealt = packed(found["edges"].to_pylist(), buckets=buckets, most=most)
    rows = pa.table({"item": found["item"], "bucket": pa.array(dealt, pa.int32())})
    places = f.broadcast(sized.sparkSession.createDataFrame(rows))
    return sized.join(places, "item").select("part", "bucket"), max(dealt, default=0) + 1


def packed(sizes: Sequence[int], *, buckets: int, most: int) -> list[int]:
    """The bucket of each item: the one that holds least, of these the first.

    Args:
        sizes: of the items, the largest first.
        buckets: how many there are at first; one is opened for what would overfill all of them.
        most: what a bucket holds, unless one item alone is more.
    """
    loads = [(0, bucket) for bucket in range(buckets)]
    heapify(loads)
    found = []
    for size in sizes:
        load, bucket = heappop(loads)
        if load and load + size > most:
            heappush(loads, (load, bucket))
            load, bucket = 0, len(loads)
        heappush(loads, (load + size, bucket))
        found.append(bucket)
    return found
