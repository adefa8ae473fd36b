"""Files that outlive a power cut, and the few file operations that a publication is made of.

All of a run's bytes pass through a `Disk`, so that a test can put one in its place that dies,
refuses, or loses what was never synced, at any single operation. Order is everything here: a name
is durable once its folder is synced, and bytes are durable once their file is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


class Disk:
    """File operations as the operating system does them; each is one point where power may fail."""

    def make_folder(self, path: Path) -> None:
        """Make one folder; its parent must be there."""
        path.mkdir(exist_ok=True)

    def fill(self, path: Path, write: Callable[[Path], int]) -> int:
        """Let `write` make the file `path`; give what `write` gives (a number of rows)."""
        return write(path)

    def append(self, path: Path, data: bytes) -> None:
        """Add bytes to the end of a file, which is made when it is not there."""
        with path.open("ab") as file:
            file.write(data)

    def sync_file(self, path: Path) -> None:
        """Return when the file's bytes would survive a power cut."""
        _sync(path)

    def sync_folder(self, path: Path) -> None:
        """Return when the folder's names (made, renamed, removed) would survive a power cut."""
        _sync(path)

    def rename(self, source: Path, target: Path) -> None:
        """Give a file or folder another name in one step; a file may replace a file."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove a file or a folder with all it holds; what is not there is no error."""
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def put(disk: Disk, path: Path, write: Callable[[Path], int]) -> int:
    """Make the file `path` whole or not at all, durably; give what `write` gives."""
    beside = path.with_name(path.name + ".tmp")
    given = disk.fill(beside, write)
    disk.sync_file(beside)
    disk.rename(beside, path)
    disk.sync_folder(path.parent)
    return given


def put_bytes(disk: Disk, path: Path, data: bytes) -> None:
    """Make the file `path` hold `data`, whole or not at all, durably."""
    put(disk, path, lambda beside: beside.write_bytes(data))


def make_folders(disk: Disk, path: Path) -> None:
    """Make a folder and those above it that are missing, durably."""
    if path.is_dir():
        return
    make_folders(disk, path.parent)
    disk.make_folder(path)
    disk.sync_folder(path.parent)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
