"""Objects of several kinds in one count: where the numbers of each begin, and what they are called.

The ids say nothing of who made a thing, or when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import ids
from builders.simulation.ids import UInts
from builders.simulation.population import Longs

_BITS = 40

Naming = Callable[[Longs], pa.Array]
"""What the things of one kind are called, by their numbers within the kind."""


def beginnings(kinds: int) -> tuple[int, ...]:
    """What is added to the number of a thing, so that those of all kinds are apart."""
    return tuple(kind << _BITS for kind in range(kinds))


def kind_of(what: Longs) -> Longs:
    """Of which kind each object is."""
    return what >> _BITS


def number_of(what: Longs) -> Longs:
    """The number of each object within its kind."""
    return what & ((1 << _BITS) - 1)


def named(what: Longs, namings: Sequence[Naming]) -> pa.Array:
    """The id of each object, by the naming of its kind."""
    every, place = np.unique(what, return_inverse=True)
    ends = np.searchsorted(every, beginnings(len(namings) + 1))
    parts = [
        name(number_of(every[low:high]))
        for name, low, high in zip(namings, ends[:-1], ends[1:], strict=True)
    ]
    return pa.concat_arrays(parts).take(pa.array(place))


def lettered(start: str, *, salt: int) -> Naming:
    """Ids of eight letters and digits behind a `start` that tells the kind."""

    def name(number: Longs) -> pa.Array:
        mixed = ids.letters(ids.scramble(number, bits=_BITS, salt=salt), width=8)
        return pc.binary_join_element_wise(pa.scalar(start), mixed, "")

    return name


def page_addresses(site: Longs, page: UInts, *, salt: int) -> pa.Array:
    """Addresses of pages, by numbers of their sites and of their own that are mixed already."""
    sites = ids.letters(ids.scramble(site, bits=30, salt=salt), width=6)
    pages = ids.letters(page, width=8)
    return pc.binary_join_element_wise(
        pa.scalar("https://"), sites, pa.scalar(".example/"), pages, ""
    )  # fmt: skip
