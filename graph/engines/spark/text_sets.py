"""What Spark hands to workers as the arrays that kernels take: numbers, lists, word sets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.jaccard import WordSets

Ints = npt.NDArray[np.int64]


def sets_of(rows: pa.Table) -> tuple[WordSets, Ints, Ints]:
    """Texts (`words`, the rarest first, and `found_in`) as sets of dense numbers.

    Returns:
        The sets; by dense number which word it was, and how many of all texts hold it.
    """
    starts, words, known = lists(rows, "words")
    found_in = np.zeros(len(known), np.int64)
    found_in[words] = pc.list_flatten(column(rows, "found_in")).to_numpy()
    return WordSets(starts, words), known, found_in


def column(rows: pa.Table, name: str) -> pa.Array:
    """A column in one piece."""
    pieces = rows[name].combine_chunks()
    return pieces.chunk(0) if isinstance(pieces, pa.ChunkedArray) else pieces


def numbers(rows: pa.Table, name: str) -> Ints:
    """A column of whole numbers."""
    found: Ints = rows[name].to_numpy().astype(np.int64)
    return found


def lists(rows: pa.Table, name: str) -> tuple[Ints, Ints, Ints]:
    """A column of lists of numbers: where each begins, the numbers made dense, what they were."""
    given = column(rows, name)
    lengths = pc.list_value_length(given).to_numpy()
    known, dense = np.unique(pc.list_flatten(given).to_numpy(), return_inverse=True)
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return starts, dense.astype(np.int64), known
