"""A new folder, written whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import ConfigError


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Where to write what becomes the folder `out` in the end, and is gone if that fails.

    Raises:
        ConfigError: `out` exists and is not empty.
    """
    if out.exists() and any(out.iterdir()):
        message = f"`{out}` is not empty; name a new folder, or remove it first"
        raise ConfigError(message)
    staging = out.with_name(out.name + ".part")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        yield staging
        if out.exists():
            out.rmdir()
        staging.replace(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
