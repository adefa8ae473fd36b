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

MIDDLES_PER_TOPIC = 1_500
_CLOSERS_IN_ALL = 2_000
_SHORT_SHARE = 0.08
_REPLY_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The platform's stock of phrases; a comment is an opener, a middle, a closer and a suffix."""

    openers: pa.Array
    middles: pa.Array
    closers: pa.Array
    short: pa.Array
    suffixes: pa.Array


def phrases(seed: int) -> Phrases:
    """Draw the stock. `middles` holds `MIDDLES_PER_TOPIC` phrases a topic, topic after topic."""
    rng = np.random.default_rng([seed, 4])
    vocabulary = _vocabulary(rng)
    middles = [
        middle
        for nouns in words.TOPIC_NOUNS
        for middle in _filled(rng, MIDDLES_PER_TOPIC, words.MIDDLES, vocabulary, nouns)
    ]
    closers = _filled(rng, _CLOSERS_IN_ALL, words.CLOSERS, vocabulary, ["it"])
    return Phrases(
        openers=pa.array(words.OPENERS),
        middles=pa.array(middles),
        closers=pa.array(closers),
        short=pa.array(words.SHORT),
        suffixes=pa.array(words.SUFFIXES),
    )


def comments(
    stock: Phrases, rng: np.random.Generator, topic: npt.NDArray[np.integer], replied_to: pa.Array
) -> pa.Array:
    """One organic comment for each topic given; some begin by naming whom they reply to."""
    count = len(topic)
    middle = topic.astype(np.int32) * MIDDLES_PER_TOPIC + rng.integers(
        0, MIDDLES_PER_TOPIC, count, dtype=np.int32
    )
    long = pc.binary_join_element_wise(
        _any(rng, stock.openers, count),
        stock.middles.take(pa.array(middle)),
        _any(rng, stock.closers, count),
        " ",
    )
    rank = np.floor(len(stock.short) ** rng.random(count)).astype(np.int32) - 1
    short = rng.random(count) < _SHORT_SHARE
    body = pc.if_else(pa.array(short), stock.short.take(pa.array(rank)), long)
    body = pc.binary_join_element_wise(body, _any(rng, stock.suffixes, count), "")
    reply = pc.binary_join_element_wise("@", replied_to, " ", body, "")
    return pc.if_else(pa.array(rng.random(count) < _REPLY_SHARE), reply, body)


def message(stock: Phrases, rng: np.random.Generator) -> str:
    """A text for a ring to copy: long enough that chance does not repeat it."""
    topic = int(rng.integers(0, TOPICS))
    two = [
        stock.middles[topic * MIDDLES_PER_TOPIC + int(rng.integers(0, MIDDLES_PER_TOPIC))].as_py()
        for _ in range(2)
    ]
    opener = stock.openers[int(rng.integers(0, len(stock.openers)))].as_py()
    return f"{opener} {two[0]} and {two[1]}"


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
    return [_invented(rng) for _ in range(3_000)]


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


def _any(rng: np.random.Generator, bank: pa.Array, count: int) -> pa.Array:
    return bank.take(pa.array(rng.integers(0, len(bank), count, dtype=np.int32)))
