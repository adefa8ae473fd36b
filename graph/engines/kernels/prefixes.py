"""Where sets of words must meet to be alike: an index of the rarest words, two by two.

Sets of n words that share at least s with another share l of them among their rarest n - s + l (the
prefix). With l = 1 every rare word is a meeting place; where words are few and texts follow a
pattern, thousands of unlike sets meet there. With l = 2 the places are pairs of words, more for
each set and ten times less crowded. So sets meet by two words, but for those so long that their
pairs are many and those so short that one shared word may be enough: these meet by one word. A set
that can be like sets of either kind has places of both kinds.

Sources: Bayardo, Ma, Srikant, Scaling Up All Pairs Similarity Search (WWW 2007); Wang, Li, Feng,
Can We Beat the Prefix Filtering? An Adaptive Framework for Similarity Join and Search (SIGMOD
2012).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Signs = npt.NDArray[np.uint64]
Meetings = tuple[Ints, Places, Ints, Places, Signs]

# Guards the filters against rounding: they may let a pair through that the count then refuses.
_SLACK = 1e-9

# Sets with more pairs of prefix words than this meet by one word.
_MOST_PAIRS = 64


@numba.njit(cache=True)
def at_least(share: float, of: float) -> int:
    """The least whole number that is this share."""
    places: int = int(np.ceil(share * of - _SLACK))
    return places


@numba.njit(cache=True)
def most(likeness: float, size: int) -> int:
    """How many words a set like one of this size can have."""
    words: int = int((size + _SLACK) / likeness)
    return words


@numba.njit(cache=True)
def _prefix(likeness: float, size: int, by: int) -> int:
    """How many of a set's rarest words hold `by` of those it shares with any set like it."""
    least: int = at_least(likeness, size)
    return min(size, size - least + by)


@numba.njit(cache=True)
def _by_two(likeness: float, size: int) -> bool:
    """Whether sets of this size meet by two words; such sizes have no gap between them."""
    prefix = _prefix(likeness, size, 2)
    enough: bool = at_least(likeness, size) >= 2
    return enough and prefix * (prefix - 1) // 2 <= _MOST_PAIRS


@numba.njit(cache=True)
def _by_one(likeness: float, size: int) -> bool:
    """Whether sets of this size can be like any that meets by one word."""
    smallest, largest = at_least(likeness, size), most(likeness, size)
    return not (_by_two(likeness, smallest) and _by_two(likeness, largest))


@numba.njit(cache=True)
def first_size(entries: Places, at: int, end: int, likeness: float, size: int, before: int) -> int:
    """The first entry of a run, which ascends by size, that a set of this size can be like."""
    least = at_least(likeness, size)
    if before == 0 and _by_two(likeness, size) and _by_two(likeness, least):
        # Those that meet by two words are met there.
        least = size + 1
        while _by_two(likeness, least):
            least += 1
    while at < end:
        middle = (at + end) // 2
        if entries[middle, 1] < least:
            at = middle + 1
        else:
            end = middle
    return at


def meetings(starts: Ints, words: Ints, signs: Signs, likeness: float) -> Meetings:
    """Where each set meets others: sets as in `jaccard.WordSets`, their signs, the likeness.

    Returns:
        own: set `a` has the keys from `own[a]` to `own[a + 1]`, rarest words first.
        keys: of each, its run, where in the set its last word is, how many words come before that
            one in the key (0 or 1).
        runs: run `r` has the entries from `runs[r]` to `runs[r + 1]`, at least two, smallest set
            first.
        entries: of each, a set, its size, where in the set the key's last word is.
        signs: of each entry, the sign of its set.
    """
    by_size = np.argsort(np.diff(starts), kind="stable")
    held, rarer, commoner = _held(by_size, starts, words, likeness)
    many_words = int(words.max(initial=0)) + 1
    order = np.arange(len(held))
    for column in (commoner, rarer):
        order = sorted_stably(order, column, many_words)
    rarer, commoner = rarer[order], commoner[order]
    fresh = np.ones(len(order) + 1, np.bool_)
    fresh[1:-1] = (rarer[1:] != rarer[:-1]) | (commoner[1:] != commoner[:-1])
    # A key that only one set has is no meeting place; of the pairs of words most are none.
    met = ~(fresh[:-1] & fresh[1:])
    begins, entries = fresh[:-1][met], held[order[met]]
    own, keys = _own_keys(len(starts) - 1, entries, np.cumsum(begins) - 1, (rarer != commoner)[met])
    runs = np.append(np.flatnonzero(begins), len(entries)).astype(np.int64)
    return own, keys, runs, entries, signs[entries[:, 0]]


@numba.njit(cache=True)
def _prefixes(likeness: float, size: int) -> tuple[int, int]:
    """How many of a set's words are keys by themselves, and how many are keys two by two."""
    one = _prefix(likeness, size, 1) if _by_one(likeness, size) else 0
    two = _prefix(likeness, size, 2) if _by_two(likeness, size) else 0
    return one, two


@numba.njit(cache=True)
def _held(
    by_size: Ints, starts: Ints, words: Ints, likeness: float
) -> tuple[Places, Places, Places]:
    """All keys: a set, its size, the place of the key's last word; its two words (one: twice)."""
    many = 0
    for s in by_size:
        one, two = _prefixes(likeness, starts[s + 1] - starts[s])
        many += one + two * (two - 1) // 2
    held = np.empty((many, 3), np.int32)
    rarer, commoner = np.empty(many, np.int32), np.empty(many, np.int32)
    at = 0
    for s in by_size:
        start, size = starts[s], starts[s + 1] - starts[s]
        one, two = _prefixes(likeness, size)
        for last in range(max(one, two)):
            for first in range(0 if last < two else last, last + 1 if last < one else last):
                held[at, 0], held[at, 1], held[at, 2] = s, size, last
                rarer[at], commoner[at] = words[start + first], words[start + last]
                at += 1
    return held, rarer, commoner


@numba.njit(cache=True)
def sorted_stably(order: Ints, numbers: Places, top: int) -> Ints:
    """`order` by the numbers (below `top`) of what it lists, by counting them."""
    filled = np.zeros(top + 1, np.int64)
    for number in numbers:
        filled[number + 1] += 1
    for number in range(top):
        filled[number + 1] += filled[number]
    ascending = np.empty_like(order)
    for one in order:
        ascending[filled[numbers[one]]] = one
        filled[numbers[one]] += 1
    return ascending


@numba.njit(cache=True)
def _own_keys(
    sets: int, entries: Places, runs: Ints, by_two: npt.NDArray[np.bool_]
) -> tuple[Ints, Places]:
    own = np.zeros(sets + 1, np.int64)
    for at in range(len(entries)):
        own[entries[at, 0] + 1] += 1
    for s in range(sets):
        own[s + 1] += own[s]
    filled = own[:sets].copy()
    keys = np.empty((len(entries), 3), np.int32)
    for at in range(len(entries)):
        key = filled[entries[at, 0]]
        keys[key, 0], keys[key, 1], keys[key, 2] = runs[at], entries[at, 2], by_two[at]
        filled[entries[at, 0]] += 1
    return own, keys
