"""What things are called: ids that say nothing of who made them, or when."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids
from builders.simulation.marketplace.stage import (
    A_REVIEW,
    ACCOUNT,
    COUPON,
    LINK,
    LISTING,
    OBJECTS,
    QUESTION,
    SHOP,
    Stage,
)
from builders.simulation.population import Longs

_SITES = 900


def named(stage: Stage, what: Longs, accounts: pa.StringArray, salt: int) -> pa.Array:
    """The id of each object."""
    every, place = np.unique(what, return_inverse=True)
    ends = np.searchsorted(every, np.arange(len(OBJECTS) + 1) << 40)
    parts = []
    for first, low, high in zip(
        (LISTING, A_REVIEW, QUESTION, SHOP, ACCOUNT, LINK, COUPON), ends, ends[1:], strict=False
    ):
        number = every[low:high] - first
        if first == ACCOUNT:
            parts.append(accounts.take(pa.array(number)))
        elif first == LINK:
            parts.append(_links(stage, number, salt))
        elif first == LISTING:
            parts.append(ids.decimals(ids.scramble(number, bits=36, salt=salt + 1), width=11))
        else:
            mixed = ids.scramble(number, bits=40, salt=salt + 2 + (first >> 40))
            start = {A_REVIEW: "r", QUESTION: "q", SHOP: "s", COUPON: "c"}[first]
            parts.append(_joined(start, ids.letters(mixed, width=8), "-"))
    return pa.concat_arrays(parts).take(pa.array(place))


def _links(stage: Stage, number: Longs, salt: int) -> pa.Array:
    """Addresses of pages; a few of the sites have most of them."""
    mixed = ids.scramble(number, bits=40, salt=salt + 20)
    planted = np.array([*stage.sites, 0], dtype=np.int64)
    common = np.sqrt(mixed % np.uint64(_SITES**2)).astype(np.int64)
    site = np.where(
        number < len(stage.sites), planted[np.minimum(number, len(stage.sites))] % _SITES, common
    )
    sites = ids.letters(ids.scramble(site, bits=30, salt=salt + 21), width=6)
    pages = ids.letters(mixed, width=8)
    return pc.binary_join_element_wise(
        pa.scalar("https://"), sites, pa.scalar(".example/"), pages, ""
    )  # fmt: skip


def _joined(start: str, names: pa.Array, between: str) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(start), names, between)
