"""Opaque ids from plain numbers, by vectorised bijections, so that no id is given twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

UInts = npt.NDArray[np.uint64]

_LETTERS = np.frombuffer(b"abcdefghijkmnpqrstuvwxyz23456789", dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_OCTETS = pa.array([str(octet) for octet in range(256)])


def scramble(numbers: npt.NDArray[np.integer], *, bits: int, salt: int) -> UInts:
    """A bijection of `[0, 2**bits)` on itself; neighbours land far apart."""
    mask = np.uint64((1 << bits) - 1)
    half = np.uint64(bits // 2)
    mixed = numbers.astype(np.uint64)
    for step in range(3):
        odd = np.uint64(_odd(salt, step))
        # Wrapping at 64 bits is meant: a product by an odd number is a bijection modulo 2**bits.
        mixed = (mixed * odd + np.uint64(salt & 0xFFFF)) & mask
        mixed ^= mixed >> half
    return mixed


def account_ids(count: int, *, salt: int) -> pa.StringArray:
    """Ids in three styles mixed by chance: letters, digits with leading zeros, digits past 2**53.

    Neither style nor value says anything about the account.
    """
    numbers = np.arange(count, dtype=np.uint64)
    tenth = scramble(numbers, bits=32, salt=salt ^ 0x51) % np.uint64(10)
    style = np.digitize(tenth, [4, 7])
    parts = [
        letters(scramble(numbers[style == 0], bits=55, salt=salt), width=11),
        decimals(scramble(numbers[style == 1], bits=36, salt=salt), width=12),
        decimals(scramble(numbers[style == 2], bits=61, salt=salt) + np.uint64(10**18), width=19),
    ]
    place = np.empty(count, dtype=np.int64)
    place[np.argsort(style, kind="stable")] = np.arange(count)
    return pa.concat_arrays(parts).take(pa.array(place))


def letters(numbers: UInts, *, width: int) -> pa.StringArray:
    """Numbers below `32**width` as letters and digits."""
    return _positional(numbers, _LETTERS, 5, width)


def hexadecimals(numbers: UInts, *, width: int) -> pa.StringArray:
    """Numbers below `16**width` in hexadecimal."""
    return _positional(numbers, _HEX, 4, width)


def decimals(numbers: UInts, *, width: int) -> pa.StringArray:
    """Numbers below `10**width` in decimal, with leading zeros."""
    digits = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers.copy()
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, np.uint64(10))
        digits[:, column] = digit + 48
    return _strings(digits)


def addresses(numbers: npt.NDArray[np.integer], *, salt: int) -> pa.StringArray:
    """Numbers below 2**24 as IPv4 addresses."""
    low = scramble(numbers, bits=24, salt=salt)
    first = low % np.uint64(90) + np.uint64(31)
    octets = [
        first,
        low >> np.uint64(16),
        (low >> np.uint64(8)) & np.uint64(255),
        low & np.uint64(255),
    ]
    return pc.binary_join_element_wise(
        *[_OCTETS.take(pa.array(octet.astype(np.int32))) for octet in octets], "."
    )


def _positional(
    numbers: UInts, alphabet: npt.NDArray[np.uint8], bits: int, width: int
) -> pa.StringArray:
    signs = np.empty((len(numbers), width), dtype=np.uint8)
    mask = np.uint64((1 << bits) - 1)
    for column in range(width):
        shift = np.uint64(bits * (width - 1 - column))
        signs[:, column] = alphabet[(numbers >> shift) & mask]
    return _strings(signs)


def _strings(signs: npt.NDArray[np.uint8]) -> pa.StringArray:
    count, width = signs.shape
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(
        count, pa.py_buffer(offsets), pa.py_buffer(signs.reshape(-1))
    )


def _odd(salt: int, step: int) -> int:
    # Multiples of the golden ratio's fraction are spread evenly over 64 bits.
    return ((salt + step + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) | 1
