"""The local ways to divide a graph: tables to arrays, a kernel, arrays to a `CLUSTERING`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.dense import dense
from graph.engines.kernels.components import component_labels
from graph.engines.kernels.labels import moving_bits, propagated_labels
from graph.engines.kernels.leiden import (
    FIXED_POINT,
    Objective,
    Search,
    least_members,
    leiden_labels,
)
from graph.engines.kernels.louvain import louvain_labels
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import CLUSTERING
from graph.table import Table

Ints = npt.NDArray[np.int64]


def components(graph: InteractionGraph) -> Table:
    """Accounts that a path of edges joins (`CLUSTERING`)."""
    given = dense(graph)
    return _named(graph, given.ids, component_labels(given.accounts, given.src, given.dst))


def leiden(
    graph: InteractionGraph,
    *,
    resolution: float,
    objective: Objective,
    iterations: int,
    per_component: bool,
    seed: int,
) -> Table:
    """Leiden communities (`CLUSTERING`); a directed graph is taken as undirected."""
    refuse_odd_weights(graph)
    ids, src, dst, fixed = _fixed_point(graph)
    search = Search(resolution=resolution, objective=objective, iterations=iterations)
    labels = leiden_labels(
        ids, src, dst, fixed, search=search, per_component=per_component, seed=seed
    )
    return _named(graph, ids, labels)


def louvain(graph: InteractionGraph, *, resolution: float, seed: int) -> Table:
    """Louvain communities (`CLUSTERING`); a directed graph is taken as undirected."""
    refuse_odd_weights(graph)
    ids, src, dst, fixed = _fixed_point(graph)
    labels = louvain_labels(len(ids), src, dst, fixed, resolution=resolution, seed=seed)
    return _named(graph, ids, labels)


def label_propagation(graph: InteractionGraph, *, rounds: int) -> Table:
    """Synchronous label propagation without weights (`CLUSTERING`)."""
    given = dense(graph)
    labels = propagated_labels(
        given.accounts, given.src, given.dst, np.ones(len(given.src), np.int64), rounds=rounds
    )
    return _named(graph, given.ids, least_members(labels))


def semi_synchronous_label_propagation(graph: InteractionGraph, *, rounds: int, seed: int) -> Table:
    """Weighted label propagation in which about half of the accounts move at a time."""
    refuse_odd_weights(graph)
    ids, src, dst, fixed = _fixed_point(graph)
    bits = moving_bits(ids.to_pylist(), seed=seed)
    labels = propagated_labels(len(ids), src, dst, fixed, rounds=rounds, bits=bits)
    return _named(graph, ids, least_members(labels))


def _fixed_point(graph: InteractionGraph) -> tuple[pa.StringArray, Ints, Ints, Ints]:
    """The accounts, and each pair once with its weight as a whole number, in canonical order.

    Rounded before they are summed: whole numbers have one sum in any order.
    """
    ids = dense(graph).ids
    pairs = graph.engine.query(
        "select src, dst, cast(sum(fixed) as bigint) as fixed from ("
        " select least(src, dst) as src, greatest(src, dst) as dst,"
        "        cast(round(weight * $one) as bigint) as fixed from {edges}"
        ") halves group by src, dst order by src, dst",
        {"one": FIXED_POINT},
        edges=graph.edges,
    )
    return (
        ids,
        pc.index_in(pairs["src"], value_set=ids).to_numpy().astype(np.int64),
        pc.index_in(pairs["dst"], value_set=ids).to_numpy().astype(np.int64),
        pairs["fixed"].to_numpy(),
    )


def _named(graph: InteractionGraph, ids: pa.StringArray, labels: Ints) -> Table:
    """`labels[i]` is the least account of the cluster of account `i`."""
    rows = pa.Table.from_arrays([ids, ids.take(pa.array(labels))], schema=CLUSTERING.arrow)
    return graph.engine.from_arrow(rows, CLUSTERING)
