"""What a Python worker says of itself: the host it runs on, and the versions it would compute with.

This module is carried to the workers by value, before they can import anything of ours: it uses
the standard library alone, and finds out by trying.
"""

from __future__ import annotations

import importlib
import os
import platform
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

from graph.engines.spark.archive import code_digest

LIBRARIES = ("numpy", "pyarrow", "numba", "scipy", "duckdb", "igraph")
"""Libraries whose version can show in an answer; igraph is an extra."""

_LINGER_SECONDS = 0.2
"""A task holds its place this long, so that the others go to other workers."""


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """A worker.

    Attributes:
        host: its machine's name.
        process: the process that workers of one executor come from.
        versions: by name; None where a library is missing, a text in parentheses where it is
            there and cannot be loaded.
        code: the digest of our own packages as it would import them; None where it has none.
    """

    host: str
    process: int
    versions: dict[str, str | None]
    code: str | None


def worker_facts() -> WorkerFacts:
    """What this process says of itself."""
    versions: dict[str, str | None] = {"python": platform.python_version()}
    for name in LIBRARIES:
        versions[name] = _version(name)
    return WorkerFacts(socket.gethostname(), os.getppid(), versions, code_digest())


def told_by_task(_: Iterator[int]) -> Iterator[tuple[str, int, dict[str, str | None], str | None]]:
    """A task that tells the facts of the worker it runs in, as plain values."""
    facts = worker_facts()
    time.sleep(_LINGER_SECONDS)
    yield facts.host, facts.process, facts.versions, facts.code


def _version(name: str) -> str | None:
    try:
        return str(importlib.import_module(name).__version__)
    except ModuleNotFoundError as error:
        if error.name == name:
            return None
        return f"(cannot be loaded: {error})"
    except Exception as error:
        # A compiled library that was made for another system fails in ways of its own.
        return f"(cannot be loaded: {error})"
