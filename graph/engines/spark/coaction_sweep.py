"""What a worker does with a bucket of accounts: the sweep of their pairs, whole and final."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from graph.engines.kernels import coaction
from graph.engines.kernels.company import Rows
from graph.engines.kernels.dealing import home
from graph.engines.spark.whole_groups import Longs, group_starts, numbers

SWEPT = pa.schema(
    [
        (name, pa.int64())
        for name in (
            *("row", "partner", "post_pairs", "own_row", "own_partner"),
            *("objects", "object_days", "first_at", "last_at"),
        )
    ]
)
"""The columns of a sweep (`graph.engines.kernels.sweep`), accounts by their codes."""


def sweep_bucket(
    batches: Iterator[pa.RecordBatch], *, within_ms: int, buckets: int, count: str, at_least: int
) -> Iterator[pa.RecordBatch]:
    """`SWEPT` of rows that were dealt to this partition's buckets.

    Args:
        batches: all rows of the buckets, with `bucket`, `account`, `o1`, `o2`, `at`, `c1`, `c2`.
        within_ms: the window, or `company.NO_TIME`.
        buckets: how many share the accounts.
        count: what must reach `at_least`, a key of `coaction.COUNTS`.
        at_least: the least count.
    """
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    rows = pa.Table.from_batches(held).combine_chunks().to_batches()[0]
    held.clear()
    given = {name: numbers(rows, name) for name in rows.schema.names}
    for bucket in np.unique(given["bucket"]).tolist():
        inside = given["bucket"] == bucket
        own = given if inside.all() else {name: of[inside] for name, of in given.items()}
        codes, ordered = _ordered(own)
        ready = coaction.prepare_owned(
            ordered,
            within_ms,
            accounts=len(codes),
            owned=home(codes, buckets) == bucket,
            count=count,
            at_least=at_least,
        )
        for found in coaction.swept(ready, count=count, at_least=at_least, threads=1):
            if len(found):
                found[:, :2] = codes[found[:, :2]]
                yield pa.RecordBatch.from_arrays(
                    [pa.array(np.ascontiguousarray(column)) for column in found.T], schema=SWEPT
                )


def _ordered(given: dict[str, Longs]) -> tuple[Longs, Rows]:
    """The accounts' codes, and the rows by object and time; accounts are numbered by code."""
    order = np.lexsort((given["at"], given["o2"], given["o1"]))
    codes, account = np.unique(given["account"], return_inverse=True)
    starts = group_starts([given["o1"][order], given["o2"][order]])
    return codes, Rows(
        account=account.astype(np.int32)[order],
        at=given["at"][order],
        content=_content_numbers(given["c1"], given["c2"])[order],
        starts=starts,
        objects=np.arange(len(starts) - 1, dtype=np.int32),
    )


def _content_numbers(first: Longs, second: Longs) -> Longs:
    """A number for each content by both its hashes; 0 for none."""
    if not first.any() and not second.any():
        return first
    order = np.lexsort((second, first))
    starts = group_starts([first[order], second[order]])
    number = np.empty(len(first), np.int64)
    number[order] = np.repeat(np.arange(1, len(starts)), np.diff(starts))
    number[(first == 0) & (second == 0)] = 0
    return number
