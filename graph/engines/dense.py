"""Account ids as dense integers: what array kernels work on.

Numbers follow the byte order of the ids (account 0 is the least), so the least member of a group
by number is the least by name, on every engine and for any row order.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    ids, src, dst, rows = numbered(graph, SUMMED_WEIGHTS)
    order = _by_ends(src, dst, len(ids))
    weight = rows["weight"].to_numpy()[order]
    return DenseGraph(
        ids=ids, src=src[order], dst=dst[order], weight=weight, directed=graph.directed
    )


def fixed(graph: InteractionGraph) -> FixedGraph:
    """The graph without directions, with numbers for ids and whole numbers for weights."""
    ids, src, dst, rows = numbered(graph, FIXED_WEIGHTS, {"one": FIXED_POINT})
    order = _by_ends(src, dst, len(ids))
    return FixedGraph(
        ids=ids, src=src[order], dst=dst[order], fixed=rows["fixed"].to_numpy()[order]
    )


def numbered(
    graph: InteractionGraph,
    query: str = "select src, dst from {edges}",
    values: Mapping[str, int] | None = None,
) -> tuple[pa.StringArray, Ints, Ints, pa.Table]:
    """Sorted ids, the numbers of both ends of each row, and the rows as they came.

    Ids are numbered before anything is sorted: numbers sort many times faster than text.

    Args:
        graph: the graph.
        query: gives `src`, `dst` and whatever else is asked for, of `edges`.
        values: what the query names.
    """
    rows = graph.engine.query(query, values, edges=graph.edges)
    parts = [*rows["src"].chunks, *rows["dst"].chunks]
    if graph.accounts is not None:
        alone = graph.engine.query("select account from {accounts}", accounts=graph.accounts)
        parts += alone["account"].chunks
    coded = pa.chunked_array(parts, pa.string()).combine_chunks().dictionary_encode()
    order = pc.sort_indices(coded.dictionary)
    place = np.empty(len(order), dtype=np.int64)
    place[order.to_numpy()] = np.arange(len(order))
    ends: Ints = place[coded.indices.to_numpy()]
    ids = coded.dictionary.take(order)
    return ids, ends[: len(rows)], ends[len(rows) : 2 * len(rows)], rows


def _by_ends(src: Ints, dst: Ints, accounts: int) -> Ints:
    order: Ints = np.argsort(src * max(accounts, 1) + dst, kind="stable")
    return order


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


def _numbers(names: pa.ChunkedArray, ids: pa.StringArray) -> Ints:
    found: Ints = pc.index_in(names, value_set=ids).to_numpy().astype(np.int64)
    return found
