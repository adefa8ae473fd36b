"""Account ids as dense integers: what array kernels work on.

Numbers follow the byte order of the ids (account 0 is the least), so the least member of a group
by number is the least by name, on every engine and for any row order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.leiden import FIXED_POINT
from graph.model import InteractionGraph
from graph.table import Table

Ints = npt.NDArray[np.int64]

SUMMED_WEIGHTS = """
    select src, dst, cast(sum(cast(weight as decimal(38, 15))) as double) as weight
    from {edges} group by src, dst
"""
"""Each pair of ends once. Decimals add up alike in any order; doubles do not."""

FIXED_WEIGHTS = """
    select src, dst, cast(sum(fixed) as bigint) as fixed from (
        select least(src, dst) as src, greatest(src, dst) as dst,
               cast(round(weight * $one) as bigint) as fixed
        from {edges}
    ) halves group by src, dst
"""
"""Each pair once, the lesser end first, with its weight as a whole number of 1 / `$one`.

Rounded before they are summed: whole numbers have one sum in any order.
"""


@dataclass(frozen=True, slots=True)
class DenseGraph:
    """A graph as arrays: `ids[i]` is account `i`; edge `e` joins `src[e]` to `dst[e]`.

    Edges are sorted by (src, dst), one of each pair, weights of equal pairs (layers) summed.
    """

    ids: pa.StringArray
    src: Ints
    dst: Ints
    weight: npt.NDArray[np.float64]
    directed: bool

    @property
    def accounts(self) -> int:
        """How many accounts."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class FixedGraph:
    """An undirected graph as arrays, its weights whole numbers (`FIXED_POINT` is a weight of 1).

    Edges are sorted by (src, dst), one of each pair, `src <= dst`.
    """

    ids: pa.StringArray
    src: Ints
    dst: Ints
    fixed: Ints


def dense(graph: InteractionGraph) -> DenseGraph:
    """The graph with numbers for ids; accounts without edges are kept."""
    edges = graph.engine.query(
        f"select * from ({SUMMED_WEIGHTS}) summed order by src, dst", edges=graph.edges
    )
    return dense_of(_ids(graph), edges, directed=graph.directed)


def fixed(graph: InteractionGraph) -> FixedGraph:
    """The graph without directions, with numbers for ids and whole numbers for weights."""
    pairs = graph.engine.query(
        f"select * from ({FIXED_WEIGHTS}) summed order by src, dst",
        {"one": FIXED_POINT},
        edges=graph.edges,
    )
    return fixed_of(_ids(graph), pairs)


def dense_of(ids: pa.StringArray, edges: pa.Table, *, directed: bool) -> DenseGraph:
    """Sorted ids and sorted rows of `SUMMED_WEIGHTS` as arrays."""
    return DenseGraph(
        ids=ids,
        src=_numbers(edges["src"], ids),
        dst=_numbers(edges["dst"], ids),
        weight=edges["weight"].to_numpy(),
        directed=directed,
    )


def fixed_of(ids: pa.StringArray, pairs: pa.Table) -> FixedGraph:
    """Sorted ids and sorted rows of `FIXED_WEIGHTS` as arrays."""
    return FixedGraph(
        ids=ids,
        src=_numbers(pairs["src"], ids),
        dst=_numbers(pairs["dst"], ids),
        fixed=pairs["fixed"].to_numpy(),
    )


def vertices(graph: InteractionGraph) -> tuple[str, dict[str, Table]]:
    """The query for every account of a graph, once, and the tables that it names."""
    query = "select src as account from {edges} union select dst from {edges}"
    tables = {"edges": graph.edges}
    if graph.accounts is not None:
        query += " union select account from {accounts}"
        tables["accounts"] = graph.accounts
    return query, tables


def _ids(graph: InteractionGraph) -> pa.StringArray:
    query, tables = vertices(graph)
    found = graph.engine.query(f"select account from ({query}) order by account", **tables)
    return found["account"].combine_chunks()


def _numbers(names: pa.ChunkedArray, ids: pa.StringArray) -> Ints:
    found: Ints = pc.index_in(names, value_set=ids).to_numpy().astype(np.int64)
    return found
