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

from graph.model import InteractionGraph
from graph.table import Table


@dataclass(frozen=True, slots=True)
class DenseGraph:
    """A graph as arrays: `ids[i]` is account `i`; edge `e` joins `src[e]` to `dst[e]`.

    Edges are sorted by (src, dst), one of each pair, weights of equal pairs (layers) summed.
    """

    ids: pa.StringArray
    src: npt.NDArray[np.int64]
    dst: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    directed: bool

    @property
    def accounts(self) -> int:
        """How many accounts."""
        return len(self.ids)


def dense(graph: InteractionGraph) -> DenseGraph:
    """The graph with numbers for ids; accounts without edges are kept."""
    engine = graph.engine
    vertices = "select src as account from {edges} union select dst from {edges}"
    tables: dict[str, Table] = {"edges": graph.edges}
    if graph.accounts is not None:
        vertices += " union select account from {accounts}"
        tables["accounts"] = graph.accounts
    ids = engine.query(f"select account from ({vertices}) order by account", **tables)[
        "account"
    ].combine_chunks()
    edges = engine.query(
        # Decimals add up alike in any order; doubles do not.
        "select src, dst, cast(sum(cast(weight as decimal(38, 15))) as double) as weight"
        " from {edges} group by src, dst order by src, dst",
        edges=graph.edges,
    )
    return DenseGraph(
        ids=ids,
        src=_numbers(edges["src"], ids),
        dst=_numbers(edges["dst"], ids),
        weight=edges["weight"].to_numpy(),
        directed=graph.directed,
    )


def _numbers(names: pa.ChunkedArray, ids: pa.StringArray) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = pc.index_in(names, value_set=ids).to_numpy().astype(np.int64)
    return found
