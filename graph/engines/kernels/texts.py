"""Texts to dense numbers, exactly: a growing table of distinct texts, read from Arrow's buffers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from graph.engines.kernels.company import Ints, Longs

Bytes = npt.NDArray[np.uint8]
Hashes = npt.NDArray[np.uint64]
T = TypeVar("T", bound=np.generic)

_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BLOCK = 256


def _empty_cells() -> Ints:
    return np.full(1 << 10, -1, np.int32)


@dataclass(slots=True)
class TextCodes:
    """Distinct (text, tag) pairs, numbered from 0 in the order of their first appearance.

    The hash starts from a secret of this process, so that nobody can write texts that all fall
    into one cell; the numbers do not depend on it.
    """

    known: int = 0
    _seed: int = field(default_factory=lambda: secrets.randbits(63))
    _cells: Ints = field(default_factory=_empty_cells)
    _hashes: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    _tags: Longs = field(default_factory=lambda: np.empty(0, np.int64))
    _ends: Longs = field(default_factory=lambda: np.zeros(1, np.int64))
    _bytes: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))

    def encode(self, texts: pa.StringArray, tags: Longs | None = None) -> Ints:
        """Each text's number; texts are equal when their bytes and their tags are.

        `texts` has no nulls.
        """
        if tags is None:
            tags = np.zeros(len(texts), np.int64)
        offsets, data = buffers(texts)
        self._make_room(len(texts), int(offsets[-1] - offsets[0]))
        codes = np.empty(len(texts), np.int32)
        self.known = int(
            _encode(
                offsets,
                data,
                tags,
                np.uint64(self._seed),
                self._cells,
                self._hashes,
                self._tags,
                self._ends,
                self._bytes,
                self.known,
                codes,
            )
        )
        return codes

    def texts(self) -> pa.LargeStringArray:
        """The distinct texts by number."""
        ends = self._ends[: self.known + 1]
        return pa.LargeStringArray.from_buffers(
            self.known, pa.py_buffer(ends), pa.py_buffer(self._bytes[: ends[-1]])
        )

    def tags(self) -> Longs:
        """The distinct texts' tags by number."""
        return self._tags[: self.known]

    def _make_room(self, texts: int, length: int) -> None:
        most = self.known + texts
        if most > len(self._hashes):
            size = max(most, 2 * len(self._hashes))
            self._hashes = _longer(self._hashes, size)
            self._tags = _longer(self._tags, size)
            self._ends = _longer(self._ends, size + 1)
        stored = int(self._ends[self.known])
        if stored + length >= len(self._bytes):
            self._bytes = _longer(self._bytes, max(stored + length + 1, 2 * len(self._bytes)))
        if 2 * most > len(self._cells):
            cells = np.full(1 << (2 * most).bit_length(), -1, np.int32)
            _refill(cells, self._hashes, self.known)
            self._cells = cells


def by_name(codes: TextCodes) -> tuple[Ints, pa.LargeStringArray]:
    """Each code's place in byte order of the texts, and the texts in that order."""
    texts = codes.texts()
    order = pc.sort_indices(texts).to_numpy()
    rank = np.empty(codes.known, np.int32)
    rank[order] = np.arange(codes.known, dtype=np.int32)
    return rank, texts.take(pa.array(order))


def _longer(array: npt.NDArray[T], size: int) -> npt.NDArray[T]:
    longer = np.empty(size, array.dtype)
    longer[: len(array)] = array
    return longer


def buffers(texts: pa.StringArray) -> tuple[Ints, Bytes]:
    """Where each text begins and the last one ends, and the bytes of them all."""
    _, offsets, data = texts.buffers()
    if not len(texts):
        return np.zeros(1, np.int32), np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return ends, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


@njit(cache=True, nogil=True)
def _refill(cells: Ints, hashes: Hashes, known: int) -> None:
    mask = np.uint64(len(cells) - 1)
    for code in range(known):
        cell = (hashes[code] >> np.uint64(20)) & mask
        while cells[cell] >= 0:
            cell = (cell + np.uint64(1)) & mask
        cells[cell] = code


@njit(cache=True, nogil=True)
def _hash(data: Bytes, first: int, last: int, start: np.uint64) -> np.uint64:
    mixed = start
    for k in range(np.uint64(first), np.uint64(last)):
        mixed = (mixed ^ np.uint64(data[k])) * _PRIME
    return (mixed ^ (mixed >> np.uint64(29))) * _MIX


@njit(cache=True, nogil=True)
def _guess(
    mixed: Hashes, cells: Ints, hashes: Hashes, ends: Longs, stored: Bytes, guesses: Longs
) -> None:
    """The first code whose cell each hash meets, and a byte of its text.

    Nothing in the loop depends on the row before, so that the waits for memory overlap; the exact
    comparison then finds all it needs in the cache. The byte only calls for its line.
    """
    mask = np.uint64(len(cells) - 1)
    for k in range(len(mixed)):
        code = np.int64(cells[(mixed[k] >> np.uint64(20)) & mask])
        there = code if code >= 0 else np.int64(0)
        same = code >= 0 and hashes[there] == mixed[k]
        guesses[2 * k] = code if same else -1
        guesses[2 * k + 1] = stored[ends[there]]


@njit(cache=True, nogil=True)
def _encode(
    offsets: Ints,
    data: Bytes,
    tags: Longs,
    seed: np.uint64,
    cells: Ints,
    hashes: Hashes,
    known_tags: Longs,
    ends: Longs,
    stored: Bytes,
    known: int,
    codes: Ints,
) -> int:
    mask = np.uint64(len(cells) - 1)
    mixed = np.empty(_BLOCK, np.uint64)
    guesses = np.empty(2 * _BLOCK, np.int64)
    for begin in range(0, len(codes), _BLOCK):
        rows = min(_BLOCK, len(codes) - begin)
        for k in range(rows):
            row = begin + k
            start = seed ^ (np.uint64(tags[row]) * _MIX)
            mixed[k] = _hash(data, offsets[row], offsets[row + 1], start)
        _guess(mixed[:rows], cells, hashes, ends, stored, guesses)
        for k in range(rows):
            row = begin + k
            first, length = np.int64(offsets[row]), np.int64(offsets[row + 1] - offsets[row])
            code = guesses[2 * k]
            if (
                code >= 0
                and known_tags[code] == tags[row]
                and _equal(stored, ends[code], ends[code + 1], data, first, length)
            ):
                codes[row] = code
                continue
            cell = (mixed[k] >> np.uint64(20)) & mask
            while True:
                code = cells[cell]
                if code < 0:
                    cells[cell] = code = known
                    hashes[code] = mixed[k]
                    known_tags[code] = tags[row]
                    end = ends[code]
                    ends[code + 1] = end + length
                    stored[end : end + length] = data[first : first + length]
                    known += 1
                    break
                same = hashes[code] == mixed[k] and known_tags[code] == tags[row]
                if same and _equal(stored, ends[code], ends[code + 1], data, first, length):
                    break
                cell = (cell + np.uint64(1)) & mask
            codes[row] = code
    return known


@njit(cache=True, nogil=True)
def _equal(stored: Bytes, begin: int, end: int, data: Bytes, first: int, length: int) -> bool:
    if end - begin != length:
        return False
    different = np.uint8(0)
    for k in range(np.uint64(length)):
        different |= stored[np.uint64(begin) + k] ^ data[np.uint64(first) + k]
    equal: bool = different == 0
    return equal
