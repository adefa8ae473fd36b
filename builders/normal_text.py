"""The text that a reader sees, without what copies differ in: the common form of copied posts.

Two posts have one normal text when they differ only in whom they mention, where they link,
letter case, punctuation, emoji, white space, accents, invisible characters, or characters that look
like other ones. Hashtags count as the words they spell.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence

from builders.look_alikes import CAPITALS, LOOK_ALIKES

KEY_CHARACTERS = 200
"""The longest text key; a longer text is cut and its digest appended."""

_LINK = re.compile(r"(?:https?|ftp|hxxps?)://\S*|www\.\S+", re.IGNORECASE)
# A host may have 253 characters, so the search stays linear in hostile texts without spaces.
_BARE_LINK = re.compile(r"(?<!\S)[^\s/]{1,250}\.[a-z]{2,24}/\S*", re.IGNORECASE)
_MENTION = re.compile(r"(?<!\w)@[\w.\-@]+")
_WORD = re.compile(r"\w+")
_LATIN = re.compile("[A-Za-z]")
_LOOKING_LATIN = re.compile("[" + "".join(CAPITALS) + "]")
_APOSTROPHES = "'\u2019\u2018\u02bc`\u00b4\u2032"
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")

# Letters and marks that show nothing, though their category says otherwise: Hangul fillers,
# the Khmer inherent vowels, Mongolian and general variation selectors.
_SHOW_NOTHING = frozenset(
    map(
        chr,
        (0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810)),
    )
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))

# Marks that a reader can do without. Vowel signs of Indic and South-East Asian scripts carry
# sounds and stay.
_LOOSE_MARKS = (
    (0x0300, 0x036F),
    (0x0483, 0x0489),
    (0x0591, 0x05C7),
    (0x0610, 0x061A),
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06ED),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
_TATWEEL = "\u0640"


class _Folding(dict[int, str | None]):
    """What each code point folds to; filled as code points are met, since there are a million.

    None and not an empty text for what goes: the quick way through ASCII ends at an empty text.
    """

    def __init__(self, fold: Callable[[str], str]) -> None:
        super().__init__()
        self._fold = fold

    def __missing__(self, code: int) -> str | None:
        folded = self[code] = self._fold(chr(code)) or None
        return folded


def _readable(character: str) -> str:
    if character.isspace():
        return " "
    unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs")
    return "" if unseen or character in _SHOW_NOTHING else character


def _visible(character: str) -> str:
    if character == _TATWEEL or any(low <= ord(character) <= high for low, high in _LOOSE_MARKS):
        return ""
    return _IN_SHAPES.get(character) or _readable(character)


def _word(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category[0] in "LMN":
        return character
    return "" if character in _APOSTROPHES else " "


# The white-on-black letters have no decomposition, unlike their black-on-white kin.
_IN_SHAPES = {chr(a + n): chr(ord("a") + n) for a in (0x1F150, 0x1F170) for n in range(26)}

_READABLE = _Folding(_readable)
_VISIBLE = _Folding(_visible)
_WORDS = _Folding(_word)
# Texts of ASCII that are made normal together, and what stands between them: a unit separator,
# which `_READABLE` lets none of them keep.
_TOGETHER = 4096
_BETWEEN = "\x1f"
_READABLE_APART = _Folding(
    lambda character: character if character == _BETWEEN else _readable(character)
)
_WORDS_APART = _Folding(lambda character: character if character == _BETWEEN else _word(character))
_SKELETON = str.maketrans(LOOK_ALIKES)
_CAPITALS = str.maketrans(CAPITALS)


def normal_text(text: str) -> str:
    """What stays of a post when everything is left out that copies of it differ in.

    Words in their order, one space between them; empty when the post has none. Applying it again
    changes nothing. Time grows with the length of the text alone, whatever it holds.

    In this order: compatibility forms are folded (NFKD), invisible characters and accents removed,
    look-alike letters made one (`builders.look_alikes`), case folded, links and `@mentions`
    removed, punctuation and emoji made spaces (an apostrophe joins: `don't` is `dont`), digits of
    every script made 0 to 9.
    """
    seen = text.translate(_READABLE).lower() if text.isascii() else _skeleton(text)
    words = _without_links_and_mentions(seen).translate(_WORDS)
    if not words.isascii():
        words = unicodedata.normalize("NFC", words)
    return " ".join(words.split())


def _without_links_and_mentions(seen: str) -> str:
    if "://" in seen or "www." in seen:
        seen = _LINK.sub(" ", seen)
    if "/" in seen:
        seen = _BARE_LINK.sub(" ", seen)
    if "@" in seen:
        seen = _MENTION.sub(" ", seen)
    return seen


def normal_texts(texts: Sequence[str]) -> list[str]:
    """`normal_text` of each text; texts of ASCII, which most are, are made normal together.

    A character that no text holds stands between them.
    """
    normal = ["" for _ in texts]
    plain: list[int] = []
    for place, text in enumerate(texts):
        if text.isascii() and _BETWEEN not in text:
            plain.append(place)
        else:
            normal[place] = normal_text(text)
    for first in range(0, len(plain), _TOGETHER):
        some = plain[first : first + _TOGETHER]
        joined = _BETWEEN.join(texts[place] for place in some).translate(_READABLE_APART).lower()
        seen = [_without_links_and_mentions(text) for text in joined.split(_BETWEEN)]
        words = _BETWEEN.join(seen).translate(_WORDS_APART)
        for place, said in zip(some, words.split(_BETWEEN), strict=True):
            normal[place] = " ".join(said.split())
    return normal


def _skeleton(text: str) -> str:
    visible = unicodedata.normalize("NFKD", text).translate(_VISIBLE)
    if _LOOKING_LATIN.search(visible):
        visible = _WORD.sub(_without_disguise, visible)
    folded = unicodedata.normalize("NFKD", visible.casefold())
    return folded.translate(_SKELETON)


def _without_disguise(word: re.Match[str]) -> str:
    return word[0].translate(_CAPITALS) if _LATIN.search(word[0]) else word[0]


def spaced_words(normal: str) -> str:
    """A normal text's words with a space between them, also where its script writes none.

    Chinese, Japanese, Thai, Lao, Khmer and Burmese stand without spaces: there a word is every
    pair of neighbouring characters, so a sentence of 7 characters counts as 6 words.
    """
    if normal.isascii():
        return normal
    return " ".join(_UNSPACED_RUN.sub(_pairs, normal).split())


def _pairs(run: re.Match[str]) -> str:
    characters = run[0]
    if len(characters) == 1:
        return f" {characters} "
    return " " + " ".join(a + b for a, b in itertools.pairwise(characters)) + " "


def text_key(text: str) -> str:
    """The name of a text as a shared object: what a reader sees of it, at most 200 characters.

    White space is collapsed and invisible characters are removed. A longer text is cut, and 16
    hexadecimal digits of its BLAKE2b digest keep its name apart from others that begin alike.
    """
    readable = " ".join(text.translate(_READABLE).split())
    if len(readable) <= KEY_CHARACTERS:
        return readable
    digest = hashlib.blake2b(readable.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{readable[: KEY_CHARACTERS - 18]}… {digest}"
