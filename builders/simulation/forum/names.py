"""What things are called: ids that say nothing of who made them, or when."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids
from builders.simulation.forum.stage import (
    A_COMMENT,
    A_COMMUNITY,
    A_LINK,
    A_POST,
    AN_ACCOUNT,
    OBJECTS,
    Stage,
)
from builders.simulation.population import Longs

_SITES = 1_500


def named(stage: Stage, what: Longs, accounts: pa.StringArray, salt: int) -> pa.Array:
    """The id of each object."""
    every, place = np.unique(what, return_inverse=True)
    ends = np.searchsorted(every, np.arange(len(OBJECTS) + 1) << 40)
    parts = []
    for kind, first in enumerate((A_POST, A_COMMENT, A_LINK, AN_ACCOUNT, A_COMMUNITY)):
        number = every[ends[kind] : ends[kind + 1]] - first
        if first == AN_ACCOUNT:
            parts.append(accounts.take(pa.array(number)))
        elif first == A_LINK:
            parts.append(_links(stage, number, salt))
        else:
            mixed = ids.letters(ids.scramble(number, bits=40, salt=salt + 1 + kind), width=8)
            start = {A_POST: "p_", A_COMMENT: "c_", A_COMMUNITY: "f_"}[first]
            parts.append(pc.binary_join_element_wise(pa.scalar(start), mixed, ""))
    return pa.concat_arrays(parts).take(pa.array(place))


def _links(stage: Stage, number: Longs, salt: int) -> pa.Array:
    """Addresses of pages; a few of the sites have most of them."""
    mixed = ids.scramble(number, bits=40, salt=salt + 20)
    organic = stage.links - len(stage.sites)
    planted = np.array([*stage.sites, 0], dtype=np.int64)
    common = (_SITES * (mixed % np.uint64(2**20) / 2.0**20) ** 2.5).astype(np.int64)
    own = planted[np.clip(number - organic, 0, len(stage.sites))] % _SITES
    site = np.where(number < organic, common, own)
    sites = ids.letters(ids.scramble(site, bits=30, salt=salt + 21), width=6)
    pages = ids.letters(mixed, width=8)
    return pc.binary_join_element_wise(
        pa.scalar("https://"), sites, pa.scalar(".example/"), pages, ""
    )  # fmt: skip
