"""Characters that look like a Latin letter, by the letter they look like.

A table of this project's own making, after the idea of Unicode Technical Standard 39 (a text's
skeleton: what it looks like). It holds what spammers reach for and what compatibility
decomposition (NFKD) does not fold already: fullwidth, mathematical, circled and ligature forms need
no entry, nor do letters with accents.

Every entry is a small letter, since case is folded first. Where a Greek or Cyrillic small letter
looks like one Latin letter and its capital like another (eta: n and H), the small one decides;
`CAPITALS` holds the capitals for words that mix scripts, where a disguise is certain.
"""

# Look-alikes are the point of this file.
# ruff: noqa: RUF001
from __future__ import annotations

_LOOKS: dict[str, str] = {
    "a": "аαɑᴀꭺӕ",
    "b": "вьƅƃʙɓᏼᏏ",
    "c": "сᴄƈᏟⲥ",
    "d": "ԁɗđᴅᎠꓒ",
    "e": "еєεɛǝəᴇɇᎬ",
    "f": "ƒꜰϝք",
    "g": "ɡցɢǥɠ",
    "h": "һհнʜħɦᎻ",
    "i": "іıɩιɪӏɨᎥꙇ",
    "j": "јϳᴊɉᎫ",
    "k": "кκᴋƙĸᏦ",
    "l": "łʟƚɭᏞ",
    "m": "мᴍɱᎷ",
    "n": "пηոռɴŋƞɲ",
    "o": "оοσօᴏөøɵⲟ",
    "p": "рρᴘƥᏢⲣ",
    "q": "ԛզɋ",
    "r": "гʀɍɾ",
    "s": "ѕꜱʂƨᏚ",
    "t": "тτᴛŧƭᎢ",
    "u": "υսᴜʉʊ",
    "v": "νѵᴠʋᏙ",
    "w": "ѡԝωᴡɯաᎳ",
    "x": "хχ",
    "y": "уγүʏƴɏყ",
    "z": "ᴢƶʐʑᏃ",
}

_CAPITAL_LOOKS: dict[str, str] = {
    "B": "ВΒ",
    "H": "НΗ",
    "K": "КΚ",
    "M": "МΜ",
    "N": "Ν",
    "P": "РΡ",
    "T": "ТΤ",
    "X": "ХΧ",
    "Y": "УΥҮ",
    "Z": "Ζ",
}


def _turned(looks: dict[str, str]) -> dict[str, str]:
    return {alike: letter for letter, all_alike in looks.items() for alike in all_alike}


LOOK_ALIKES: dict[str, str] = {
    # Cherokee folds to its capitals and everything else to small letters.
    alike.casefold(): letter
    for alike, letter in _turned(_LOOKS).items()
}
"""Case-folded character to the Latin small letter that it looks like."""

CAPITALS: dict[str, str] = _turned(_CAPITAL_LOOKS)
"""Greek or Cyrillic capital to the Latin capital that it looks like."""
