"""What a worker counts and computes for the null model of co-action."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numba
import numpy as np
import pyarrow as pa

from graph.engines.chance import Then
from graph.engines.kernels.chance import Expectation, Rates
from graph.engines.kernels.interest import with_interest
from graph.engines.kernels.matching import matches
from graph.engines.kernels.strata import Strata
from graph.engines.spark.interest_work import interests_of
from graph.engines.spark.slice_parts import own_parts
from graph.engines.spark.slices import Cutting
from graph.engines.spark.whole_groups import Longs
from graph.schemas import EDGES

TALLIED = pa.schema(
    [
        ("stratum", pa.int64()),
        ("same", pa.int64()),
        ("across", pa.int64()),
        ("whole", pa.int64()),
    ]
)
"""`graph.engines.kernels.matching.Matches` of some of the interactions, by stratum."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The strata by time: from `begins[i]` (ms) on, until the next, is stratum `of[i]`."""

    begins: Longs
    of: Longs
    after: Longs

    def strata(self, at: Longs) -> Strata:
        """The strata of interactions at these times."""
        place = np.searchsorted(self.begins, at, side="right") - 1
        return Strata(self.of[place], self.after)


def tally(
    batches: Iterator[pa.RecordBatch], *, within_ms: int, clock: Clock, cut: Cutting
) -> Iterator[pa.RecordBatch]:
    """`TALLIED` of rows that are sorted by object, slice and time."""
    strata = len(clock.after)
    found = [np.zeros(strata), np.zeros(strata), np.zeros(strata)]
    for part in own_parts(batches, cut):
        matched = matches(
            part.account,
            part.object_,
            part.at,
            within_ms=within_ms,
            strata=clock.strata(part.at),
            times=part.times,
        )
        found[0] += part.sign * matched.same
        found[1] += part.sign * matched.across
        found[2][0] += part.sign * matched.whole
    arrays = [np.arange(strata), *(counts.astype(np.int64) for counts in found)]
    some = (found[0] != 0) | (found[1] != 0) | (found[2] != 0)
    yield pa.RecordBatch.from_arrays([pa.array(array[some]) for array in arrays], schema=TALLIED)


def expect(
    batches: Iterator[pa.RecordBatch], *, rates: Rates, then: Then | None = None
) -> Iterator[pa.RecordBatch]:
    """`EDGES` with `expected`, of edges that carry the profiles of both ends.

    A profile is a list of strata, ascending, and one of the account's interactions in each; where
    interest is expected too, also its `INTERESTS` (`graph.engines.spark.interest`). `then` is what
    is done to each batch of them, if anything is.
    """
    # Each worker has a processor of its own; more threads would take those of others.
    numba.set_num_threads(1)
    place = EDGES.names.index("expected")
    for batch in batches:
        pairs = np.arange(batch.num_rows)
        model = _model(batch, rates)
        liked = interests_of(batch, ("src_interests", "dst_interests"))
        means = with_interest(model, liked, pairs, pairs + batch.num_rows)
        edges = batch.select(list(EDGES.names))
        found = edges.set_column(place, EDGES.arrow.field("expected"), pa.array(means))
        yield found if then is None else then(found)


def _model(batch: pa.RecordBatch, rates: Rates) -> Expectation:
    """The profiles of a batch as a null model: first all `src`, then all `dst`."""
    lists = [batch["src_strata"], batch["dst_strata"]]
    lengths = np.concatenate([one.value_lengths().to_numpy(zero_copy_only=False) for one in lists])
    start = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    stratum, count = (
        np.concatenate([batch[f"{end}_{name}"].flatten().to_numpy() for end in ("src", "dst")])
        for name in ("strata", "counts")
    )
    accounts = len(lengths)
    owner = np.repeat(np.arange(accounts), lengths)
    return Expectation(
        start=start,
        stratum=stratum.astype(np.int64),
        count=count.astype(np.float64),
        total=np.bincount(owner, weights=count, minlength=accounts).astype(np.float64),
        rates=rates,
    )
