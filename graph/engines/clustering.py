"""The ways to divide a graph: arrays to labels, and the local engine's tables to arrays.

The functions that end in `_of` know no engine: another engine's workers run them too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.dense import DenseGraph, FixedGraph, dense, fixed, numbered
from graph.engines.kernels.components import component_labels
from graph.engines.kernels.giants import Giant, divided
from graph.engines.kernels.labels import moving_bits, propagated_labels
from graph.engines.kernels.leiden import Objective, Search, least_members
from graph.engines.kernels.louvain import louvain_labels
from graph.engines.weights import refuse_odd_weights
from graph.model import InteractionGraph
from graph.schemas import CLUSTERING
from graph.table import Table

Ints = npt.NDArray[np.int64]


def components(graph: InteractionGraph) -> Table:
    """Accounts that a path of edges joins (`CLUSTERING`)."""
    ids, src, dst, _ = numbered(graph)
    return _kept(graph, named(ids, component_labels(len(ids), src, dst)))


def leiden(
    graph: InteractionGraph,
    *,
    resolution: float,
    objective: Objective,
    iterations: int,
    per_component: bool,
    giant_edges: int,
    seed: int,
) -> tuple[Table, list[Giant]]:
    """Leiden communities (`CLUSTERING`), and what was cut; directions do not matter."""
    refuse_odd_weights(graph)
    given = fixed(graph)
    search = Search(resolution=resolution, objective=objective, iterations=iterations)
    labels, giants = divided(
        given.ids,
        given.src,
        given.dst,
        given.fixed,
        search=search,
        per_component=per_component,
        giant_edges=giant_edges,
        seed=seed,
    )
    return _kept(graph, named(given.ids, labels)), giants


def louvain(graph: InteractionGraph, *, resolution: float, seed: int) -> Table:
    """Louvain communities (`CLUSTERING`); a directed graph is taken as undirected."""
    refuse_odd_weights(graph)
    given = fixed(graph)
    labels = louvain_labels(
        len(given.ids), given.src, given.dst, given.fixed, resolution=resolution, seed=seed
    )
    return _kept(graph, named(given.ids, labels))


def label_propagation(graph: InteractionGraph, *, rounds: int) -> Table:
    """Synchronous label propagation without weights (`CLUSTERING`)."""
    return _kept(graph, label_propagation_of(dense(graph), rounds=rounds))


def semi_synchronous_label_propagation(graph: InteractionGraph, *, rounds: int, seed: int) -> Table:
    """Weighted label propagation in which about half of the accounts move at a time."""
    refuse_odd_weights(graph)
    return _kept(
        graph, semi_synchronous_label_propagation_of(fixed(graph), rounds=rounds, seed=seed)
    )


def components_of(given: DenseGraph) -> pa.Table:
    """The rows of `components`."""
    labels = component_labels(given.accounts, given.src, given.dst)
    return named(given.ids, labels)


def label_propagation_of(given: DenseGraph, *, rounds: int) -> pa.Table:
    """The rows of `label_propagation`."""
    labels = propagated_labels(
        given.accounts, given.src, given.dst, np.ones(len(given.src), np.int64), rounds=rounds
    )
    return named(given.ids, least_members(labels))


def semi_synchronous_label_propagation_of(given: FixedGraph, *, rounds: int, seed: int) -> pa.Table:
    """The rows of `semi_synchronous_label_propagation`."""
    bits = moving_bits(given.ids.to_pylist(), seed=seed)
    labels = propagated_labels(
        len(given.ids), given.src, given.dst, given.fixed, rounds=rounds, bits=bits
    )
    return named(given.ids, least_members(labels))


def named(ids: pa.StringArray, labels: Ints) -> pa.Table:
    """`CLUSTERING` rows; `labels[i]` is the least account of the cluster of account `i`."""
    return pa.Table.from_arrays([ids, ids.take(pa.array(labels))], schema=CLUSTERING.arrow)


def _kept(graph: InteractionGraph, rows: pa.Table) -> Table:
    return graph.engine.from_arrow(rows, CLUSTERING)
