"""Snappy as files hold it: the framing format, and Hadoop's blocks.

Sources: the Snappy framing format description (stream identifier, chunk types, masked CRC-32C);
Hadoop's BlockCompressorStream (big-endian length of a block, then length and bytes of each chunk).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from builders.files.crc32c import crc32c

FRAMING_MAGIC = b"\xff\x06\x00\x00sNaPpY"

_LARGEST_FRAME = 1 << 16
_LARGEST_BLOCK = 64 << 20


def snappy_frames(opened: BinaryIO) -> Iterator[bytes]:
    """The decompressed chunks of a stream in the framing format.

    Raises:
        ValueError: a chunk is truncated, of a reserved kind, or fails its checksum.
    """
    while head := opened.read(4):
        if len(head) < 4:
            message = "truncated in the head of a chunk"
            raise ValueError(message)
        kind, length = head[0], int.from_bytes(head[1:], "little")
        body = _exactly(opened, length)
        if kind == 0xFF:
            if head + body != FRAMING_MAGIC:
                message = "a stream identifier is not snappy's"
                raise ValueError(message)
        elif kind in (0, 1):
            piece = _frame(kind, body)
            if piece:
                yield piece
        elif kind < 0x80:
            message = f"a chunk is of the reserved kind {kind:#04x}"
            raise ValueError(message)


def hadoop_blocks(opened: BinaryIO) -> Iterator[bytes]:
    """The decompressed chunks of Hadoop's block format.

    Raises:
        ValueError: a block is truncated, or longer or shorter than it says.
    """
    while head := opened.read(4):
        if len(head) < 4:
            message = "truncated in the length of a block"
            raise ValueError(message)
        missing = int.from_bytes(head, "big")
        if missing > _LARGEST_BLOCK:
            message = f"a block says that it has {missing} bytes"
            raise ValueError(message)
        while missing:
            length = int.from_bytes(_exactly(opened, 4), "big")
            if length > _LARGEST_BLOCK:
                message = f"a chunk says that it has {length} bytes"
                raise ValueError(message)
            piece = _raw(_exactly(opened, length), at_most=missing)
            if not piece:
                message = "an empty chunk stands in a block that is not full"
                raise ValueError(message)
            missing -= len(piece)
            yield piece


def looks_like_hadoop(head: bytes, size: int) -> bool:
    """Whether the first lengths of a file can only be those of Hadoop's snappy blocks."""
    if len(head) < 10:
        return False
    block = int.from_bytes(head[:4], "big")
    chunk = int.from_bytes(head[4:8], "big")
    if not 0 < block <= _LARGEST_BLOCK or not 0 < chunk <= size - 8:
        return False
    try:
        length, _ = _length(head[8:])
    except ValueError:
        return False
    return 0 < length <= block and chunk <= 32 + length + length // 6


def _frame(kind: int, body: bytes) -> bytes:
    if len(body) < 4:
        message = "a chunk has no room for its checksum"
        raise ValueError(message)
    piece = _raw(body[4:], at_most=_LARGEST_FRAME) if kind == 0 else body[4:]
    crc = crc32c(piece)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    if masked != int.from_bytes(body[:4], "little"):
        message = "a chunk fails its checksum"
        raise ValueError(message)
    return piece


def _raw(compressed: bytes, *, at_most: int) -> bytes:
    length, _ = _length(compressed)
    if length > at_most:
        message = f"a chunk holds {length} bytes where {at_most} are left"
        raise ValueError(message)
    if not length:
        return b""
    piece: bytes = pa.Codec("snappy").decompress(compressed, length, asbytes=True)
    return piece


def _length(compressed: bytes) -> tuple[int, int]:
    """The length that a raw snappy block declares (a varint), and where its data begin."""
    value = 0
    for place, byte in enumerate(compressed[:5]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, place + 1
    message = "a chunk does not say how long it is"
    raise ValueError(message)


def _exactly(opened: BinaryIO, length: int) -> bytes:
    found = opened.read(length)
    if len(found) < length:
        message = f"truncated: {length} bytes should follow, {len(found)} do"
        raise ValueError(message)
    return found
