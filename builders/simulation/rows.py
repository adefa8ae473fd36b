"""Interactions as numbers, before they are written as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from builders.simulation.population import Ints, Longs

LIKE, SHARE, COMMENT, FOLLOW, LOGIN = range(5)
ACTIONS = ("like", "share", "comment", "follow", "login")

NONE = -1
"""In `object` and `aux`: as the account usually does (its own device, address or words)."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Interactions as columns.

    `at` is ms from the start. `object` numbers a post (like, comment), link (share), account
    (follow) or device (login). `aux` numbers a planted text (comment) or an address (login).
    """

    account: Ints
    at: Longs
    action: npt.NDArray[np.int8]
    object: Ints
    aux: Ints

    def __len__(self) -> int:
        """How many interactions."""
        return len(self.at)

    def columns(self) -> tuple[npt.NDArray[Any], ...]:
        """The columns, in order."""
        return (self.account, self.at, self.action, self.object, self.aux)

    def pick(self, which: npt.NDArray[np.integer] | slice) -> Rows:
        """Some of the rows, in the order of `which`."""
        return Rows(*(column[which] for column in self.columns()))

    def of(self, action: int) -> Rows:
        """The rows of one action, in order."""
        return self.pick(np.flatnonzero(self.action == action))

    def merged(self, others: Rows) -> Rows:
        """These rows with others put between them; both are sorted by `at`."""
        place = np.searchsorted(self.at, others.at)
        return Rows(
            *(
                np.insert(mine, place, theirs)
                for mine, theirs in zip(self.columns(), others.columns(), strict=True)
            )
        )


def joined(parts: Sequence[Rows]) -> Rows:
    """All rows of the parts, sorted by time; ties by account, action, object and `aux`."""
    empty = [np.empty(0, dtype) for dtype in _DTYPES]
    columns = zip(empty, *(part.columns() for part in parts), strict=True)
    rows = Rows(*(np.concatenate(column).astype(column[0].dtype) for column in columns))
    return rows.pick(np.lexsort((rows.aux, rows.object, rows.action, rows.account, rows.at)))


_DTYPES = (np.int32, np.int64, np.int8, np.int32, np.int32)
