"""Processes that listen at a port of this machine: started, awaited, ended with all they start."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

# The system lends ports to connections from 32768 up. One of those, found free now, can be lent
# to anybody before the service that it is meant for listens there; and who asks again and again
# whether a lent port answers is at last lent that very port, and answers himself.
_NEVER_LENT = range(20_000, 32_000)
_SECONDS_TO_START = 240


def free_port() -> int:
    """A port at which nobody listens, of those that the system lends to no connection."""
    while True:
        port = secrets.choice(_NEVER_LENT)
        with socket.socket() as bound:
            try:
                bound.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    log: Path,
    within: Path,
    environment: Mapping[str, str],
) -> Iterator[None]:
    """A process in a group of its own that listens at `port`, ended with all it started."""
    with log.open("wb") as written:
        process = subprocess.Popen(
            command,
            cwd=within,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_port(process, port, log)
        yield
    finally:
        _end(process)


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        if _answers(port):
            return
        time.sleep(0.2)
    pytest.fail(f"nothing listens at {port}; the log ends:\n{log.read_text()[-3000:]}")


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        if tried.connect_ex(("127.0.0.1", port)) != 0:
            return False
        return bool(tried.getsockname() != tried.getpeername())


def _end(process: subprocess.Popen[bytes]) -> None:
    for ending in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, ending)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            continue
        return
