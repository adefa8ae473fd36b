"""What is written: titles and comments of words and phrases that many use, and changed copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.population import Floats, Longs
from builders.simulation.said import sentences


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_COMMON = _split(
    "the a to and of i it is that in you for this was but on not be have with they are just so "
    "my if like what at we do as can or there all about one would from your how when get no "
    "more think people time really some who because out up know them than had other been good "
    "could also even why only has their much make then were want still him well way did right "
    "going an any now work should never here see into actually most got first thing back over "
    "me"
)
STOCK = (
    "this", "lol", "came here to say this", "underrated comment", "source?", "same here",
    "thank you, this helped", "can confirm", "take my upvote", "happy cake day!", "nice",
    "this is the way", "what did I just read", "and my axe", "I laughed way too hard at this",
    "following", "no", "yes", "edit: typo", "have my poor man's gold", "deleted",
)  # fmt: skip
"""What everybody says, word for word."""

_ENDS = ("", "", "", ".", ".", "!", "?", "...", " lol", " tbh", " :)", " imo")
_PHRASES_OF_ALL, _PHRASES_OF_ONE = 900, 160
_WORDS_OF_ALL, _WORDS_OF_ONE = 2_500, 260
_SOUNDS = _split("b c d f g h k l m n p r s t v w br st tr ch sh pl gr")
_VOWELS = _split("a e i o u ai ea ou")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """Pieces of texts, as one long list, and where those of each language and theme lie.

    `shared`: first and number of a language's pieces, commonest first; `own`: of a theme in it.
    """

    pieces: pa.Array
    shared: Longs
    own: Longs
    themes: int

    def texts(
        self, rng: np.random.Generator, language: Longs, theme: Longs, *, middle: float = 5.0
    ) -> pa.Array:
        """Texts of about `middle` pieces, or of what everybody says.

        Lengths are log-normal, as those of comments are known to be; the rest is a guess. One
        comment in twelve is a stock phrase, where texts are no titles.
        """
        many = np.clip(rng.lognormal(np.log(middle), 0.7, len(language)), 2, 60).astype(np.int64)
        of = np.repeat(np.arange(len(language)), many)
        bank = np.where(
            (rng.random(len(of)) < 0.4)[:, None],
            self.own[language[of] * self.themes + theme[of]],
            self.shared[language[of]],
        )
        # Zipf's law, nearly: half of all pieces are of the first eighth.
        drawn = bank[:, 0] + (bank[:, 1] * rng.random(len(of)) ** 3.0).astype(np.int64)
        said = sentences(self.pieces.take(pa.array(drawn)), many)
        ends = pa.array(_ENDS).take(pa.array(rng.integers(0, len(_ENDS), len(language))))
        said = pc.binary_join_element_wise(said, ends, "")
        brief = rng.random(len(language)) < (0.08 if middle > 4.0 else 0.0)
        stock = (len(STOCK) * rng.random(len(language)) ** 2.0).astype(np.int64)
        return pc.if_else(pa.array(brief), pa.array(STOCK).take(pa.array(stock)), said)


def changed(
    rng: np.random.Generator, text: str, count: int, share: float, words: list[str]
) -> list[str]:
    """Copies of a text in which a share of the words, of each copy's own choice, are others."""
    first = text.split()
    copies = []
    for swaps in rng.random((count, len(first))) < share:
        others = rng.choice(words, len(first)) if swaps.any() else first
        copies.append(" ".join(np.where(swaps, others, first).tolist()))
    return copies


def drawn_wording(rng: np.random.Generator, languages: int, themes: int) -> Wording:
    """Words and phrases of each language and of each theme in it."""
    pieces: list[str] = []
    shared, own = [], []

    def keep(some: list[str]) -> tuple[int, int]:
        pieces.extend(some)
        return len(pieces) - len(some), len(some)

    for language in range(languages):
        common = list(_COMMON) if language == 0 else _invented(rng, len(_COMMON), 1)
        spoken = common + _invented(rng, _WORDS_OF_ALL, 2)
        phrases = _phrases(rng, spoken, common, _PHRASES_OF_ALL)
        shared.append(keep(_mixed(rng, spoken, phrases)))
        for _ in range(themes):
            named = _invented(rng, _WORDS_OF_ONE, 2)
            sayings = _phrases(rng, named, common, _PHRASES_OF_ONE)
            own.append(keep(_mixed(rng, named, sayings)))
    return Wording(
        pieces=pa.array(pieces), shared=np.array(shared), own=np.array(own), themes=themes
    )


def _mixed(rng: np.random.Generator, words: list[str], phrases: list[str]) -> list[str]:
    """Phrases strewn among words, so that both are common and rare; words keep their order."""
    place = np.concatenate([np.arange(len(words)), len(words) * rng.random(len(phrases))])
    both = np.array([*words, *phrases], dtype=object)
    return list(both[np.argsort(place, kind="stable")])


def _phrases(
    rng: np.random.Generator, words: list[str], common: list[str], count: int
) -> list[str]:
    lengths = rng.integers(3, 8, count)
    luck: Floats = rng.random((count, 8)) ** 2.0
    usual = rng.random((count, 8)) < 0.6
    return [
        " ".join(
            common[int(len(common) * luck[row, column])]
            if usual[row, column]
            else words[int(len(words) * luck[row, column])]
            for column in range(length)
        )
        for row, length in enumerate(lengths)
    ]


def _invented(rng: np.random.Generator, count: int, syllables: int) -> list[str]:
    """Words that no language has."""
    sounds = rng.integers(0, len(_SOUNDS), (count, syllables + 2))
    vowels = rng.integers(0, len(_VOWELS), (count, syllables + 1))
    longer = syllables + rng.integers(0, 2, count)
    return [
        "".join(
            _SOUNDS[s] + _VOWELS[v] for s, v in zip(sounds[row, :many], vowels[row], strict=False)
        )
        + ("" if row % 3 else _SOUNDS[sounds[row, -1]])
        for row, many in enumerate(longer.tolist())
    ]
