"""One window's rows, ready to be swept: what the two ways to hold interactions have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from graph.engines.kernels.bounds import Limits, Losses
from graph.engines.kernels.coaction import Ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Bounded and pruned rows.

    `raw_pairs`, `interactions`: after the bounds, before any pruning. `large`: whether the edges
    may be more than memory holds. `cuts`: what each bound left out, with its objects in words.
    `blocks`: between them they sweep every pair once.
    """

    raw_pairs: int
    interactions: int
    large: bool
    cuts: Sequence[tuple[Losses, Sequence[str]]]
    blocks: Iterator[Ready]


class CoactionRows(Protocol):
    """Interactions that were read, for any number of windows; times in ms."""

    @property
    def ids(self) -> pa.LargeStringArray:
        """Account ids in byte order, by code."""

    def raw_pairs(self, within_ms: int) -> int:
        """Pairs of posts of two accounts in a window, without a sweep."""

    def window(
        self, within_ms: int, *, limits: Limits, count: str, at_least: int
    ) -> AbstractContextManager[Window]:
        """One window; `limits`, `count` and `at_least` are as in `coaction.prepare`."""
