"""What a text is compared by: its words as a reader sees them."""
# ruff: noqa: RUF001

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.look_alikes import LOOK_ALIKES
from builders.normal_text import (
    KEY_CHARACTERS,
    normal_text,
    normal_texts,
    spaced_words,
    text_key,
)

SAME = {
    "mentions": ("@bob hello world", "hello @alice_2 world @x.y@mastodon.social"),
    "links": ("hello world https://t.co/Xy?z=1", "hello www.spam.example/a world bit.ly/2Ab"),
    "case": ("HELLO World", "hello wORLD"),
    "sharp s": ("STRASSE", "straße"),
    "dotted capital i": ("İstanbul", "istanbul"),
    "white space": ("hello\n\t  world ", "hello\u00a0\u3000world"),
    "punctuation": ("Hello, world!!!", "hello... (world)"),
    "emoji": ("hello 🔥🔥 world 👨‍👩‍👧", "hello world"),
    "apostrophes": ("don't", "don’t"),
    "zero width": ("he\u200bl\u200dl\ufeffo world", "hello world"),
    "soft hyphen": ("hel\u00adlo world", "hello world"),
    "right-to-left marks": ("\u202ehello\u202c \u2067world\u2069", "hello world"),
    "tag characters": ("hello\U000e0041\U000e0042 world", "hello world"),
    "NUL and other controls": ("hel\x00lo\x07 world", "hello world"),
    "Hangul fillers": ("hello\u3164 wor\u115fld", "hello world"),
    "variation selectors": ("hello\ufe0f world\U000e0100", "hello world"),
    "accents": ("héllo wörld", "hello world"),
    "stacked marks": ("h̷̢̛e̸l̵͝l̶o̷ world", "hello world"),
    "fullwidth": ("ｈｅｌｌｏ　ｗｏｒｌｄ", "hello world"),
    "mathematical": ("𝓱𝓮𝓵𝓵𝓸 𝕨𝕠𝕣𝕝𝕕", "hello world"),
    "circled": ("ⓗⓔⓛⓛⓞ 🅦🅞🅡🅛🅓", "hello world"),
    "small capitals": ("ʜᴇʟʟᴏ ᴡᴏʀʟᴅ", "hello world"),
    "Cyrillic": ("hеllо wоrld", "hello world"),
    "Greek": ("hεllο wοrld", "hello world"),
    "capitals of another script": ("ΝEW ВUY", "new buy"),
    "Cherokee": ("Ꮋello", "hello"),
    "hashtags": ("#Hello #world", "hello world"),
    "hashtags of several words": ("#hello_world", "hello world"),
    "digits": ("٢٠٢٤ ２０２４", "2024 2024"),
    "Arabic vowel signs": ("مُحَمَّد", "محمد"),
    "Arabic lengthening": ("محـــمد", "محمد"),
    "Hangul forms": ("\u1112\u1161\u11ab국어", "한국어"),
}
DIFFERENT = {
    "words": ("hello world", "hello word"),
    "order": ("hello world", "world hello"),
    "numbers": ("win 100", "win 1000"),
    "Indic vowel signs": ("की", "का"),
    "Japanese voicing": ("はな", "ばな"),
    "slashes of a choice": ("and/or", ""),
    "an address in words": ("write to bob@example.com", "write to bob"),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_what_copies_differ_in_is_left_out(pair):
    assert normal_text(pair[0]) == normal_text(pair[1]) != ""


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_what_makes_another_text_stays(pair):
    assert normal_text(pair[0]) != normal_text(pair[1])


@pytest.mark.parametrize("text", ["", " \n", "@bob", "https://x.org", "🔥!!", "\u202e\x00\u200b"])
def test_a_text_without_words_is_empty(text):
    assert normal_text(text) == ""


def test_russian_words_are_one_in_any_case():
    assert normal_text("ПРИВЕТ, ВОТ НОВОСТЬ") == normal_text("привет вот новость")


def test_the_table_of_look_alikes_turns_small_letters_into_latin_ones():
    for character, letter in LOOK_ALIKES.items():
        assert "a" <= letter <= "z" and len(letter) == 1, character
        assert character == character.casefold()
        assert not character.isascii()
        assert normal_text(character) == letter


@given(st.text(max_size=60))
def test_a_normal_text_is_its_own_normal_text(text):
    once = normal_text(text)

    assert normal_text(once) == once
    assert once == " ".join(once.split())


@given(st.text(alphabet="aBж中é #@/:.w\u200b\u0301\x00", max_size=40))
def test_hostile_mixtures_have_a_normal_text_too(text):
    assert normal_text(normal_text(text)) == normal_text(text)


plain = st.text(alphabet="aB1 #@/:.-_'\n\t\x00\x1e\x1fw", max_size=40)


@given(st.lists(st.one_of(plain, st.text(max_size=12)), max_size=12))
def test_texts_made_normal_together_are_what_each_is_by_itself(texts):
    assert normal_texts(texts) == [normal_text(text) for text in texts]


def test_no_link_mention_or_word_goes_on_into_the_next_text():
    texts = ["see http://x", "y.org/z", "say @", "bob", "www.", "ab", "to", "gether"]

    assert normal_texts(texts * 3000) == [normal_text(text) for text in texts] * 3000


@given(st.text(max_size=60))
def test_what_people_read_has_the_same_normal_text(text):
    assert normal_text(" ".join(text_key(text[:50]).split())) == normal_text(text[:50])


@pytest.mark.parametrize(
    "unit", ["a", "a.", "a./", "@", "@a", "http://", "\u0301", "аB", "漢", "aA\u0391", "a.bc", "# "]
)
def test_a_megabyte_takes_no_longer_than_a_megabyte(unit):
    hostile = unit * (1_000_000 // len(unit))
    begun = time.process_time()

    spaced_words(normal_text(hostile))

    assert time.process_time() - begun < 5


def test_a_script_without_spaces_is_cut_into_pairs_of_characters():
    assert spaced_words("今日は良い hello 天") == "今日 日は は良 良い hello 天"
    assert spaced_words("plain words") == "plain words"


def test_a_text_key_is_readable_short_and_tells_long_texts_apart():
    assert text_key("Buy  now\u202e\n@bob!") == "Buy now @bob!"
    long, other = text_key("word " * 100 + "a"), text_key("word " * 100 + "b")
    assert long != other
    assert len(long) == len(other) == KEY_CHARACTERS
    assert long.startswith("word word") and "…" in long
