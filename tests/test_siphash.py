"""The keyed hash of texts, against its definition in plain Python and a published answer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from graph.engines.kernels.siphash import hashed
from graph.engines.kernels.texts import buffers

WORD = (1 << 64) - 1


def twin(key, message, *, rounds=1, at_the_end=3):
    """SipHash with an answer of 128 bits, as its authors define it."""
    a, b = key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D ^ 0xEE
    c, d = key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573

    def turned(word, by):
        return ((word << by) | (word >> (64 - by))) & WORD

    def mixed(a, b, c, d, times):
        for _ in range(times):
            a, c = (a + b) & WORD, (c + d) & WORD
            b, d = turned(b, 13) ^ a, turned(d, 16) ^ c
            a = turned(a, 32)
            a, c = (a + d) & WORD, (c + b) & WORD
            d, b = turned(d, 21) ^ a, turned(b, 17) ^ c
            c = turned(c, 32)
        return a, b, c, d

    whole = len(message) // 8 * 8
    words = [int.from_bytes(message[i : i + 8], "little") for i in range(0, whole, 8)]
    words.append(int.from_bytes(message[whole:], "little") | (len(message) & 255) << 56)
    for word in words:
        a, b, c, d = mixed(a, b, c, d ^ word, rounds)
        a ^= word
    a, b, c, d = mixed(a, b, c ^ 0xEE, d, at_the_end)
    first = a ^ b ^ c ^ d
    a, b, c, d = mixed(a, b ^ 0xDD, c, d, at_the_end)
    return first, a ^ b ^ c ^ d


def test_the_slow_twin_gives_the_published_answer_for_no_text():
    key = [int.from_bytes(bytes(range(8)), "little"), int.from_bytes(range(8, 16), "little")]

    first, second = twin(key, b"", rounds=2, at_the_end=4)

    told = first.to_bytes(8, "little") + second.to_bytes(8, "little")
    assert told.hex() == "a3817f04ba25a8e66df67214c7550293"


@given(
    texts=st.lists(st.text(max_size=40), max_size=8),
    key=st.tuples(st.integers(0, WORD), st.integers(0, WORD)),
    skipped=st.integers(0, 2),
)
def test_every_text_gets_the_hash_of_its_tag_and_bytes(texts, key, skipped):
    column = pa.array(texts, pa.string())[min(skipped, len(texts)) :]
    tags = np.arange(len(column), dtype=np.int64) - 1
    found = np.empty((len(column), 2), np.uint64)

    hashed(*buffers(column), tags, np.array(key, np.uint64), found)

    expected = [
        twin(key, int(tag).to_bytes(8, "little", signed=True) + text.as_py().encode())
        for tag, text in zip(tags, column, strict=True)
    ]
    assert [(int(high), int(low)) for high, low in found] == expected
