"""Dense blocks of a table of acts, for every engine: the acts are brought here as arrays.

Whoever asks bounds the acts first (`builders.crowded_acts`), so that what is brought does not grow
with the extract.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.block_schemas import BLOCK_ACTS, INCIDENCE
from graph.engines.kernels.blocks import Found, dense_blocks
from graph.engines.kernels.lockstep import windowed_core
from graph.table import Table

Ints = npt.NDArray[np.int64]


class Core(NamedTuple):
    """What makes a windowed core of a block's acts (`graph.engines.kernels.lockstep`)."""

    within_ms: int
    least_accounts: int
    least_objects: int


class BlockSize(NamedTuple):
    """How dense a block is, the bar that it passed, and how large it was before its core."""

    density: float
    bar: float
    accounts: int
    columns: int


def blocks_of(
    incidence: Table, *, most: int, draws: int, seed: int, core: tuple[int, int, int] | None
) -> tuple[Table, list[BlockSize]]:
    """The acts of each dense block (`BLOCK_ACTS`), and each block's size, empty cores too.

    Args:
        incidence: `INCIDENCE`; a column is an object in a stretch of time.
        most: blocks to look for at the most.
        draws: random graphs behind the bar that a block must pass; 0 for no bar.
        seed: of the random graphs.
        core: the sizes of a `Core` to cut each block's accounts and objects down to; None for the
            block as it is.
    """
    acts = incidence.arrow()
    account, accounts = _coded(acts, ("account",))
    column, columns = _coded(acts, ("action", "object_kind", "object", "bin"))
    found = dense_blocks(
        account, column, accounts=accounts, columns=columns, most=most, draws=draws, seed=seed
    )
    chosen = [each.edges for each in found]
    if core is not None:
        object_, _ = _coded(acts, ("action", "object_kind", "object"))
        at = acts["acted_at"].to_numpy()
        chosen = [_cored(each, account, object_, at, Core(*core)) for each in found]
    sizes = [
        BlockSize(each.block.density, each.bar, len(each.block.accounts), len(each.block.columns))
        for each in found
    ]
    return incidence.engine.from_arrow(_rows(acts, chosen), BLOCK_ACTS), sizes


def _cored(found: Found, account: Ints, object_: Ints, at: Ints, core: Core) -> Ints:
    """The acts of the windowed core of a block's accounts on its objects, at whatever time.

    A ring's acts may lie on both sides of a border between two stretches, of which peeling took
    the one; so all acts of the block's accounts on its objects are looked at.
    """
    mine = np.isin(account, found.block.accounts) & np.isin(object_, object_[found.edges])
    places = np.flatnonzero(mine)
    inside = windowed_core(
        account[places],
        object_[places],
        at[places],
        within=core.within_ms,
        least_accounts=core.least_accounts,
        least_objects=core.least_objects,
    )
    return places[inside]


def _coded(acts: pa.Table, names: Sequence[str]) -> tuple[Ints, int]:
    """A number for each row, equal where the columns are, in their order; and how many there are.

    Numbers follow the byte order of the columns, so they are the same for rows in any order.
    """
    code = np.zeros(acts.num_rows, np.int64)
    count = 1
    for name in names:
        found = acts[name].combine_chunks().dictionary_encode()
        values = found.dictionary
        rank = np.empty(len(values), np.int64)
        rank[pc.sort_indices(values).to_numpy()] = np.arange(len(values))
        both = code * max(len(values), 1) + rank[found.indices.to_numpy()]
        different, code = np.unique(both, return_inverse=True)
        count = len(different)
    return code, count if acts.num_rows else 0


def _rows(acts: pa.Table, chosen: Sequence[Ints]) -> pa.Table:
    places = np.concatenate([np.zeros(0, np.int64), *chosen])
    number = np.repeat(np.arange(1, len(chosen) + 1), [len(each) for each in chosen])
    taken = acts.take(pa.array(places))
    columns = [pa.array(number, pa.int64()), *(taken[name] for name in INCIDENCE.names)]
    return pa.Table.from_arrays(columns, schema=BLOCK_ACTS.arrow)
