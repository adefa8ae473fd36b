"""Pairs of word sets whose Jaccard likeness reaches a bound, exactly.

Two sets of sizes a and b with likeness at least t share at least t (a + b) / (1 + t) words, so
their rarest few words must meet (the prefix), and one set cannot be smaller than t times the other.
Candidates come from an index of prefixes; each is then counted word by word, so nothing is missed
and nothing is guessed. Where words are few and texts follow a pattern, prefixes meet often: a sign
of 128 bits a set, whose differing bits are never more than the differing words, lies beside each
entry of the index and refuses most of them without a look at the sets.

Sources: Bayardo, Ma, Srikant, Scaling Up All Pairs Similarity Search (WWW 2007); Xiao, Wang, Lin,
Yu, Efficient Similarity Joins for Near Duplicate Detection (WWW 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Signs = npt.NDArray[np.uint64]
Index = tuple[Ints, Places, Signs]
Posted = tuple[Ints, Ints, Ints, Ints]

# Guards the filters against rounding: they may let a pair through that the count then refuses.
_SLACK = 1e-9


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


def sorted_distinct(numbers: Ints) -> Ints:
    """Each number once, ascending: `np.unique` by sorting, since its hashing takes 100 times it."""
    ascending = np.sort(numbers)
    return ascending[np.concatenate(([True], ascending[1:] != ascending[:-1]))[: len(numbers)]]


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
    order = np.argsort(sets.sizes, kind="stable")
    index = _index_of_prefixes(order, sets.starts, sets.words, likeness)
    pairs, viral = _join(
        index,
        sets.starts,
        sets.words,
        likeness,
        (posters.starts, posters.accounts, posters.first_at, posters.last_at),
        within,
        hub_accounts,
    )
    kept = pairs[~viral[pairs[:, 1]]]
    return Likenesses(kept[:, 0], kept[:, 1], kept[:, 2], viral)


@numba.njit(cache=True)
def _at_least(share: float, of: float) -> int:
    places: int = int(np.ceil(share * of - _SLACK))
    return places


@numba.njit(cache=True)
def _prefix(likeness: float, size: int) -> int:
    """How many of a set's rarest words must be looked at to meet every set like it."""
    least: int = _at_least(likeness, size)
    return min(size, size - least + 1)


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
def _index_of_prefixes(order: Ints, starts: Ints, words: Ints, likeness: float) -> Index:
    """Per word the sets with it in their prefix, smallest first, where in the set, their signs."""
    top = 0
    for word in words:
        top = max(top, word + 1)
    lists = np.zeros(top + 1, np.int64)
    for s in order:
        for k in range(_prefix(likeness, starts[s + 1] - starts[s])):
            lists[words[starts[s] + k] + 1] += 1
    for word in range(top):
        lists[word + 1] += lists[word]
    filled = lists[:top].copy()
    entries = np.empty((lists[top], 3), np.int32)
    of_set = _signs(starts, words)
    signs = np.empty((lists[top], 2), np.uint64)
    for s in order:
        size = starts[s + 1] - starts[s]
        for k in range(_prefix(likeness, size)):
            word = words[starts[s] + k]
            entries[filled[word], 0] = s
            entries[filled[word], 1] = size
            entries[filled[word], 2] = k
            signs[filled[word]] = of_set[s]
            filled[word] += 1
    return lists, entries, signs


@numba.njit(cache=True)
def _first_of_size(entries: Places, at: int, end: int, size: int) -> int:
    """The first entry of a list, which ascends by size, of at least this size."""
    while at < end:
        middle = (at + end) // 2
        if entries[middle, 1] < size:
            at = middle + 1
        else:
            end = middle
    return at


@numba.njit(cache=True)
def _could_join(a: int, b: int, posted: Posted, within: int) -> bool:
    starts, accounts, first_at, last_at = posted
    if within >= 0 and max(first_at[a] - last_at[b], first_at[b] - last_at[a]) > within:
        return False
    alone = starts[a + 1] - starts[a] == 1 and starts[b + 1] - starts[b] == 1
    return not (alone and accounts[starts[a]] == accounts[starts[b]])


@numba.njit(cache=True)
def _mark(s: int, by: int, posted: Posted, marked: Ints) -> int:
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
def _join(
    index: Index,
    starts: Ints,
    words: Ints,
    likeness: float,
    posted: Posted,
    within: int,
    hub_accounts: int,
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    lists, entries, signs = index
    of_set = _signs(starts, words)
    sets = len(starts) - 1
    met = np.full(sets, -1, np.int64)
    accounts = 0
    for account in posted[1]:
        accounts = max(accounts, account + 1)
    marked = np.full(accounts, -1, np.int64)
    viral = np.zeros(sets, np.bool_)
    pairs = np.empty((1024, 3), np.int64)
    count = 0
    for a in range(sets):
        begun = count
        a_start, a_end = starts[a], starts[a + 1]
        size = a_end - a_start
        least, largest = _at_least(likeness, size), int((size + _SLACK) / likeness)
        near = _mark(a, a, posted, marked)
        sign_0, sign_1 = of_set[a]
        last_size, needed, differing = -1, 0, 0
        for k in range(_prefix(likeness, size)):
            word = words[a_start + k]
            end = lists[word + 1]
            at = _first_of_size(entries, lists[word], end, least)
            while at < end and near <= hub_accounts:
                b, b_size, j = entries[at]
                at += 1
                if b_size > largest:
                    break
                if b_size != last_size:
                    last_size = b_size
                    needed = _at_least(likeness / (1 + likeness), size + b_size)
                    differing = size + b_size - 2 * needed
                unlike = _ones(sign_0 ^ signs[at - 1, 0]) + _ones(sign_1 ^ signs[at - 1, 1])
                if unlike > differing:
                    continue
                # Their first meeting is their rarest shared word: all others come behind it. A
                # pair that fails here fails at each later meeting too.
                if min(size - k, b_size - j) < needed or b == a or met[b] == a:
                    continue
                met[b] = a
                if not _could_join(a, b, posted, within):
                    continue
                b_start = starts[b]
                shared = _shared(words, a_start + k, a_end, b_start + j, b_start + b_size, needed)
                if shared <= 0 or shared / (size + b_size - shared) < likeness:
                    continue
                near += _mark(b, a, posted, marked)
                if count == len(pairs):
                    pairs = np.concatenate((pairs, np.empty_like(pairs)))
                pairs[count, 0], pairs[count, 1], pairs[count, 2] = a, b, shared
                count += 1
        if near > hub_accounts:
            viral[a] = True
            count = begun
    return pairs[:count], viral
