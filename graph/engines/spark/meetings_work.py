"""What a worker computes about meetings: the formulas of `kernels.cells` and `kernels.one_act`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from graph.engines.kernels.cells import (
    MEETINGS,
    SIZES,
    Joint,
    Own,
    Totals,
    expected_meetings,
    stratum_rates,
)
from graph.engines.kernels.one_act import Acting, Met, meetings_of_acts
from graph.engines.spark.whole_groups import Longs

RATES = pa.schema([("stratum", pa.int64()), *((f"rate_{size}", pa.float64()) for size in SIZES)])
"""A stratum's rate for each of `SIZES`."""


def rates_of_strata(
    batches: Iterator[pa.RecordBatch], *, acts: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """`RATES` of strata with their `cells`: how many there are of each size."""
    for batch in batches:
        place, cells = _owned(batch["cells"])
        stratum = batch["stratum"].to_numpy()
        rates = stratum_rates(
            _floats(cells, "size"),
            _floats(cells, "times"),
            acts[stratum[place]],
            place,
            batch.num_rows,
        )
        yield pa.RecordBatch.from_arrays(
            [batch["stratum"], *(pa.array(rate) for rate in rates)], schema=RATES
        )


def meet(batches: Iterator[pa.RecordBatch], *, totals: Totals) -> Iterator[pa.RecordBatch]:
    """`MEETINGS` of clusters with their `strata`, and with `met` and `acting` of their acts."""
    for batch in batches:
        cluster, strata = _owned(batch["strata"])
        own, cells = _owned(strata.field("cells"))
        expected = expected_meetings(
            totals,
            Own(
                cluster=cluster,
                stratum=strata.field("stratum").to_numpy(),
                acts=_floats(strata, "acts"),
                members=_floats(strata, "members"),
            ),
            Joint(
                own=own,
                size=_floats(cells, "size"),
                count=_floats(cells, "joint"),
                times=_floats(cells, "times"),
            ),
            clusters=batch.num_rows,
        )
        rows = np.repeat(np.arange(batch.num_rows), len(SIZES))
        yield pa.RecordBatch.from_arrays(
            [
                batch["cluster"].take(pa.array(rows)),
                pa.array(np.tile(np.array(SIZES, dtype=np.int64), batch.num_rows)),
                pa.array(_seen(batch).astype(np.int64).ravel()),
                pa.array(expected.ravel()),
            ],
            schema=MEETINGS.arrow,
        )


def _seen(batch: pa.RecordBatch) -> np.ndarray:
    """`graph.engines.kernels.cells.Meetings.seen` of clusters."""
    cluster, cells = _owned(batch["met"])
    owner, people = _owned(batch["acting"])
    acts = people.field("acts").flatten().to_numpy().astype(np.float64)
    return meetings_of_acts(
        Met(cluster, _floats(cells, "joint"), _floats(cells, "times")),
        Acting(owner, acts.reshape(-1, len(SIZES)), _floats(people, "members")),
        sizes=SIZES,
        clusters=batch.num_rows,
    )


def _owned(lists: pa.ListArray) -> tuple[Longs, pa.StructArray]:
    """The entries of all lists, and the place of the list that each is in; null is empty."""
    lengths = lists.value_lengths().fill_null(0).to_numpy()
    return np.repeat(np.arange(len(lists)), lengths), lists.flatten()


def _floats(entries: pa.StructArray, name: str) -> np.ndarray:
    values: np.ndarray = entries.field(name).to_numpy().astype(np.float64)
    return values
