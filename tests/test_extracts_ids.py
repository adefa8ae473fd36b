"""Ids: exact text out of every column type, and which of them are none."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from builders.extracts.faults import Faults
from builders.extracts.texts import exact_text, screen_id, screen_null
from graph.errors import ExtractError


def verdicts(ids, **more):
    """For each id, why it was set aside, or None."""
    text = pa.array(ids, pa.string())
    faults = Faults(np.arange(len(ids)))
    screen_null(text, "account", faults)
    screen_id(text, "account", faults, **more)
    found = {row["row"]: row["reason"] for part in faults.batches() for row in part.to_pylist()}
    return [found.get(place) for place in range(len(ids))]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([9007199254740993, None], pa.int64()),
        pa.array([2**64 - 1, None], pa.uint64()),
        pa.array([Decimal("12345678901234567890"), None], pa.decimal128(20, 0)),
        pa.array(["00123", None]),
    ],
)
def test_an_id_keeps_every_digit_of_whichever_type(values):
    assert exact_text(values, "account").to_pylist() == [str(values[0].as_py()), None]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (pa.array([1.0]), "have lost their last digits before they came here"),
        (pa.array([Decimal("1.50")]), "with decimals"),
        (pa.array([["a"]]), "not one value"),
    ],
)
def test_a_type_that_loses_ids_is_refused(values, says):
    with pytest.raises(ExtractError, match=says):
        exact_text(values, "account")


def test_ordinary_and_odd_names_are_real_accounts():
    odd = ["null", "NA", "nan", "None", "00123", "1e5", "a b", "Ünïcode", "名前", "=cmd()", "🙂"]
    assert verdicts(odd) == [None] * len(odd)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "null"),
        ("", "empty text"),
        ("12\x0034", "NUL byte U+0000"),
        ("a\u200bb", "invisible or control characters U+200B"),
        ("a\u00a0b", "invisible or control characters U+00A0"),
        ("a\u202eb\u2066", "invisible or control characters U+202E U+2066"),
        ("a\tb", "invisible or control characters U+0009"),
        ("\u3164", "invisible or control characters U+3164"),
        (" a", "blank at an end U+0020"),
        ("a ", "blank at an end U+0020"),
        ("1.23E+18", "number in scientific notation: its last digits were lost upstream"),
        ("1.23E18", "number in scientific notation: its last digits were lost upstream"),
        ("1e+18", "number in scientific notation: its last digits were lost upstream"),
    ],
)
def test_what_is_no_id_is_named(given, why):
    assert verdicts(["fine", given, "fine"]) == [None, why, None]


def test_joiners_may_stand_inside_an_object_and_not_at_its_ends():
    persian, family, hidden = "می\u200cروم", "👩\u200d👧", "tag\u200c"

    assert verdicts([persian, family], joiners=True) == [None, None]
    assert verdicts([hidden], joiners=True) == ["invisible or control characters U+200C"]
    assert verdicts([persian]) == ["invisible or control characters U+200C"]


def test_a_slice_of_a_column_is_screened_alone():
    text = pa.array(["a\u200b", "b", "c "])[1:2]
    faults = Faults(np.array([2]))
    screen_id(text, "account", faults)
    assert not faults.bad.any()
