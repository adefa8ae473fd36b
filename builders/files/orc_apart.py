"""ORC stripes from a process of their own, so that a file which kills the library kills no run."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa

from builders.files.names import shown_text
from graph.errors import ExtractError

_WORKER = Path(__file__).with_name("orc_worker.py")

# Processes that wait for another file: starting one takes longer than reading a small file.
_IDLE: deque[subprocess.Popen[bytes]] = deque()


def schema_and_rows(path: Path) -> tuple[pa.Schema, int]:
    """The columns of an ORC file and how many rows its footer promises.

    Raises:
        ExtractError: the file is no whole ORC file.
    """
    [frame] = _answer(path, None)
    with pa.ipc.open_stream(frame) as stream:
        schema = stream.schema
    return schema.remove_metadata(), int(schema.metadata[b"rows"])


def stripes(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The stripes of an ORC file, one held at a time.

    Raises:
        ExtractError: the file is damaged.
    """
    frames = _answer(path, columns)
    next(frames)
    for frame in frames:
        with pa.ipc.open_stream(frame) as stream:
            stripe = stream.read_next_batch()
        stripe.validate()
        yield stripe


def _answer(path: Path, columns: list[str] | None) -> Iterator[bytes]:
    """The frames of one answer. A process that answered whole waits for the next file."""
    process = _taken()
    through = False
    try:
        requests, answers = _pipes(process)
        requests.write(json.dumps([str(path), columns]).encode() + b"\n")
        requests.flush()
        while (length := _length(answers)) > 0:
            yield _exactly(answers, length)
        said = answers.readline() if length < 0 else b""
        through = True
        if said:
            _refuse(said)
    except BrokenPipeError:
        raise ExtractError(_DIED) from None
    finally:
        if through:
            _IDLE.append(process)
        else:
            _end(process)


_DIED = "it is damaged: the ORC library broke down over it; copy it again from its source"


def _length(answers: IO[bytes]) -> int:
    return int.from_bytes(_exactly(answers, 8), "big", signed=True)


def _exactly(answers: IO[bytes], length: int) -> bytes:
    found = answers.read(length)
    if len(found) < length:
        raise ExtractError(_DIED)
    return found


def _refuse(said: bytes) -> None:
    shown = shown_text(said.decode(errors="replace").strip().rstrip("."))
    message = f"it is damaged: {shown}; copy it again from its source"
    raise ExtractError(message)


def _taken() -> subprocess.Popen[bytes]:
    while _IDLE:
        process = _IDLE.pop()
        if process.poll() is None:
            return process
        _end(process)
    # -P keeps this folder off the path, where names of the standard library stand again.
    return subprocess.Popen(
        [sys.executable, "-P", str(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        message = "the ORC process was started without pipes"
        raise RuntimeError(message)
    return process.stdin, process.stdout


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in _pipes(process):
        try:
            pipe.close()
        except BrokenPipeError:
            continue


@atexit.register
def _end_all() -> None:
    while _IDLE:
        _end(_IDLE.pop())
