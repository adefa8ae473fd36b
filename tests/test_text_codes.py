"""Texts become dense numbers: equal texts one number, different texts never one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.engines.kernels.texts import TextCodes

texts = st.lists(st.text(alphabet="aé\x00\u2028", max_size=3), max_size=30)


@settings(max_examples=80, deadline=None)
@given(batches=st.lists(texts, max_size=4), data=st.data())
def test_numbers_follow_the_first_appearance_of_text_and_tag(batches, data):
    codes, known = TextCodes(), {}
    for batch in batches:
        tags = data.draw(st.lists(st.integers(0, 1), min_size=len(batch), max_size=len(batch)))
        expected = [known.setdefault(key, len(known)) for key in zip(batch, tags, strict=True)]

        found = codes.encode(pa.array(batch, pa.string()), np.array(tags, np.int64))

        assert found.tolist() == expected
    assert list(zip(codes.texts().to_pylist(), codes.tags().tolist(), strict=True)) == list(known)


def test_a_slice_of_a_column_is_read_from_its_own_first_text():
    column = pa.array(["left", "out", "b", "", "b"]).slice(2)

    codes = TextCodes()

    assert codes.encode(column).tolist() == [0, 1, 0]
    assert codes.texts().to_pylist() == ["b", ""]


def test_many_texts_outgrow_every_table():
    column = pa.array([f"text {number % 50_000}" for number in range(70_000)])

    codes = TextCodes()

    assert codes.encode(column).tolist() == [number % 50_000 for number in range(70_000)]
    assert codes.encode(column.slice(49_999, 2)).tolist() == [49_999, 0]
