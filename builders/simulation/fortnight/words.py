"""What people say: languages of made-up words, remarks, chants, and scripts to be copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from builders.simulation.population import Longs

_ONSETS = (*"bdfghjklmnprstvwz", "ch", "sh", "tr", "br", "kl", "st", "pl", "gr", "sk")
_NUCLEI = (*"aeiou", "ai", "ou", "ea", "io", "ee")
_CODAS = ("", "", "", "n", "r", "s", "l", "t", "m", "k", "nd", "st")
_FACES = ("", "", "", "", " 😂", " ❤️", " 🔥", " 👏", "!!", "...", " 🙏", " 💯")
_STOCK = 2_400
"""Words of a language; four in ten of a remark's are of its topic's own stretch of them."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """Words by language (rows), commonest first; short remarks that anybody makes."""

    words: list[list[str]]
    short: list[list[str]]
    topics: int

    def remarks(self, rng: np.random.Generator, language: Longs, topic: Longs) -> list[str]:
        """One remark each: one in eight is short and common, others have eleven words or so."""
        count = len(language)
        length = np.clip(rng.lognormal(np.log(10.0), 0.55, count), 2, 60).astype(np.int64)
        brief = rng.random(count) < 0.125
        length[brief] = 0
        total = int(length.sum())
        rank = np.minimum(rng.pareto(0.75, total) * 6, _STOCK - 1).astype(np.int64)
        of_topic = rng.random(total) < 0.4
        stretch = 300 + (np.repeat(topic, length) * 73) % (_STOCK - 400)
        rank = np.where(of_topic, stretch + rank % 97, rank)
        face = rng.integers(0, len(_FACES), count)
        common = (rng.random(count) ** 2 * 24).astype(np.int64)
        said, ends, ranks = [], np.cumsum(length).tolist(), rank.tolist()
        begin = 0
        for one, (tongue, end) in enumerate(zip(language.tolist(), ends, strict=True)):
            if begin == end:
                said.append(self.short[tongue][common[one]] + _FACES[face[one]])
            else:
                words = self.words[tongue]
                said.append(" ".join([words[r] for r in ranks[begin:end]]) + _FACES[face[one]])
            begin = end
        return said

    def script(self, rng: np.random.Generator, language: int, words: int) -> list[list[str]]:
        """A text to be copied: by place, the words that may stand there, the usual one first."""
        drawn = np.minimum(rng.pareto(0.7, (words, 3)) * 25, _STOCK - 1).astype(np.int64)
        mine = self.words[language]
        return [[mine[place] for place in row] for row in drawn.tolist()]

    def chant(self, rng: np.random.Generator, language: int) -> str:
        """What fans call: three or four words that are always the same."""
        place = rng.integers(200, _STOCK, int(rng.integers(3, 5)))
        return " ".join(self.words[language][one] for one in place.tolist())


def told(rng: np.random.Generator, script: list[list[str]], changed: float) -> str:
    """The script as one member tells it: a share of its words exchanged, and a face."""
    swap = rng.random(len(script)) < changed
    other = rng.integers(1, 3, len(script))
    words = [
        row[other[place]] if swap[place] else row[0] for place, row in enumerate(script)
    ]  # fmt: skip
    face = _FACES[int(rng.integers(0, len(_FACES)))] if changed else ""
    return " ".join(words) + face


def drawn_tongue(rng: np.random.Generator, languages: int, topics: int) -> Tongue:
    """Words of one to three syllables, the common ones shorter; each language has its own."""
    words, short = [], []
    for _ in range(languages):
        onsets = rng.choice(_ONSETS, 14, replace=False)
        nuclei = rng.choice(_NUCLEI, 6, replace=False)
        many = 1 + (rng.random(_STOCK) < np.linspace(0.2, 0.95, _STOCK)).astype(int)
        many += (rng.random(_STOCK) < np.linspace(0.0, 0.6, _STOCK)).astype(int)
        mine = _spelled(rng, many, (onsets, nuclei))
        words.append(mine)
        places = rng.integers(0, 300, (24, 3)).tolist()
        size = rng.integers(1, 4, 24).tolist()
        short.append(
            [" ".join(mine[p] for p in row[:n]) for row, n in zip(places, size, strict=True)]
        )
    return Tongue(words, short, topics)


def _spelled(
    rng: np.random.Generator, syllables: npt.NDArray[np.integer], sounds: tuple[Any, Any]
) -> list[str]:
    """A word for each number of syllables."""
    total = int(syllables.sum())
    parts = [rng.choice(some, total).tolist() for some in (*sounds, _CODAS)]
    heard = ["".join(sound) for sound in zip(*parts, strict=True)]
    ends = np.cumsum(syllables).tolist()
    return ["".join(heard[b:e]) for b, e in zip([0, *ends[:-1]], ends, strict=True)]
