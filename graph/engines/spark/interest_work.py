"""What a worker counts and computes of shared interest for the null model of co-action.

A stratum is named by the code of its cell (`graph.engines.kernels.interest.Cells`), that of all
thin ones by `REST`. Codes are in the order in which the local engine numbers its strata, so what is
summed over them is summed in the same order and gives the same doubles.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from graph.engines.kernels.chance import Expectation, Rates, rates
from graph.engines.kernels.interest import cells_of, followers
from graph.engines.kernels.matching import Matches
from graph.engines.kernels.strata import NONE
from graph.engines.spark.slice_parts import own_parts
from graph.engines.spark.slices import Cutting
from graph.engines.spark.whole_groups import Longs, numbers, whole_groups

REST = 1 << 62
"""The stratum of all thin cells: behind all codes, and the hour after no other."""

CELLS = pa.schema(
    [("code", pa.int64()), ("acts", pa.int64()), ("same", pa.int64()), ("across", pa.int64())]
)
"""`graph.engines.kernels.interest.Cells` of some of the interactions."""

RATED = pa.schema(
    [
        ("stratum", pa.int64()),
        ("same", pa.float64()),
        ("across", pa.float64()),
        ("follower", pa.int64()),
    ]
)
"""A stratum's rates (`graph.engines.kernels.chance.Rates`) and the stratum after it, or -1."""


def count_cells(
    batches: Iterator[pa.RecordBatch], *, within_ms: int, cut: Cutting
) -> Iterator[pa.RecordBatch]:
    """`CELLS` of rows that are sorted by object, slice and time and have their group as `grp`."""
    for part in own_parts(batches, cut, ("grp",)):
        cells, _ = cells_of(
            part.account,
            part.object_,
            part.at,
            part.carried["grp"],
            within_ms=within_ms,
            times=part.times,
        )
        rows = cells.rows if part.told else np.zeros_like(cells.rows)
        counts = (part.sign * count for count in (rows, cells.same, cells.across))
        arrays = [cells.code, *(count.astype(np.int64) for count in counts)]
        yield pa.RecordBatch.from_arrays([pa.array(array) for array in arrays], schema=CELLS)


def rate(batches: Iterator[pa.RecordBatch], *, folds: int) -> Iterator[pa.RecordBatch]:
    """`RATED` of strata that are sorted by group and hour, all hours of a group together.

    Args:
        batches: `grp`, `stratum`, and `acts`, `same` and `across` as doubles.
        folds: hours of a day.
    """
    for strata in whole_groups(batches, ("grp",)):
        code = numbers(strata, "stratum")
        size, same, across = (
            strata.column(name).to_numpy(zero_copy_only=False)
            for name in ("acts", "same", "across")
        )
        after = followers(code, folds)
        found = rates(Matches(same, across, 0.0), size, after)
        follower = np.where(after == NONE, NONE, code[after])
        arrays = [code, found.same, found.across, follower]
        yield pa.RecordBatch.from_arrays([pa.array(array) for array in arrays], schema=RATED)


def interests_of(batch: pa.RecordBatch, lists: tuple[str, str]) -> Expectation | None:
    """The null model of interest in the profiles of a batch of edges; None where it has none.

    Args:
        batch: edges with the lists of both ends (`graph.engines.spark.interest.INTERESTS`).
        lists: the columns of the lists: those of the first end come first.
    """
    if lists[0] not in batch.schema.names:
        return None
    ends = [batch.column(name) for name in lists]
    lengths = np.concatenate([end.value_lengths().to_numpy(zero_copy_only=False) for end in ends])
    owner = np.repeat(np.arange(len(lengths)), lengths)
    entries = {
        name: np.concatenate(
            [end.flatten().field(name).to_numpy(zero_copy_only=False) for end in ends]
        )
        for name in ("stratum", "acts", "same", "across", "follower")
    }
    acts = entries["acts"].astype(np.float64)
    codes, first, stratum = np.unique(entries["stratum"], return_index=True, return_inverse=True)
    return Expectation(
        start=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
        stratum=stratum.astype(np.int64),
        count=acts,
        total=np.bincount(owner, weights=acts, minlength=len(lengths)).astype(np.float64),
        rates=Rates(
            after=_places(entries["follower"][first], codes),
            same=entries["same"][first],
            across=entries["across"][first],
            hedge=0.0,
            matches=0,
        ),
    )


def _places(wanted: Longs, codes: Longs) -> Longs:
    """Where each stands among the codes, or -1: nobody here acts in it."""
    found: Longs = np.where(np.isin(wanted, codes), np.searchsorted(codes, wanted), NONE)
    return found.astype(np.int64)
