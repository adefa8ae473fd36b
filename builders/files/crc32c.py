"""The Castagnoli CRC (RFC 3720), which guards each chunk of framed snappy."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78
_SEGMENT = 256

Words = npt.NDArray[np.uint32]


def crc32c(data: bytes) -> int:
    """The CRC-32C of `data`.

    The CRC is linear: a byte is worth what its value adds at its distance from the end. Segments of
    256 bytes are looked up all at once, and only the segments are joined one by one.
    """
    single, worth, onward = _tables()
    whole = len(data) // _SEGMENT * _SEGMENT
    view = np.frombuffer(data, dtype=np.uint8, count=whole).reshape(-1, _SEGMENT)
    segments: Words = np.bitwise_xor.reduce(worth[np.arange(_SEGMENT), view], axis=1)
    value = 0xFFFFFFFF
    for segment in segments.tolist():
        bytes_of = (value & 0xFF, value >> 8 & 0xFF, value >> 16 & 0xFF, value >> 24)
        value = segment
        for table, byte in zip(onward, bytes_of, strict=True):
            value ^= table[byte]
    for byte in data[whole:]:
        value = value >> 8 ^ single[(value ^ byte) & 0xFF]
    return value ^ 0xFFFFFFFF


@cache
def _tables() -> tuple[list[int], Words, list[list[int]]]:
    """A byte's worth at the end, its worth at each place of a segment, a segment's step onward."""
    single: Words = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        odd = (single & np.uint32(1)) * np.uint32(_POLYNOMIAL)
        single = single >> np.uint32(1) ^ odd
    worth = np.empty((_SEGMENT, 256), dtype=np.uint32)
    worth[-1] = single
    for place in range(_SEGMENT - 2, -1, -1):
        worth[place] = _past_a_zero(worth[place + 1], single)
    onward = np.stack([np.arange(256, dtype=np.uint32) << np.uint32(8 * part) for part in range(4)])
    for _ in range(_SEGMENT):
        onward = _past_a_zero(onward, single)
    return single.tolist(), worth, onward.tolist()


def _past_a_zero(values: Words, single: Words) -> Words:
    moved: Words = values >> np.uint32(8) ^ single[values & np.uint32(0xFF)]
    return moved
