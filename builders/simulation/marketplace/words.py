"""What reviews and answers say: words of a language and of a kind of goods, and stock phrases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from builders.simulation.population import Floats, Longs
from builders.simulation.said import sentences

_COMMON = 3_000
_OF_A_KIND = 50
_STOCK = 60
_ONSETS = ("b", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "v")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "", "l", "n", "r", "s", "t", "m")
_LONGEST = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of all languages in one array: of each the common ones, then those of each kind.

    `median` and `spread` tell how long texts are; `stock` is the share that is one of a few short
    phrases, word for word ("great product, fast delivery"), as many real reviews are.
    """

    every: pa.StringArray
    common: Floats
    kinds: int
    median: float
    spread: float
    stock: float
    phrases: Longs

    def texts(self, rng: np.random.Generator, language: Longs, kind: Longs) -> pa.Array:
        """One text for each language and kind of goods."""
        count = len(language)
        drawn = rng.lognormal(np.log(self.median), self.spread, count)
        length = np.clip(drawn, 2, _LONGEST).astype(np.int64)
        start = language * self._size
        stock = rng.random(count) < self.stock
        length[stock] = 3
        ends = np.cumsum(length)
        of = np.repeat(np.arange(count), length)
        words = self._drawn(rng, language[of], kind[of])
        place = np.arange(len(of)) - (ends - length)[of]
        phrase = np.minimum(rng.zipf(1.6, count) - 1, _STOCK - 1)
        said = stock[of]
        words[said] = start[of[said]] + self.phrases[phrase[of[said]], place[said]]
        return sentences(self.every.take(pa.array(words)), length)

    def copies(
        self, rng: np.random.Generator, language: int, kind: int, times: int, changed: float
    ) -> pa.Array:
        """One text told `times` times, in each the share `changed` of its words changed or gone."""
        length = int(rng.integers(9, 28))
        start = np.full(length, language)
        model = self._drawn(rng, start, np.full(length, kind))
        told = np.tile(model, (times, 1))
        other = self._drawn(
            rng, np.full(told.size, language), np.full(told.size, kind)
        ).reshape(told.shape)  # fmt: skip
        fate = rng.random(told.shape)
        told = np.where(fate < 0.75 * changed, other, told)
        kept = (fate < 0.75 * changed) | (fate >= changed)
        kept[:, :3] = True
        return sentences(self.every.take(pa.array(told[kept])), kept.sum(axis=1))

    @property
    def _size(self) -> int:
        return _COMMON + self.kinds * _OF_A_KIND

    def _drawn(self, rng: np.random.Generator, language: Longs, kind: Longs) -> Longs:
        """Words: seven in ten common ones, by Zipf's law, the others of the kind of goods."""
        count = len(language)
        common = np.searchsorted(self.common, rng.random(count) * self.common[-1], side="right")
        special = (rng.random(count) ** 2 * _OF_A_KIND).astype(np.int64)
        special += _COMMON + kind * _OF_A_KIND
        return language * self._size + np.where(rng.random(count) < 0.7, common, special)


def drawn_words(rng: np.random.Generator, languages: int, kinds: int) -> Words:
    """The languages of a world."""
    count = languages * (_COMMON + kinds * _OF_A_KIND)
    syllables = np.array([o + v + c for o in _ONSETS for v in _VOWELS for c in _CODAS], dtype=str)
    parts = rng.choice(syllables, (3, count))
    parts[1, rng.random(count) < 0.25] = ""
    parts[2, rng.random(count) < 0.6] = ""
    words = np.char.add(np.char.add(parts[0], parts[1]), parts[2])
    return Words(
        every=pa.array(words.tolist(), pa.string()),
        common=np.cumsum(np.arange(1.0, _COMMON + 1) ** -rng.uniform(0.9, 1.1)),
        kinds=kinds,
        median=float(rng.uniform(8, 22)),
        spread=float(rng.uniform(0.5, 0.9)),
        stock=float(rng.uniform(0.05, 0.18)),
        phrases=rng.integers(0, 400, (_STOCK, 3)),
    )
