"""What people write: comments from templates and a long-tailed vocabulary, and their copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from builders.simulation import words
from builders.simulation.population import TOPICS

MIDDLES_PER_TOPIC = 1_000
_CLOSERS_IN_ALL = 1_500
_SHORT_SHARE = 0.08
_REPLY_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The platform's stock of phrases; a comment is an opener, a middle and a closer.

    The first of `openers` is empty, for short comments, which stand behind the `MIDDLES_PER_TOPIC`
    middles of each topic. Each closer comes with a suffix; the first `bare_closers` are suffixes
    alone.
    """

    openers: pa.Array
    middles: pa.Array
    closers: pa.Array
    bare_closers: int

    @property
    def short(self) -> int:
        """How many short comments there are."""
        return len(self.middles) - TOPICS * MIDDLES_PER_TOPIC


def phrases(seed: int) -> Phrases:
    """Draw the stock."""
    rng = np.random.default_rng([seed, 4])
    vocabulary = _vocabulary(rng)
    middles = [
        middle
        for nouns in words.TOPIC_NOUNS
        for middle in _filled(rng, MIDDLES_PER_TOPIC, words.MIDDLES, vocabulary, nouns)
    ]
    closers = _filled(rng, _CLOSERS_IN_ALL, words.CLOSERS, vocabulary, ["it"])
    suffixes = rng.choice(words.SUFFIXES, _CLOSERS_IN_ALL)
    return Phrases(
        openers=pa.array(["", *(f"{opener} " for opener in words.OPENERS)]),
        middles=pa.array([*middles, *words.SHORT]),
        closers=pa.array(
            [*words.SUFFIXES, *(f" {c}{s}" for c, s in zip(closers, suffixes, strict=True))]
        ),
        bare_closers=len(words.SUFFIXES),
    )


def comments(
    stock: Phrases, rng: np.random.Generator, topic: npt.NDArray[np.integer], replied_to: pa.Array
) -> pa.Array:
    """One organic comment for each topic given; some begin by naming whom they reply to."""
    count = len(topic)
    short = rng.random(count) < _SHORT_SHARE
    rank = (stock.short ** rng.random(count)).astype(np.int32) - 1
    talk = topic.astype(np.int32) * MIDDLES_PER_TOPIC + _below(rng, MIDDLES_PER_TOPIC, count)
    opener = np.where(short, 0, 1 + _below(rng, len(stock.openers) - 1, count))
    middle = np.where(short, TOPICS * MIDDLES_PER_TOPIC + rank, talk)
    closer = np.where(
        short,
        _below(rng, stock.bare_closers, count),
        stock.bare_closers + _below(rng, len(stock.closers) - stock.bare_closers, count),
    )
    return pc.binary_join_element_wise(
        _addressed(rng, replied_to),
        stock.openers.take(pa.array(opener)),
        stock.middles.take(pa.array(middle)),
        stock.closers.take(pa.array(closer)),
        "",
    )


def _addressed(rng: np.random.Generator, replied_to: pa.Array) -> pa.Array:
    """`@name ` for those who reply to somebody, nothing for the others."""
    replies = rng.random(len(replied_to)) < _REPLY_SHARE
    named = pc.binary_join_element_wise("@", replied_to.filter(pa.array(replies)), " ", "")
    which = np.where(replies, np.cumsum(replies), 0)
    return pa.concat_arrays([pa.array([""]), named]).take(pa.array(which))


def _below(rng: np.random.Generator, bound: int, count: int) -> npt.NDArray[np.int32]:
    return rng.integers(0, bound, count, dtype=np.int32)


def message(stock: Phrases, rng: np.random.Generator) -> str:
    """A text for a ring to copy: long enough that chance does not repeat it."""
    topic = int(rng.integers(0, TOPICS))
    two = [
        stock.middles[topic * MIDDLES_PER_TOPIC + int(rng.integers(0, MIDDLES_PER_TOPIC))].as_py()
        for _ in range(2)
    ]
    opener = stock.openers[int(rng.integers(1, len(stock.openers)))].as_py()
    return f"{opener}{two[0]} and {two[1]}"


def copied(text: str, rng: np.random.Generator) -> str:
    """A near-identical copy, changed as copyists do: case, signs, a mention, a word, a link."""
    parts = text.split(" ")
    trick = int(rng.integers(0, 7))
    if trick == 1:
        parts[0] = parts[0].upper()
    elif trick == 2:
        parts.append("".join(rng.choice(list("!?.…"), 3)))
    elif trick == 3:
        parts.insert(0, "@" + _invented(rng))
    elif trick == 4:
        parts[int(rng.integers(1, len(parts)))] = _invented(rng)
    elif trick == 5:
        parts.append(f"https://short.example/{_invented(rng)}")
    elif trick == 6:
        place = int(rng.integers(0, len(parts)))
        parts[place] = "\u200b".join((parts[place][:2], parts[place][2:]))
    return " ".join(parts)


def _vocabulary(rng: np.random.Generator) -> list[str]:
    return [_invented(rng) for _ in range(1_500)]


def _invented(rng: np.random.Generator) -> str:
    picked = rng.integers(0, len(words.SYLLABLES), int(rng.integers(2, 5)))
    return "".join(words.SYLLABLES[syllable] for syllable in picked)


def _filled(
    rng: np.random.Generator,
    count: int,
    templates: Sequence[str],
    vocabulary: list[str],
    nouns: Sequence[str],
) -> list[str]:
    """So many phrases: a template each, its places filled by chance."""
    return [
        _pick(templates, u[0]).format(
            noun=_pick(nouns, u[1]),
            noun2=_pick(nouns, (u[1] + (1 + 8 * u[2]) / 10) % 1.0),
            adj=_pick(words.ADJECTIVES, u[3]),
            mood=_pick(words.MOODS, u[4]),
            kin=_pick(words.KIN, u[5]),
            number=2 + int(u[6] * 60),
            place=_zipf(vocabulary, u[7]).capitalize(),
            word=_zipf(vocabulary, u[8]),
        )
        for u in rng.random((count, 9)).tolist()
    ]


def _pick(bank: Sequence[str], u: float) -> str:
    return bank[int(u * len(bank))]


def _zipf(bank: list[str], u: float) -> str:
    return bank[int(len(bank) ** u) - 1]
