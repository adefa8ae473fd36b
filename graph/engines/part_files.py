"""Arrays in files, part by part: what passes over more rows than memory holds leave to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from graph.engines.kernels.company import Rows

T = TypeVar("T")
Array = npt.NDArray[Any]


class PartFiles:
    """A folder with a file for each array of each part; one thread at a time works on a part."""

    def __init__(self, folder: Path, parts: int) -> None:
        """Begin with no arrays.

        Args:
            folder: made here; whoever made its parent takes it away.
            parts: how many there are.
        """
        folder.mkdir()
        self.folder = folder
        self.parts = parts

    def write(self, part: int, arrays: dict[str, Array]) -> None:
        """Keep arrays of a part, in the place of what was kept under their names."""
        for name, array in arrays.items():
            np.save(self._path(part, name), array)

    def read(self, part: int, name: str) -> Array:
        """An array of a part, in memory."""
        array: Array = np.load(self._path(part, name))
        return array

    def each(self, work: Callable[[int], T], *, threads: int) -> Iterator[T]:
        """What `work` gives for each part, in their order; so many parts are worked on at once."""
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(work, range(self.parts))

    def _path(self, part: int, name: str) -> Path:
        return self.folder / f"{part}.{name}.npy"


class RowFiles(PartFiles):
    """Part files that hold `Rows` among their arrays."""

    def rows(self, part: int, *, contents: bool) -> Rows:
        """A part's rows. Without `contents`, which were not written then, posts have no name."""
        at = self.read(part, "at")
        content = self.read(part, "content") if contents else np.zeros(len(at), np.int64)
        account, starts, objects = (
            self.read(part, name) for name in ("account", "starts", "objects")
        )
        return Rows(account, at, content, starts, objects)

    def write_rows(self, part: int, rows: Rows, *, contents: bool) -> None:
        """Keep a part's rows."""
        arrays = rows._asdict()
        if not contents:
            del arrays["content"]
        self.write(part, arrays)


def on_disk(path: Path, length: int, kind: type[np.generic]) -> Array:
    """An array whose pages the system may write to its file at any time and take back."""
    if not length:
        return np.empty(0, kind)
    array: Array = np.asarray(np.memmap(path, kind, mode="w+", shape=(length,)))
    return array
