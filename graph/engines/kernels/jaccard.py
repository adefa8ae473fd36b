"""Pairs of word sets whose Jaccard likeness reaches a bound, exactly.

Two sets of sizes a and b with likeness at least t share at least t (a + b) / (1 + t) words, and one
cannot be smaller than t times the other. So their rarest few words must meet (`kernels.prefixes`),
and each pair that meets is counted word by word: nothing is missed and nothing is guessed. A sign
of 128 bits a set, whose differing bits are never more than the differing words, refuses most of
those that are not alike without a look at the sets.

Sources: see `kernels.prefixes`; positions: Xiao, Wang, Lin, Yu, Efficient Similarity Joins for Near
Duplicate Detection (WWW 2008).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numba
import numpy as np
import numpy.typing as npt

from graph.engines.kernels.distinct import sorted_distinct
from graph.engines.kernels.prefixes import Meetings, Signs, at_least, first_size, meetings, most

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Sets = tuple[Ints, Ints, Signs]
Posted = tuple[Ints, Ints, Ints, Ints]
Bounds = tuple[float, int, int]
Marks = tuple[Ints, Ints]

# Sets that one thread looks through at a time, at least: a chunk has marks of its own for all sets.
_CHUNK = 4096
_CHUNKS = 16


@dataclass(frozen=True, slots=True)
class WordSets:
    """Set `i` is `words[starts[i]:starts[i + 1]]`: word numbers without repeats, rarest first.

    A word's number is its place by how many sets hold it, so numbers ascend in each set.
    """

    starts: Ints
    words: Ints

    @property
    def sizes(self) -> Ints:
        """How many words each set has."""
        return np.diff(self.starts)


def word_sets(starts: Ints, words: Ints) -> WordSets:
    """Lists of word numbers (0 and up, repeats allowed) as sets in rarity order."""
    sets = len(starts) - 1
    many = int(words.max(initial=0)) + 1
    # Set and word as one number: sorting and counting these beats looking at each set.
    distinct = sorted_distinct(np.repeat(np.arange(sets), np.diff(starts)) * many + words)
    found_in = np.bincount(distinct % many, minlength=many)
    place = np.empty(many, np.int64)
    place[np.argsort(found_in, kind="stable")] = np.arange(many)
    by_rarity = np.sort(distinct - distinct % many + place[distinct % many])
    starts_of_sets = np.searchsorted(by_rarity, np.arange(sets + 1) * many)
    return WordSets(starts_of_sets.astype(np.int64), by_rarity % many)


@dataclass(frozen=True, slots=True)
class Posters:
    """Who posted each set, and when: what decides whether a likeness can join anybody.

    Set `i` was posted by `accounts[starts[i]:starts[i + 1]]` (numbers from 0, each once), between
    `first_at[i]` and `last_at[i]`.
    """

    starts: Ints
    accounts: Ints
    first_at: Ints
    last_at: Ints


@dataclass(frozen=True, slots=True)
class Likenesses:
    """Pairs of sets (both ways round) with the words they share, and the sets left out.

    `viral[i]` says that set `i` and the sets like it have more posters than the bound: no pair
    holds it.
    """

    left: Ints
    right: Ints
    shared: Ints
    viral: npt.NDArray[np.bool_]


def like_pairs(
    sets: WordSets, posters: Posters, *, likeness: float, within: int, hub_accounts: int
) -> Likenesses:
    """Every pair of sets with shared / united >= `likeness`, but for what could join nobody.

    A pair could join nobody when one account posted both sets and nobody else either, or when more
    than `within` lies between their spans of time (below 0: no limit). A set is viral when it and
    the sets it could pair with were posted by more than `hub_accounts` accounts; viral sets pair
    with none. Empty sets pair with none.

    Each set is looked at by itself and no further than its bound, so that a viral text with a
    hundred thousand variants costs no more than many others, and the order of sets is of no
    account.
    """
    pairs, viral = pairs_before_bounds(
        sets, posters, likeness=likeness, within=within, hub_accounts=hub_accounts
    )
    kept = pairs[~viral[pairs[:, 1]]]
    return Likenesses(kept[:, 0], kept[:, 1], kept[:, 2], viral)


def pairs_before_bounds(
    sets: WordSets, posters: Posters, *, likeness: float, within: int, hub_accounts: int
) -> tuple[Ints, Flags]:
    """As `like_pairs`, with the pairs whose second set is viral: where not all sets are at hand.

    Returns:
        Of each pair the set, the one like it and the words they share; which sets are viral.
    """
    signs = _signs(sets.starts, sets.words)
    chunk = partial(
        _join,
        meetings(sets.starts, sets.words, signs, likeness),
        (sets.starts, sets.words, signs),
        (posters.starts, posters.accounts, posters.first_at, posters.last_at),
        (likeness, within, hub_accounts),
    )
    begins, ends = chunks(len(sets.sizes))
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        parts = list(pool.map(chunk, begins, ends))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def chunks(sets: int) -> tuple[list[int], list[int]]:
    """Where the stretches of sets begin and end that one thread each looks through."""
    begins = list(range(0, sets + 1, max(_CHUNK, -(-sets // _CHUNKS))))
    return begins, [*begins[1:], sets]


@numba.njit(cache=True)
def _signs(starts: Ints, words: Ints) -> Signs:
    """Two 64-bit numbers a set: each word sets one of their 128 bits."""
    signs = np.zeros((len(starts) - 1, 2), np.uint64)
    for s in range(len(starts) - 1):
        for word in words[starts[s] : starts[s + 1]]:
            # A word's number is its rarity; the multiplier spreads neighbours over the bits.
            bit = (np.uint64(word) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(57)
            signs[s, bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))
    return signs


@numba.njit(cache=True)
def _ones(bits: np.uint64) -> int:
    """How many bits are set."""
    pairs = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    fours = (pairs & np.uint64(0x3333333333333333)) + (
        (pairs >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    eights = (fours + (fours >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    ones: int = int((eights * np.uint64(0x0101010101010101)) >> np.uint64(56))
    return ones


@numba.njit(cache=True)
def could_join(a: int, b: int, posted: Posted, within: int) -> bool:
    """Whether the posts of two sets could join two accounts."""
    starts, accounts, first_at, last_at = posted
    if within >= 0 and max(first_at[a] - last_at[b], first_at[b] - last_at[a]) > within:
        return False
    alone = starts[a + 1] - starts[a] == 1 and starts[b + 1] - starts[b] == 1
    return not (alone and accounts[starts[a]] == accounts[starts[b]])


@numba.njit(cache=True)
def mark(s: int, by: int, posted: Posted, marked: Ints) -> int:
    """Mark the set's accounts as met by set `by`; give how many had not been."""
    starts, accounts = posted[0], posted[1]
    fresh = 0
    for account in accounts[starts[s] : starts[s + 1]]:
        if marked[account] != by:
            marked[account] = by
            fresh += 1
    return fresh


@numba.njit(cache=True)
def _shared(words: Ints, i: int, i_end: int, j: int, j_end: int, needed: int) -> int:
    """Words that two ascending runs share, or -1 once `needed` is out of reach."""
    shared = 0
    while i < i_end and j < j_end:
        if words[i] == words[j]:
            shared += 1
            i += 1
            j += 1
        elif words[i] < words[j]:
            i += 1
        else:
            j += 1
        if shared + min(i_end - i, j_end - j) < needed:
            return -1
    return shared


@numba.njit(cache=True)
def first_shared(starts: Ints, words: Ints, left: Ints, right: Ints) -> Ints:
    """The rarest word that the two sets of each pair share; -1 where they share none."""
    first = np.full(len(left), -1, np.int64)
    for pair in range(len(left)):
        i, i_end = starts[left[pair]], starts[left[pair] + 1]
        j, j_end = starts[right[pair]], starts[right[pair] + 1]
        while i < i_end and j < j_end and words[i] != words[j]:
            if words[i] < words[j]:
                i += 1
            else:
                j += 1
        if i < i_end and j < j_end:
            first[pair] = words[i]
    return first


@numba.njit(cache=True)
def _like(
    a: int,
    index: Meetings,
    sets: Sets,
    posted: Posted,
    bounds: Bounds,
    marks: Marks,
    found: Places,
) -> int:
    """Write the sets like `a`, and the words they share, to `found`: how many, or -1 if viral."""
    own, keys, runs, entries, signs_of_entries = index
    starts, words, signs = sets
    likeness, within, hub_accounts = bounds
    met, marked = marks
    a_start, a_end = starts[a], starts[a + 1]
    size = a_end - a_start
    largest = most(likeness, size)
    sign_0, sign_1 = signs[a]
    near = mark(a, a, posted, marked)
    count, last_size, needed, differing = 0, -1, 0, 0
    for key in range(own[a], own[a + 1]):
        run, k, before = keys[key]
        at = first_size(entries, runs[run], runs[run + 1], likeness, size, before)
        while at < runs[run + 1] and near <= hub_accounts:
            b, b_size, j = entries[at]
            at += 1
            if b_size > largest:
                break
            if b_size != last_size:
                last_size = b_size
                needed = at_least(likeness / (1 + likeness), size + b_size)
                differing = size + b_size - 2 * needed
            unlike = _ones(sign_0 ^ signs_of_entries[at - 1, 0])
            if unlike + _ones(sign_1 ^ signs_of_entries[at - 1, 1]) > differing:
                continue
            # Their first meeting is at their rarest shared words: all others come behind. A pair
            # that fails here fails at each later meeting too.
            if before + min(size - k, b_size - j) < needed or b == a or met[b] == a:
                continue
            met[b] = a
            if not could_join(a, b, posted, within):
                continue
            b_start, wanted = starts[b], needed - before
            shared = _shared(words, a_start + k, a_end, b_start + j, b_start + b_size, wanted)
            if shared < 0 or (before + shared) / (size + b_size - before - shared) < likeness:
                continue
            near += mark(b, a, posted, marked)
            found[count, 0], found[count, 1] = b, before + shared
            count += 1
    return count if near <= hub_accounts else -1


@numba.njit(cache=True, nogil=True)
def _join(
    index: Meetings, sets: Sets, posted: Posted, bounds: Bounds, begin: int, end: int
) -> tuple[Ints, Flags]:
    """The pairs of the sets from `begin` to `end`, and which of these are viral."""
    accounts = 0
    for account in posted[1]:
        accounts = max(accounts, account + 1)
    many = len(sets[0]) - 1
    marks = np.full(many, -1, np.int64), np.full(accounts, -1, np.int64)
    found = np.empty((many, 2), np.int32)
    viral = np.zeros(end - begin, np.bool_)
    pairs = np.empty((1024, 3), np.int64)
    count = 0
    for a in range(begin, end):
        like = _like(a, index, sets, posted, bounds, marks, found)
        viral[a - begin] = like < 0
        while count + like > len(pairs):
            pairs = np.concatenate((pairs, np.empty_like(pairs)))
        for one in range(like):
            pairs[count, 0] = a
            pairs[count, 1], pairs[count, 2] = found[one]
            count += 1
    return pairs[:count], viral
