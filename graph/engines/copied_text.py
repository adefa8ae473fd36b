"""The local way to find accounts that post like texts: word sets, likenesses, copies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels.components import component_labels
from graph.engines.kernels.copies import LikeTexts, Posts, copies
from graph.engines.kernels.jaccard import Likenesses, Posters, WordSets, like_pairs, word_sets
from graph.engines.kernels.retold import retold_pairs
from graph.texts import Alike

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Alikes:
    """Which texts are alike; texts go by their numbers.

    `left`, `right`, `likeness`: pairs of like texts, both ways round; from place `retold` on those
    that are one text retold. By text: how many distinct `words` it has, whether it is too `short`,
    whether it is `viral`, and whether it is `worn`. `posts`: who posted it.
    """

    left: Ints
    right: Ints
    likeness: npt.NDArray[np.float64]
    retold: int
    words: Ints
    short: Flags
    viral: Flags
    worn: Flags
    posts: Posts


@dataclass(frozen=True, slots=True)
class Found:
    """Who copied whom. Texts and accounts go by their numbers.

    `own`, `other`: ordered pairs of accounts, `counts` of each by name (see `kernels.copies`).
    `object`: by text, the number of its object (the texts that a chain of likeness joins).
    """

    own: Ints
    other: Ints
    counts: dict[str, Ints]
    object: Ints
    alikes: Alikes


def find_copies(
    texts: pa.StringArray, text: Ints, account: Ints, acted_at: Ints, alike: Alike
) -> Found:
    """Pairs of accounts with posts of like words; see `builders.text` for the meaning.

    Args:
        texts: each distinct text once, its words with one space between them.
        text: of each post, its place in `texts`.
        account: of each post, the number of who posted it; numbers follow the order of ids.
        acted_at: of each post, when, ms.
        alike: when posts match.
    """
    alikes = find_alikes(texts, text, account, acted_at, alike)
    like = _like_texts(alikes)
    own, other, counts = copies(
        alikes.posts,
        like,
        accounts=int(account.max(initial=-1)) + 1,
        within=alike.within_ms,
        at_least=alike.at_least,
    )
    return Found(own=own, other=other, counts=counts, object=like.object, alikes=alikes)


def find_alikes(
    texts: pa.StringArray, text: Ints, account: Ints, acted_at: Ints, alike: Alike
) -> Alikes:
    """Pairs of like texts that could join two accounts, of posts given as to `find_copies`."""
    sets = _word_sets(texts)
    words = sets.sizes
    short = (words < alike.at_least_words) | (words == 0)
    order = np.lexsort((acted_at, account, text))
    posts = posts_in_order(text[order], account[order], acted_at[order], len(texts))
    long, posters = _without(sets, short), _posters(posts)
    found = like_pairs(
        long,
        posters,
        likeness=alike.likeness,
        within=alike.within_ms,
        hub_accounts=alike.hub_accounts,
    )
    pairs = np.column_stack((found.left, found.right, found.shared))
    more, worn = _retold(long, posters, alike, found)
    left, right, shared = np.concatenate((pairs, more)).T
    return Alikes(
        left=left,
        right=right,
        likeness=shared / (words[left] + words[right] - shared),
        retold=len(pairs),
        words=words,
        short=short,
        viral=found.viral & ~short,
        worn=worn & ~short & ~found.viral,
        posts=posts,
    )


def _retold(
    sets: WordSets, posters: Posters, alike: Alike, found: Likenesses
) -> tuple[Ints, Flags]:
    """The pairs of texts that are one retold, and not like besides; which texts are worn."""
    many = len(sets.sizes)
    if alike.retold is None:
        return np.empty((0, 3), np.int64), np.zeros(many, np.bool_)
    told = word_sets(sets.starts, sets.words)
    pairs, worn = retold_pairs(
        told,
        np.bincount(told.words),
        posters,
        of=int(np.count_nonzero(sets.sizes)),
        likeness=alike.retold,
        within=alike.within_ms,
        hub_accounts=alike.hub_accounts,
    )
    out = worn | found.viral
    known = np.isin(pairs[:, 0] * many + pairs[:, 1], found.left * many + found.right)
    return pairs[~(out[pairs[:, 0]] | out[pairs[:, 1]] | known)], worn


def _word_sets(texts: pa.StringArray) -> WordSets:
    lists = pc.split_pattern(pc.replace_substring_regex(texts, "^$", " "), " ")
    words = lists.flatten().dictionary_encode()
    empty = pc.index(words.dictionary, "").as_py()
    starts = lists.offsets.to_numpy().astype(np.int64)
    numbers = words.indices.to_numpy().astype(np.int64)
    if empty < 0:
        return word_sets(starts, numbers)
    kept = numbers != empty
    ends = np.concatenate(([0], np.cumsum(kept)))
    return word_sets(ends[starts].astype(np.int64), numbers[kept])


def _without(sets: WordSets, left_out: Flags) -> WordSets:
    sizes = sets.sizes
    starts = np.concatenate(([0], np.cumsum(np.where(left_out, 0, sizes)))).astype(np.int64)
    return WordSets(starts, sets.words[~np.repeat(left_out, sizes)])


def posts_in_order(text: Ints, account: Ints, acted_at: Ints, texts: int) -> Posts:
    """Posts in the order of text, account and time, as the kernels take them."""
    days = acted_at // DAY_MS
    return Posts(
        starts=np.searchsorted(text, np.arange(texts + 1)).astype(np.int64),
        account=account,
        at=acted_at,
        day=np.unique(days, return_inverse=True)[1].astype(np.int64),
    )


def _posters(posts: Posts) -> Posters:
    text_starts = posts.starts[:-1]
    fresh = np.ones(len(posts.account), np.bool_)
    fresh[1:] = posts.account[1:] != posts.account[:-1]
    fresh[text_starts[text_starts < len(fresh)]] = True
    before = np.concatenate(([0], np.cumsum(fresh)))
    return Posters(
        starts=before[posts.starts].astype(np.int64),
        accounts=posts.account[fresh],
        first_at=np.minimum.reduceat(posts.at, text_starts) if len(posts.at) else posts.at,
        last_at=np.maximum.reduceat(posts.at, text_starts) if len(posts.at) else posts.at,
    )


def _like_texts(alikes: Alikes) -> LikeTexts:
    itself = np.flatnonzero(~alikes.short & ~alikes.viral)
    left = np.concatenate((itself, alikes.left))
    right = np.concatenate((itself, alikes.right))
    order = np.lexsort((right, left))
    texts = len(alikes.words)
    return LikeTexts(
        starts=np.searchsorted(left[order], np.arange(texts + 1)).astype(np.int64),
        texts=right[order],
        object=component_labels(texts, alikes.left, alikes.right),
    )
