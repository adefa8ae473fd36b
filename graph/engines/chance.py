"""The local way to fill in what chance would give each edge."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.chance import (
    Expectation,
    expectation,
    expected_in_groups,
    expected_of_pairs,
    hour_strata,
)
from graph.schemas import EDGES
from graph.table import Table

_CODED = """
select a.place as account, o.place as object, i.acted_at
from {interactions} i
join (
    select account, row_number() over (order by account) - 1 as place
    from (select distinct account from {interactions})
) a using (account)
join (
    select action, object_kind, object,
           row_number() over (order by action, object_kind, object) - 1 as place
    from (select distinct action, object_kind, object from {interactions})
) o using (action, object_kind, object)
order by o.place, i.acted_at, a.place
"""


def expect_co_actions(
    edges: Table, interactions: Table, *, within_ms: int, least: int, timed: bool
) -> tuple[Table, int]:
    """The edges with `expected` filled in, and how many pairs of interactions match in all.

    Args:
        edges: `EDGES` built from these interactions with this window.
        interactions: `INTERACTIONS` that the builder could choose from.
        within_ms: the window; -1 for any time.
        least: interactions an hour needs to be a stratum of its own.
        timed: whether day and hour explain co-action; False makes one stratum of all.
    """
    model, ids = _model(interactions, within_ms=within_ms, least=least, timed=timed)
    filled = interactions.engine.from_batches(_filled(edges, model, ids), EDGES)
    return filled, model.matches


def expect_in_clusters(
    members: Table, interactions: Table, *, within_ms: int, least: int, timed: bool
) -> pa.Table:
    """What chance would give all pairs inside each cluster: columns `cluster`, `expected`.

    Args:
        members: `CLUSTERING`.
        interactions: as in `expect_co_actions`.
        within_ms: the window; -1 for any time.
        least: interactions an hour needs to be a stratum of its own.
        timed: whether day and hour explain co-action.
    """
    model, ids = _model(interactions, within_ms=within_ms, least=least, timed=timed)
    rows = members.engine.query(
        "select cluster, account from {members} order by cluster, account", members=members
    )
    coded = rows["cluster"].combine_chunks().dictionary_encode()
    means = expected_in_groups(
        model,
        _codes(rows["account"].combine_chunks(), ids),
        coded.indices.to_numpy().astype(np.int64),
        len(coded.dictionary),
    )
    return pa.table({"cluster": coded.dictionary, "expected": pa.array(means)})


def _model(
    interactions: Table, *, within_ms: int, least: int, timed: bool
) -> tuple[Expectation, pa.StringArray]:
    engine = interactions.engine
    ids = engine.query(
        "select distinct account from {interactions} order by account", interactions=interactions
    )["account"].combine_chunks()
    coded = engine.query(_CODED, interactions=interactions)
    account, object_, acted_at = (
        coded[name].to_numpy().astype(np.int64) for name in ("account", "object", "acted_at")
    )
    model = expectation(
        account,
        object_,
        acted_at,
        accounts=len(ids),
        within_ms=within_ms,
        stratum=hour_strata(acted_at, least=least) if timed else np.zeros_like(acted_at),
    )
    return model, ids


def _filled(edges: Table, model: Expectation, ids: pa.StringArray) -> Iterator[pa.RecordBatch]:
    place = EDGES.names.index("expected")
    for batch in edges.batches():
        means = expected_of_pairs(model, _codes(batch["src"], ids), _codes(batch["dst"], ids))
        yield batch.set_column(place, EDGES.arrow.field("expected"), pa.array(means))


def _codes(names: pa.Array, ids: pa.StringArray) -> npt.NDArray[np.int64]:
    codes: npt.NDArray[np.int64] = pc.index_in(names, value_set=ids).to_numpy().astype(np.int64)
    return codes
