"""What people write: made-up words of a subject among common ones, and a stock of short cries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation.population import Floats, Longs
from builders.simulation.said import sentences

_SYLLABLES = (
    "ba", "ke", "lo", "mi", "tra", "sen", "por", "dul", "vi", "ra", "no", "qua", "zel", "fi", "gor",
    "ta", "shi", "um", "pe", "ca",
)  # fmt: skip
_COMMON = (
    "the", "a", "this", "is", "so", "and", "I", "you", "it", "of", "to", "that", "was", "really",
    "very", "not", "my", "just", "what", "love", "think", "good", "bad", "great", "how",
)  # fmt: skip
_SHORT = (
    "nice", "lol", "first", "wow", "so true", "this", "amazing", "❤️", "🔥🔥", "same", "thank you",
    "congrats!", "beautiful", "no way", "haha", "great post", "agree", "?", "😂😂😂", "love this",
    "good morning", "happy birthday!", "following", "interesting", "well said",
)  # fmt: skip
_WORDS_OF_A_SUBJECT = 260
_COPY_ENDS = ("", "", "!", " 🔥", ".", " 👍")
_MEME_ENDS = (" 😂", "!!", " lol")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """`words`: made-up ones, then common ones; `of_subject` has the made-up ones of each subject.

    `rank_ends` and `short_ends` are how often the words of a subject and the cries come, summed.
    """

    words: pa.Array
    made_up: int
    of_subject: Longs
    rank_ends: Floats
    short_ends: Floats

    def comments(self, rng: np.random.Generator, subject: Longs) -> pa.Array:
        """One comment for each subject given: a cry, two, or a sentence."""
        count = len(subject)
        drawn = rng.random(count)
        one, two = self._cries(rng, count), self._cries(rng, count)
        return pc.if_else(
            pa.array(drawn < 0.3),
            one,
            pc.if_else(
                pa.array(drawn < 0.34),
                pc.binary_join_element_wise(one, two, " "),
                self.sentences(rng, subject),
            ),
        )

    def sentences(
        self, rng: np.random.Generator, subject: Longs, lengths: Longs | None = None
    ) -> pa.Array:
        """One sentence for each subject given, of so many words, else of 4 to 40."""
        if lengths is None:
            drawn = rng.lognormal(2.3, 0.5, len(subject))
            lengths = np.clip(drawn, 4, 40).astype(np.int64)
        count = int(lengths.sum())
        rank = np.searchsorted(self.rank_ends, rng.random(count) * self.rank_ends[-1])
        made_up = self.of_subject[np.repeat(subject, lengths), rank]
        common = rng.integers(self.made_up, len(self.words), count)
        said = np.where(rng.random(count) < 0.6, made_up, common)
        return sentences(self.words.take(pa.array(said)), lengths)

    def anything(self, rng: np.random.Generator, low: int, high: int) -> str:
        """A sentence of any subject, of `low` words or more and fewer than `high`."""
        subject, length = rng.integers(0, len(self.of_subject), 1), rng.integers(low, high, 1)
        return str(self.sentences(rng, subject, length)[0])

    def copies(self, rng: np.random.Generator, text: str, count: int, edited: float) -> pa.Array:
        """Copies of a text in which a share of the words is another, with an end or without."""
        words = text.split(" ")
        other = rng.integers(0, self.made_up, (count, len(words)))
        changed = rng.random((count, len(words))) < edited
        ends = rng.choice(_COPY_ENDS, count)
        return pa.array(
            " ".join(
                str(self.words[int(o)]) if c else word
                for word, o, c in zip(words, other[row], changed[row], strict=True)
            )
            + str(ends[row])
            for row in range(count)
        )

    def retold(self, rng: np.random.Generator, text: str, count: int) -> pa.Array:
        """A text as people pass it on: word for word, four in ten with an end of their own."""
        ends = np.where(rng.random(count) < 0.6, "", rng.choice(_MEME_ENDS, count))
        return pa.array([text + str(end) for end in ends], pa.string())

    def _cries(self, rng: np.random.Generator, count: int) -> pa.Array:
        place = np.searchsorted(self.short_ends, rng.random(count) * self.short_ends[-1])
        return pa.array(_SHORT).take(pa.array(place))


def drawn_language(rng: np.random.Generator, subjects: int) -> Language:
    """Draw the words of each subject."""
    made_up = sorted({_invented(rng) for _ in range(6_000)})
    rng.shuffle(made_up)
    pick = [rng.choice(len(made_up), _WORDS_OF_A_SUBJECT, replace=False) for _ in range(subjects)]
    return Language(
        words=pa.array([*made_up, *_COMMON]),
        made_up=len(made_up),
        of_subject=np.stack(pick),
        rank_ends=np.cumsum(1 / np.arange(1, _WORDS_OF_A_SUBJECT + 1) ** 0.9),
        short_ends=np.cumsum(1 / np.arange(1, len(_SHORT) + 1)),
    )


def _invented(rng: np.random.Generator) -> str:
    picked: Sequence[int] = rng.integers(0, len(_SYLLABLES), int(rng.integers(1, 4))).tolist()
    return "".join(_SYLLABLES[place] for place in picked)
