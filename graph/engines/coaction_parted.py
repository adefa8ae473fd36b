"""The wanted interactions in part files, window by window: for more rows than memory holds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from graph.engines.coaction_parts import PartedRows
from graph.engines.coaction_passes import Cut, WindowPasses
from graph.engines.coaction_reading import Wanted
from graph.engines.coaction_window import Window
from graph.engines.kernels import coaction
from graph.engines.kernels.bounds import Limits

_BYTES_A_ROW = 160
"""What a row of a part takes while the part is worked on."""
_FEWEST_PARTS, _MOST_PARTS = 2, 9
"""As powers of two; each part is an open file while rows are read."""


class Parted:
    """Interactions in part files; see `coaction_window.CoactionRows`."""

    def __init__(
        self, wanted: Wanted, folder: Path, *, rows: int, widest_ms: int, memory: int
    ) -> None:
        """Read them.

        Args:
            wanted: the interactions.
            folder: an empty folder for the files; whoever made it takes it away.
            rows: about how many there are.
            widest_ms: the widest window that will be asked for.
            memory: about how many bytes may be in use at a time.
        """
        self._folder = folder
        self._memory = memory
        self._windows = itertools.count()
        bits = _parts_bits(rows, memory, wanted.threads)
        self._rows = PartedRows(wanted, folder, bits=bits, widest_ms=widest_ms, memory=memory)

    @property
    def ids(self) -> pa.LargeStringArray:
        """Account ids in byte order, by code."""
        return self._rows.ids

    def raw_pairs(self, within_ms: int) -> int:
        """Pairs of posts of two accounts in a window, without a sweep."""
        accounts = len(self.ids)
        return sum(
            coaction.raw_pairs(self._rows.part(number).rows, within_ms, accounts)
            for number in range(self._rows.parts)
        )

    @contextmanager
    def window(
        self, within_ms: int, *, limits: Limits, count: str, at_least: int
    ) -> Iterator[Window]:
        """One window, bounded and pruned part by part; its files go as it is left."""
        folder = self._folder / f"window-{next(self._windows)}"
        passes = WindowPasses(
            self._rows, folder, within_ms, limits=limits, count=count, at_least=at_least
        )
        try:
            yield Window(
                raw_pairs=passes.raw_pairs,
                interactions=passes.interactions,
                large=True,
                cuts=[(cut.losses, says) for cut, says in self._said(passes.cuts)],
                blocks=passes.blocks(self._memory // 4),
            )
        finally:
            shutil.rmtree(folder)

    def _said(self, cuts: list[Cut]) -> Iterator[tuple[Cut, list[str]]]:
        if not cuts:
            return
        said = iter(self._rows.says(np.concatenate([cut.names for cut in cuts])))
        for cut in cuts:
            yield cut, list(itertools.islice(said, len(cut.names)))


def _parts_bits(rows: int, memory: int, threads: int) -> int:
    """So many parts, as a power of two, that one for each thread fits a quarter of the memory."""
    at_once = max(memory // 4 // threads, 1)
    parts = rows * _BYTES_A_ROW // at_once
    return min(max(parts.bit_length(), _FEWEST_PARTS), _MOST_PARTS)
