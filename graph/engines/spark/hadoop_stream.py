"""A file of Hadoop's as Python reads files: for footers and first rows, asked for by the driver."""

from __future__ import annotations

import io
from typing import Any

from graph.engines.spark.refused_files import told

PIECE = 1 << 20
"""Bytes that cross from the JVM at a time: they cross as text."""


class HadoopStream(io.RawIOBase):
    """Bytes of an open `FSDataInputStream`, from any place in it."""

    def __init__(self, jvm: Any, stream: Any, size: int, place: str) -> None:  # noqa: ANN401
        """Read `stream` of `size` bytes; `place` is what errors call it."""
        self._jvm = jvm
        self._stream = stream
        self._size = size
        self._at = 0
        self._place = place

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on reading elsewhere."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, room: Any) -> int:  # noqa: ANN401 - whatever offers a buffer
        """The next bytes; none at the end.

        Raises:
            OSError: the file system refused.
        """
        wanted = min(len(room), self._size - self._at, PIECE)
        if wanted <= 0:
            return 0
        with told(self._place):
            self._stream.seek(self._at)
            data: bytes = self._jvm.org.apache.commons.io.IOUtils.toByteArray(self._stream, wanted)
        room[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close the stream, once."""
        if not self.closed:
            with told(self._place):
                self._stream.close()
        super().close()
