"""What things are called: ids that say nothing of who made them, or when."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.forum.stage import OBJECTS, Stage
from builders.simulation.object_numbers import Naming, lettered, named, page_addresses
from builders.simulation.population import Longs

_SITES = 1_500


def object_names(stage: Stage, what: Longs, accounts: pa.StringArray, salt: int) -> pa.Array:
    """The id of each object."""
    namings: dict[str, Naming] = {
        "post": lettered("p_", salt=salt + 1),
        "comment": lettered("c_", salt=salt + 2),
        "link": lambda number: _links(stage, number, salt),
        "account": lambda number: accounts.take(pa.array(number)),
        "community": lettered("f_", salt=salt + 5),
    }
    return named(what, [namings[kind] for kind in OBJECTS])


def _links(stage: Stage, number: Longs, salt: int) -> pa.Array:
    """Addresses of pages; a few of the sites have most of them."""
    mixed = ids.scramble(number, bits=40, salt=salt + 20)
    organic = stage.links - len(stage.sites)
    planted = np.array([*stage.sites, 0], dtype=np.int64)
    common = (_SITES * (mixed % np.uint64(2**20) / 2.0**20) ** 2.5).astype(np.int64)
    own = planted[np.clip(number - organic, 0, len(stage.sites))] % _SITES
    return page_addresses(np.where(number < organic, common, own), mixed, salt=salt + 21)
