"""Texts to 128 bits under a secret key: SipHash-1-3 (Aumasson and Bernstein, 2012), 128-bit form.

Where a table of all distinct texts would not fit, a text is told from others by its hash. Nobody
who writes texts knows the key, so nobody can make two that meet; by chance two of a billion do with
a probability below 1e-20.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from graph.engines.kernels.company import Ints, Longs
from graph.engines.kernels.texts import Bytes, Hashes

_BYTE = np.uint64(8)


@njit(inline="always")
def _turned(word: np.uint64, by: int) -> np.uint64:
    return (word << np.uint64(by)) | (word >> np.uint64(64 - by))


@njit(inline="always")
def _round(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a = a + b
    b = _turned(b, 13) ^ a
    a = _turned(a, 32)
    c = c + d
    d = _turned(d, 16) ^ c
    a = a + d
    d = _turned(d, 21) ^ a
    c = c + b
    b = _turned(b, 17) ^ c
    c = _turned(c, 32)
    return a, b, c, d


@njit(cache=True, nogil=True)
def hashed(
    offsets: Ints, data: Bytes, tags: Longs, key: Hashes, into: npt.NDArray[np.uint64]
) -> None:
    """The hash of each text behind its tag: as of the tag's eight bytes and the text's, in a row.

    Args:
        offsets: where texts begin in `data`, and the last one's end.
        data: the bytes of all texts.
        tags: a number for each text.
        key: two secret words.
        into: shape (texts, 2) or wider: the first two columns are written.
    """
    for k in range(len(offsets) - 1):
        first, last = np.int64(offsets[k]), np.int64(offsets[k + 1])
        a = key[0] ^ np.uint64(0x736F6D6570736575)
        b = key[1] ^ np.uint64(0x646F72616E646F6D) ^ np.uint64(0xEE)
        c = key[0] ^ np.uint64(0x6C7967656E657261)
        d = key[1] ^ np.uint64(0x7465646279746573)
        word = np.uint64(tags[k])
        d ^= word
        a, b, c, d = _round(a, b, c, d)
        a ^= word
        place = first
        while place + 8 <= last:
            word = np.uint64(0)
            for i in range(8):
                word |= np.uint64(data[place + i]) << (np.uint64(i) * _BYTE)
            d ^= word
            a, b, c, d = _round(a, b, c, d)
            a ^= word
            place += 8
        word = np.uint64(last - first + 8) << np.uint64(56)
        for i in range(last - place):
            word |= np.uint64(data[place + i]) << (np.uint64(i) * _BYTE)
        d ^= word
        a, b, c, d = _round(a, b, c, d)
        a ^= word
        c ^= np.uint64(0xEE)
        for _ in range(3):
            a, b, c, d = _round(a, b, c, d)
        into[k, 0] = a ^ b ^ c ^ d
        b ^= np.uint64(0xDD)
        for _ in range(3):
            a, b, c, d = _round(a, b, c, d)
        into[k, 1] = a ^ b ^ c ^ d
