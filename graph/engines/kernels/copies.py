"""Accounts that posted like texts within a window: from pairs of texts to pairs of accounts.

A text posted ten thousand times is one text here: the work for a post grows with the accounts that
posted texts like its own, not with their posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

COUNTS = ("posts", "texts", "objects", "object_days", "post_pairs", "first_at", "last_at")


@dataclass(frozen=True, slots=True)
class Posts:
    """Posts in the order of their text, then account, then time.

    Text `t` has the posts from `starts[t]` to `starts[t + 1]`; `account` numbers from 0, `day` is
    the place of each post's day among the days that occur.
    """

    starts: Ints
    account: Ints
    at: Ints
    day: Ints


@dataclass(frozen=True, slots=True)
class LikeTexts:
    """Text `t` is like the texts `texts[starts[t]:starts[t + 1]]`, itself among them.

    A text without any (viral, too short) takes no part. `object[t]` is the number of its object:
    the texts that a chain of likeness joins.
    """

    starts: Ints
    texts: Ints
    object: Ints


def copies(
    posts: Posts, like: LikeTexts, *, accounts: int, within: int, at_least: int
) -> tuple[Ints, Ints, dict[str, Ints]]:
    """What each account has in common with each other one: one entry an ordered pair (own, other).

    Two posts match when their texts are like, their accounts differ and at most `within` lies
    between them (below 0: no limit). Of own's side: `posts` that match a post of other, distinct
    `texts` of those. Of both sides alike, and only filled in where own < other: `objects`,
    `object_days` (object and day of the earlier post), `post_pairs`. `first_at` and `last_at` are
    of the posts of both that match. Pairs with fewer than `at_least` own posts are left out.

    Returns:
        Numbers of own and other, and the counts by name (`COUNTS`).
    """
    text_of = np.repeat(np.arange(len(posts.starts) - 1), np.diff(posts.starts))
    # An account's posts object by object and text by text, so that distinct ones are counted by
    # looking at the last one only.
    order = np.lexsort((posts.at, text_of, like.object[text_of], posts.account))
    ends = np.searchsorted(posts.account[order], np.arange(accounts + 1))
    own, other, counts = _copies(
        (order, ends, text_of),
        (posts.starts, posts.account, posts.at, posts.day),
        (like.starts, like.texts, like.object),
        int(posts.day.max(initial=0)) + 1,
        within,
        at_least,
    )
    return own, other, {name: counts[:, place] for place, name in enumerate(COUNTS)}


@numba.njit(cache=True)
def _first_from(at: Ints, low: int, high: int, least: int) -> int:
    while low < high:
        middle = (low + high) // 2
        if at[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@numba.njit(cache=True)
def _end_of_account(account: Ints, low: int, high: int) -> int:
    """The end of the run of one account that begins at `low`: galloping, then halving."""
    who, step = account[low], 1
    while low + step < high and account[low + step] == who:
        step *= 2
    left, right = low + step // 2, min(low + step, high)
    while left < right:
        middle = (left + right) // 2
        if account[middle] == who:
            left = middle + 1
        else:
            right = middle
    return left


@numba.njit(cache=True)
def _longer(array: Ints) -> Ints:
    return np.concatenate((array, np.empty_like(array)))


@numba.njit(cache=True)
def _distinct(codes: Ints, place: Ints, days: int, counts: Ints) -> None:
    """Count each partner's distinct objects (column 2) and (object, day) (column 3)."""
    order = np.argsort(codes, kind="mergesort")
    order = order[np.argsort(place[order], kind="mergesort")]
    for n in range(len(order)):
        now = order[n]
        fresh = n == 0 or place[order[n - 1]] != place[now]
        last = codes[order[n - 1]] if n else -1
        if fresh or last // days != codes[now] // days:
            counts[place[now], 2] += 1
        if fresh or last != codes[now]:
            counts[place[now], 3] += 1


@numba.njit(cache=True)
def _copies(
    owned: tuple[Ints, Ints, Ints],
    posts: tuple[Ints, Ints, Ints, Ints],
    like: tuple[Ints, Ints, Ints],
    days: int,
    within: int,
    at_least: int,
) -> tuple[Ints, Ints, Ints]:
    order, ends, text_of = owned
    starts, account, at, day = posts
    like_starts, like_texts, object_of = like
    accounts = len(ends) - 1
    place_of = np.full(accounts, -1, np.int64)
    partners = np.empty(64, np.int64)
    counts = np.zeros((64, 7), np.int64)
    last_post = np.empty(64, np.int64)
    last_text = np.empty(64, np.int64)
    codes = np.empty(64, np.int64)
    code_place = np.empty(64, np.int64)
    out_own = np.empty(64, np.int64)
    out_other = np.empty(64, np.int64)
    out = np.empty((64, 7), np.int64)
    made = 0
    for a in range(accounts):
        met = 0
        coded = 0
        for p in order[ends[a] : ends[a + 1]]:
            t = text_of[p]
            for near in like_texts[like_starts[t] : like_starts[t + 1]]:
                run = starts[near]
                while run < starts[near + 1]:
                    b = account[run]
                    end = _end_of_account(account, run, starts[near + 1])
                    low, high = run, end
                    run = end
                    if b == a:
                        continue
                    if within >= 0:
                        low = _first_from(at, low, end, at[p] - within)
                        high = _first_from(at, low, end, at[p] + within + 1)
                    if low == high:
                        continue
                    if place_of[b] < 0:
                        if met == len(partners):
                            partners = _longer(partners)
                            last_post, last_text = _longer(last_post), _longer(last_text)
                            counts = np.concatenate((counts, np.empty_like(counts)))
                        place_of[b] = met
                        partners[met] = b
                        last_post[met] = last_text[met] = -1
                        counts[met] = 0
                        counts[met, 5], counts[met, 6] = at[p], at[p]
                        met += 1
                    place = place_of[b]
                    if last_post[place] != p:
                        last_post[place] = p
                        counts[place, 0] += 1
                    if last_text[place] != t:
                        last_text[place] = t
                        counts[place, 1] += 1
                    counts[place, 5] = min(counts[place, 5], at[p], at[low])
                    counts[place, 6] = max(counts[place, 6], at[p], at[high - 1])
                    if b < a:
                        continue
                    counts[place, 4] += high - low
                    q = low
                    while q < high:
                        earlier = day[p] if at[q] >= at[p] else day[q]
                        if coded == len(codes):
                            codes, code_place = _longer(codes), _longer(code_place)
                        codes[coded] = object_of[t] * days + earlier
                        code_place[coded] = place
                        coded += 1
                        # On to the first post of a later day; from p on the earlier post is p.
                        if at[q] >= at[p]:
                            break
                        this = day[q]
                        while q < high and day[q] == this and at[q] < at[p]:
                            q += 1
        kept = np.zeros(met, np.bool_)
        for place in range(met):
            place_of[partners[place]] = -1
            kept[place] = counts[place, 0] >= at_least
        of_kept = kept[code_place[:coded]]
        _distinct(codes[:coded][of_kept], code_place[:coded][of_kept], days, counts)
        for place in range(met):
            if kept[place]:
                if made == len(out_own):
                    out_own, out_other = _longer(out_own), _longer(out_other)
                    out = np.concatenate((out, np.empty_like(out)))
                out_own[made], out_other[made] = a, partners[place]
                out[made] = counts[place]
                made += 1
    return out_own[:made], out_other[:made], out[:made]
