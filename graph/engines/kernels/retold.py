"""Pairs of word sets that are one text told with other words: they share too much that is rare.

Where words were exchanged, few of all words are shared, and how many is a bad measure: people of
one language share common words and know nothing of each other. A word in `k` of `n` sets is worth
log2(n / k) bits. Of these three are taken off, since in one language and about one matter a word is
eight times as common as elsewhere. Two sets are *retold* when the words they share have at
least the share `likeness` of the bits that they have together, and more bits than there are pairs
of sets (2 log2 n): then fewer than one pair of all would share as much by chance.

What sets share lies among their rarer words: those behind which enough bits remain. A rare word is
a meeting place by itself, words of more sets are so two by two, and each pair that meets is counted
word by word: nothing is missed and nothing is guessed.

Sources: Bayardo, Ma, Srikant, Scaling Up All Pairs Similarity Search (WWW 2007), for weights;
Wang, Li, Feng, Can We Beat the Prefix Filtering? (SIGMOD 2012), for places of two words; Sparck
Jones, A Statistical Interpretation of Term Specificity (1972), for the bits.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numba
import numpy as np
import numpy.typing as npt

from graph.engines.kernels.jaccard import (
    Flags,
    Ints,
    Places,
    Posted,
    Posters,
    WordSets,
    chunks,
    could_join,
    mark,
)
from graph.engines.kernels.prefixes import sorted_stably

UNIT = 64
"""Weights of a bit: whole numbers add up to the same sum in any order."""
_OF_ONE_MATTER = 3
"""Bits that a word is less surprising between texts of one language and matter."""
_RARE = 64
"""Sets in which a word can be and yet be a meeting place by itself."""

Weighed = tuple[Ints, Ints, Ints, Ints]
Index = tuple[Ints, Places, Ints, Places]


def weights_of(found_in: Ints, sets: int) -> Ints:
    """By word, what it is worth: bits / `UNIT`, given how many of `sets` sets hold it."""
    bits = np.log2(max(sets, 1) / np.maximum(found_in, 1)) - _OF_ONE_MATTER
    worth: Ints = np.maximum(np.floor(bits * UNIT), 0).astype(np.int64)
    return worth


def beyond_chance(sets: int) -> int:
    """What a pair has to share so that fewer than one pair of so many sets does by chance."""
    return int(np.ceil(2 * np.log2(max(sets, 2)) * UNIT))


def needed(total: Ints, likeness: float, least: int) -> Ints:
    """By set, what it shares at least with any set that is its like, given what it is worth."""
    need: Ints = np.maximum(np.ceil(likeness * total - 1e-9), least).astype(np.int64)
    return need


def remaining(starts: Ints, worth: Ints) -> Ints:
    """By place in the lists of words, what that word and those behind it in its set are worth."""
    summed = np.concatenate(([0], np.cumsum(worth)))
    return np.repeat(summed[starts[1:]], np.diff(starts)) - summed[:-1]


def meeting_words(sets: WordSets, found_in: Ints, *, of: int, likeness: float) -> Flags:
    """By place in the lists of words, whether it can be the rarest that a set and its like share.

    The arguments are those of `retold_pairs`.
    """
    rest = remaining(sets.starts, weights_of(found_in, of)[sets.words])
    need = needed(_totals(sets, rest), likeness, beyond_chance(of))
    enough: Flags = rest >= np.repeat(need, sets.sizes)
    return enough & (found_in[sets.words] > 1)


def retold_pairs(
    sets: WordSets,
    found_in: Ints,
    posters: Posters,
    *,
    of: int,
    likeness: float,
    within: int,
    hub_accounts: int,
) -> tuple[Ints, Flags]:
    """Every pair of sets that is one text retold, but for what could join nobody.

    A pair could join nobody as in `jaccard.like_pairs`. A set is worn when it and the sets it could
    pair with were posted by more than `hub_accounts` accounts; as a first set it pairs with none.

    Args:
        sets: the sets, rarest words first.
        found_in: by word, how many of all sets hold it; never falls from word to word.
        posters: who posted them.
        of: how many sets there are in all, of which these may be a part.
        likeness: the least share of the bits, in (0, 1].
        within: the most time between two that pair; below 0 for any.
        hub_accounts: the most posters of a set and those like it.

    Returns:
        Of each pair the set, the one like it and the words they share; which sets are worn.
    """
    weights = weights_of(found_in, of)
    rest = remaining(sets.starts, weights[sets.words])
    least = beyond_chance(of)
    need = needed(_totals(sets, rest), likeness, least)
    chunk = partial(
        _join,
        _index(sets, weights, found_in, rest, need),
        (sets.starts, sets.words, weights, rest),
        (posters.starts, posters.accounts, posters.first_at, posters.last_at),
        (likeness, least, within, hub_accounts),
    )
    begins, ends = chunks(len(need))
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        parts = list(pool.map(chunk, begins, ends))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _totals(sets: WordSets, rest: Ints) -> Ints:
    """By set, what all its words are worth."""
    total = np.zeros(len(sets.sizes), np.int64)
    total[sets.sizes > 0] = rest[sets.starts[:-1][sets.sizes > 0]]
    return total


def _index(sets: WordSets, weights: Ints, found_in: Ints, rest: Ints, need: Ints) -> Index:
    """Where each set meets others.

    Returns:
        own: set `a` has the places from `own[a]` to `own[a + 1]`; of each its run.
        runs: run `r` has the sets from `runs[r]` to `runs[r + 1]`, at least two, then these.
    """
    held, rarer, commoner = _held(sets.starts, sets.words, weights, found_in, rest, need)
    order = np.arange(len(held))
    for column in (commoner, rarer):
        order = sorted_stably(order, column, len(found_in))
    rarer, commoner = rarer[order], commoner[order]
    fresh = np.ones(len(order) + 1, np.bool_)
    fresh[1:-1] = (rarer[1:] != rarer[:-1]) | (commoner[1:] != commoner[:-1])
    met = ~(fresh[:-1] & fresh[1:])
    begins, entries = fresh[:-1][met], held[order[met]]
    runs = np.append(np.flatnonzero(begins), len(entries)).astype(np.int64)
    by_set = np.argsort(entries, kind="stable")
    own = np.searchsorted(entries[by_set], np.arange(len(need) + 1)).astype(np.int64)
    return own, (np.cumsum(begins) - 1)[by_set].astype(np.int32), runs, entries


@numba.njit(cache=True)
def _held(
    starts: Ints, words: Ints, weights: Ints, found_in: Ints, rest: Ints, need: Ints
) -> tuple[Places, Places, Places]:
    """All places: a set, the two words (one that is rare: twice)."""
    room = max(64, len(words))
    held = np.empty((room, 3), np.int32)
    many = 0
    for s in range(len(starts) - 1):
        for i in range(starts[s], starts[s + 1]):
            if rest[i] < need[s]:
                break
            if found_in[words[i]] < 2:
                continue
            alone = found_in[words[i]] <= _RARE
            for j in range(i if alone else i + 1, starts[s + 1]):
                if not alone and weights[words[i]] + rest[j] < need[s]:
                    break
                if many == len(held):
                    held = np.concatenate((held, np.empty_like(held)))
                held[many, 0], held[many, 1], held[many, 2] = s, words[i], words[j]
                many += 1
                if alone:
                    break
    return held[:many, 0].copy(), held[:many, 1].copy(), held[:many, 2].copy()


@numba.njit(cache=True)
def _shared(a: int, b: int, weighed: Weighed, needed: int) -> tuple[int, int]:
    """What two sets share and in how many words; (-1, 0) once `needed` is out of reach."""
    starts, words, weights, rest = weighed
    i, i_end, j, j_end = starts[a], starts[a + 1], starts[b], starts[b + 1]
    worth, count = 0, 0
    while i < i_end and j < j_end:
        if worth + min(rest[i], rest[j]) < needed:
            return -1, 0
        if words[i] == words[j]:
            worth += weights[words[i]]
            count += 1
            i += 1
            j += 1
        elif words[i] < words[j]:
            i += 1
        else:
            j += 1
    return (worth, count) if worth >= needed else (-1, 0)


@numba.njit(cache=True)
def _retold(
    a: int,
    index: Index,
    weighed: Weighed,
    posted: Posted,
    bounds: tuple[float, int, int, int],
    marks: tuple[Ints, Ints],
    found: Places,
) -> int:
    """Write the sets that retell `a`, and the words they share: how many, or -1 if it is worn."""
    own, keys, runs, entries = index
    starts, rest = weighed[0], weighed[3]
    likeness, least, within, hub_accounts = bounds
    met, marked = marks
    near, count = mark(a, a, posted, marked), 0
    for key in range(own[a], own[a + 1]):
        for at in range(runs[keys[key]], runs[keys[key] + 1]):
            b = entries[at]
            if near > hub_accounts:
                return -1
            if b == a or met[b] == a:
                continue
            met[b] = a
            if not could_join(a, b, posted, within):
                continue
            both = rest[starts[a]] + rest[starts[b]]
            wanted = max(least, int(np.ceil(likeness / (1 + likeness) * both - 1e-9)))
            worth, shared = _shared(a, b, weighed, wanted)
            if worth < 0:
                continue
            near += mark(b, a, posted, marked)
            found[count, 0], found[count, 1] = b, shared
            count += 1
    return count if near <= hub_accounts else -1


@numba.njit(cache=True, nogil=True)
def _join(
    index: Index,
    weighed: Weighed,
    posted: Posted,
    bounds: tuple[float, int, int, int],
    begin: int,
    end: int,
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The pairs of the sets from `begin` to `end`, and which of these are worn."""
    accounts = 0
    for account in posted[1]:
        accounts = max(accounts, account + 1)
    many = len(weighed[0]) - 1
    marks = np.full(many, -1, np.int64), np.full(accounts, -1, np.int64)
    found = np.empty((many, 2), np.int32)
    worn = np.zeros(end - begin, np.bool_)
    pairs = np.empty((1024, 3), np.int64)
    count = 0
    for a in range(begin, end):
        like = _retold(a, index, weighed, posted, bounds, marks, found)
        worn[a - begin] = like < 0
        while count + like > len(pairs):
            pairs = np.concatenate((pairs, np.empty_like(pairs)))
        for one in range(like):
            pairs[count, 0] = a
            pairs[count, 1], pairs[count, 2] = found[one]
            count += 1
    return pairs[:count], worn
