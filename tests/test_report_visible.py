"""What people read is what the text holds."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("alice", "alice"),
        ("", ""),
        ("two words", "two words"),
        ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("\u2066iso\u2069", "\\u2066iso\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("join\u200der", "join\\u200der"),
        ("\ufeffbom", "\\ufeffbom"),
        ("soft\u00adhyphen", "soft\\u00adhyphen"),
        ("\x1b[2J\x1b]0;owned\x07", "\\u001b[2J\\u001b]0;owned\\u0007"),
        ("\x9b31m", "\\u009b31m"),
        ("nul\x00", "nul\\u0000"),
        ("\x7f", "\\u007f"),
        ("line\nfeed\r\ttab", "line\\nfeed\\r\\ttab"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("non\u00a0breaking", "non\\u00a0breaking"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\ue000", "\\ue000"),
        ("\ud800", "\\ud800"),
        ("\u3164", "\\u3164"),
        ("\u2800", "\\u2800"),
        ("a\ufe0f", "a\\ufe0f"),
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f\\ufe0f"),
        ("Z\u0301\u0302\u0303\u0304a", "Z\\u0301\\u0302\\u0303\\u0304a"),
        ("e\u0301", "e\u0301"),
        ("مرحبا", "مرحبا"),
        ("日本\u3000太郎", "日本\u3000太郎"),
        ("😀", "😀"),
    ],
)
def test_hidden_characters_are_shown_and_letters_stay(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_nothing_shown_can_command_hide_or_turn_round(text):
    shown = visible(text)

    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(c) for c in shown} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip


@given(st.text())
def test_what_was_shown_once_is_shown_the_same_again(text):
    assert visible(visible(text)) == visible(text)


@given(st.text(), st.integers(2, 10))
def test_a_bound_is_kept_and_the_cut_is_seen(text, at_most):
    shown = visible(text, at_most=at_most)

    assert len(shown) <= at_most
    assert shown == visible(text) or shown.endswith("…")
