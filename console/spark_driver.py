"""What `spark-submit` starts: runs a command of Ringwatch in the driver.

The driver may have nothing of ours but the archive on its path, so this file uses the standard
library alone until the archive is unpacked: some files of it are read as files. The folder is kept
where there is a cache, as what is compiled lies beside the code.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path


def run() -> None:
    """Put the code of the archive first on the path, and do what the arguments say."""
    for archive in archives():
        sys.path.insert(0, str(unpacked(archive)))
        break
    from console.cli import main

    main()


def archives() -> Iterator[Path]:
    """Our archives on the path; there is none where Ringwatch is installed and nothing was sent."""
    for place in sys.path:
        if place.endswith(".zip") and Path(place).name.startswith("ringwatch-"):
            yield Path(place)


def unpacked(archive: Path) -> Path:
    """The folder with the archive's files; its name says which, so it is made once."""
    for cache in (os.environ.get("XDG_CACHE_HOME", ""), "~/.cache"):
        try:
            base = Path(cache).expanduser()
            if base.is_absolute():
                return placed(archive, base / "ringwatch" / f"code-{archive.stem}")
        except (OSError, RuntimeError):
            continue
    return placed(archive, Path(tempfile.mkdtemp(prefix="ringwatch-")) / archive.stem)


def placed(archive: Path, folder: Path) -> Path:
    """Unpack into `folder`, which comes into being whole, whoever else does the same.

    Raises:
        OSError: it cannot be written.
    """
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".code-", dir=folder.parent))
        try:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(beside)
            beside.rename(folder)
        except OSError:
            shutil.rmtree(beside, ignore_errors=True)
            if not folder.is_dir():
                raise
    return folder


if __name__ == "__main__":
    run()
