"""Texts as the Coordination Network Toolkit compares them: normalised, or as sets of words.

The toolkit cuts texts at Unicode's default word boundaries (UAX #29) and drops spaces and single
straight quotes. The expression here does the same for words, numbers, apostrophes inside words,
ideographs, combining marks and emoji; punctuation marks are words of their own.
"""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from graph.errors import ConfigError

_MENTION = re.compile(r"@\S*")
_KATAKANA = r"[\u30a0-\u30ff\u31f0-\u31ff\uff66-\uff9f]"
# Scripts that Unicode's default rule cuts after every letter.
_ALONE = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3040-\u309f"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_IN_WORDS = r".:'\u00b7\u2018\u2019\u2024\uff07\uff0e"
_IN_NUMBERS = r".,;'\u2018\u2019\u2024\uff07\uff0e"
_PICTURE = r"[\u00a9\u00ae\u2190-\u2bff\U0001f000-\U0001faff]"
_FLAG_LETTER = r"[\U0001f1e6-\U0001f1ff]"


def plain_text(text: str) -> str:
    """Lower case, without mentions (`@` to the next space), single spaces: the co-tweet key."""
    return " ".join(_MENTION.sub("", text.lower()).split())


def word_set(text: str) -> frozenset[str]:
    """The distinct words of a text in lower case, without mentions."""
    return frozenset(_words().findall(_MENTION.sub("", text.lower()))) - {"'"}


def similar_pairs(
    texts: Sequence[str],
    times: Sequence[int],
    *,
    within_ms: int,
    at_least: float,
    min_words: int,
    itself: bool,
) -> list[tuple[int, int]]:
    """Every ordered pair of texts at most `within_ms` apart whose Jaccard reaches `at_least`.

    Exact. `times` must ascend. Two texts that similar share one of the rarest words of each, so
    only texts that share a rare word inside the window are compared (the prefix filter of
    Chaudhuri, Ganti and Kaushik, 2006). Texts with fewer than `min_words` words match nothing.

    Raises:
        ConfigError: `at_least` is no similarity above 0.
    """
    if not 0 < at_least <= 1:
        message = f"a similarity is above 0 and at most 1, not {at_least}"
        raise ConfigError(message)
    words = [word_set(text) for text in texts]
    known = [row for row, found in enumerate(words) if len(found) >= max(min_words, 1)]
    frequency = Counter(word for row in known for word in words[row])
    recent: defaultdict[str, deque[int]] = defaultdict(deque)
    pairs = [(row, row) for row in known] if itself else []
    for row in known:
        mine = words[row]
        rare = sorted(mine, key=lambda word: (frequency[word], word))
        rare = rare[: len(mine) - math.ceil(at_least * len(mine) - 1e-9) + 1]
        candidates: set[int] = set()
        for word in rare:
            lately = recent[word]
            while lately and times[row] - times[lately[0]] > within_ms:
                lately.popleft()
            candidates.update(lately)
            lately.append(row)
        for other in candidates:
            if _alike(mine, words[other], at_least):
                pairs += [(row, other), (other, row)]
    return pairs


def _alike(one: frozenset[str], other: frozenset[str], at_least: float) -> bool:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared) >= at_least


@cache
def _words() -> re.Pattern[str]:
    mark = f"[{_marks()}\U0001f3fb-\U0001f3ff]"
    letter = rf"(?:(?!{_ALONE}|{_KATAKANA})[^\W\d_]{mark}*)"
    number = rf"(?:\d{mark}*)"
    word = (
        rf"(?:{letter}(?:[{_IN_WORDS}]{mark}*(?={letter}))?"
        rf"|{number}(?:[{_IN_NUMBERS}]{mark}*(?={number}))?|_{mark}*)+"
    )
    other = rf"\S(?:{mark}|(?<=\u200d){_PICTURE})*"
    return re.compile(rf"{word}|(?:{_KATAKANA}{mark}*)+|{_FLAG_LETTER}{{2}}{mark}*|{other}")


def _marks() -> str:
    """Combining marks and invisible format characters, as ranges for an expression."""
    found = [
        code
        for code in range(0x300, sys.maxunicode)
        if unicodedata.category(chr(code)) in ("Mn", "Me", "Mc", "Cf") and code != 0x200B
    ]
    runs = groupby(enumerate(found), key=lambda pair: pair[1] - pair[0])
    ends = [[code for _, code in run] for _, run in runs]
    return "".join(f"\\U{run[0]:08x}-\\U{run[-1]:08x}" for run in ends)
