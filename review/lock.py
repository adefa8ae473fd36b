"""One writer at a time in a folder of runs."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import StoreError

LOCK = "writer.lock"


@contextmanager
def sole_writer(out: Path, run: str) -> Iterator[None]:
    """Hold the right to write runs in `out`.

    The right is the operating system's lock on an open file: it ends with the process that holds
    it, however that process ends, so a lock file left by a dead process stands in nobody's way.
    The file's text only says whose it is, for people.

    Raises:
        StoreError: another writer holds it.
    """
    path = out / LOCK
    with path.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = (
                f"`{out}` is being written by {_holder(path)}; wait for it or end it,"
                " then start this again"
            )
            raise StoreError(message) from error
        file.truncate(0)
        file.write(
            json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "run": run}).encode()
        )
        file.flush()
        yield


def _holder(path: Path) -> str:
    try:
        says = json.loads(path.read_text(encoding="utf-8"))
        return f"process {int(says['pid'])} (run `{says['run']}`)"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
