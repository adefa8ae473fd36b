"""Files take their place whole or not at all, several together where they belong together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.durable import Disk
from graph.errors import StoreError


@contextmanager
def whole(*paths: Path, disk: Disk | None = None) -> Iterator[tuple[Path, ...]]:
    """Paths to write to, beside `paths`; they take their places when the block ends well.

    Every file is forced to disk before the first is renamed. The first path is the content, the
    others vouch for it: their old versions go before the content changes, so that a crash
    between two renames leaves content without a voucher, never a false voucher.

    Raises:
        StoreError: the disk refused. Before the first rename nothing has changed; after it, files
            that were not there before are taken away again.
    """
    disk = disk or Disk()
    beside = tuple(path.with_name(f"{path.name}.{os.getpid()}.part") for path in paths)
    try:
        for folder in sorted({path.parent for path in paths}):
            folder.mkdir(parents=True, exist_ok=True)
        yield beside
        for part in beside:
            disk.sync_file(part)
        _place(disk, beside, paths)
    except OSError as error:
        message = (
            f"`{paths[0]}` was not written: {error.strerror or error};"
            " free the place or choose another, and write it again"
        )
        raise StoreError(message) from error
    finally:
        for part in beside:
            part.unlink(missing_ok=True)


def _place(disk: Disk, beside: tuple[Path, ...], paths: tuple[Path, ...]) -> None:
    fresh = [path for path in paths if not path.exists()]
    try:
        for voucher in paths[1:]:
            disk.remove(voucher)
        for part, path in zip(beside, paths, strict=True):
            disk.rename(part, path)
        for folder in sorted({path.parent for path in paths}):
            disk.sync_folder(folder)
    except OSError:
        for path in fresh:
            path.unlink(missing_ok=True)
        raise
