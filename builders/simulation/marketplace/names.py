"""What things are called: ids that say nothing of who made them, or when."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from builders.simulation import ids
from builders.simulation.marketplace.stage import OBJECTS, Stage
from builders.simulation.object_numbers import Naming, lettered, named, page_addresses
from builders.simulation.population import Longs

_SITES = 900


def object_names(stage: Stage, what: Longs, accounts: pa.StringArray, salt: int) -> pa.Array:
    """The id of each object."""
    namings: dict[str, Naming] = {
        "listing": lambda number: ids.decimals(
            ids.scramble(number, bits=36, salt=salt + 1), width=11
        ),
        "review": lettered("r-", salt=salt + 3),
        "question": lettered("q-", salt=salt + 4),
        "shop": lettered("s-", salt=salt + 5),
        "account": lambda number: accounts.take(pa.array(number)),
        "link": lambda number: _links(stage, number, salt),
        "coupon": lettered("c-", salt=salt + 8),
    }
    return named(what, [namings[kind] for kind in OBJECTS])


def _links(stage: Stage, number: Longs, salt: int) -> pa.Array:
    """Addresses of pages; a few of the sites have most of them."""
    mixed = ids.scramble(number, bits=40, salt=salt + 20)
    planted = np.array([*stage.sites, 0], dtype=np.int64)
    common = np.sqrt(mixed % np.uint64(_SITES**2)).astype(np.int64)
    site = np.where(
        number < len(stage.sites), planted[np.minimum(number, len(stage.sites))] % _SITES, common
    )
    return page_addresses(site, mixed, salt=salt + 21)
