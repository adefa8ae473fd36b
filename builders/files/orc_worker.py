"""The process that reads ORC files: run as a script, it serves requests from its standard input.

The ORC library does not survive every damaged file, and ORC has no checksums that would tell before
it tries. So files are read in a process of its own, whose death is an error that names the file.
A request is a line of JSON, `[path, columns]`, where columns is a list of names, or null for the
schema alone. The answer is one frame with the schema (its metadata say how many `rows` there are),
one a stripe, and a frame of length 0; or at any place one of length -1 and a line that says what is
wrong. A frame is its length in 8 bytes and an Arrow stream.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
from pyarrow import orc


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer every request until there are no more."""
    for request in requests:
        path, columns = json.loads(request)
        try:
            for frame in _frames(path, columns):
                answers.write(_length(frame.size))
                answers.write(frame)
            answers.write(_length(0))
        except Exception as error:  # whatever the library raises belongs to the file
            said = " ".join(str(error).split()) or type(error).__name__
            answers.write(_length(-1) + said.encode(errors="replace") + b"\n")
        answers.flush()


def _frames(path: str, columns: list[str] | None) -> Iterator[pa.Buffer]:
    opened = orc.ORCFile(path)
    yield _stream(opened.schema.with_metadata({"rows": str(opened.nrows)}), [])
    if columns is not None:
        for place in range(opened.nstripes):
            stripe = opened.read_stripe(place, columns=columns)
            yield _stream(stripe.schema, [stripe])


def _stream(schema: pa.Schema, batches: list[pa.RecordBatch]) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue()


def _length(size: int) -> bytes:
    return size.to_bytes(8, "big", signed=True)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
