"""Accounts that posted like texts within a window: from pairs of texts to pairs of accounts.

A text posted ten thousand times is one text here: the work for a post grows with the accounts that
posted texts like its own, not with their posts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from graph.engines.kernels.distinct import sorted_distinct

Ints = npt.NDArray[np.int64]

PostArrays = tuple[Ints, Ints, Ints, Ints, Ints]
LikeArrays = tuple[Ints, Ints, Ints]
Book = tuple[Ints, Ints]
Marks = tuple[Ints, int]

COUNTS = ("posts", "texts", "objects", "object_days", "post_pairs", "first_at", "last_at")
POSTS, TEXTS, OBJECTS, OBJECT_DAYS, POST_PAIRS, FIRST_AT, LAST_AT = range(7)


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
    `texts` of those. Of both sides alike: `post_pairs`, and (only filled in where own < other)
    `objects` and `object_days` (object and day of the earlier post). `first_at` and `last_at` are
    of the posts of both that match. Pairs with fewer than `at_least` own posts are left out.

    Returns:
        Numbers of own and other, and the counts by name (`COUNTS`).
    """
    pairs, counts, noted = matches(posts, like, accounts=accounts, within=within, at_least=at_least)
    _count_distinct(counts, noted, _days(posts))
    return pairs[:, 0], pairs[:, 1], {name: counts[:, n] for n, name in enumerate(COUNTS)}


def matches(
    posts: Posts, like: LikeTexts, *, accounts: int, within: int, at_least: int
) -> tuple[Ints, Ints, Ints]:
    """As `copies`, with objects and days named and not counted: for the rest to be added elsewhere.

    A text without like texts has posts that others match, and itself matches none.

    Returns:
        Ordered pairs; the counts of each (`COUNTS`), `objects` and `object_days` being 0; rows of
        a pair's place and object * days + day, where `days` is how many there are and `day` as in
        `posts`. Rows may come more than once.
    """
    text_of = np.repeat(np.arange(len(posts.starts) - 1), np.diff(posts.starts))
    # An account's posts object by object and text by text, so that distinct ones are counted by
    # looking at the last one only.
    order = np.lexsort((posts.at, text_of, like.object[text_of], posts.account))
    ends = np.searchsorted(posts.account[order], np.arange(accounts + 1))
    pairs, counts, noted = _copies(
        order,
        ends,
        (posts.starts, posts.account, posts.at, posts.day, text_of),
        (like.starts, like.texts, like.object),
        _days(posts),
        within,
        at_least,
    )
    return pairs, counts, noted


def _days(posts: Posts) -> int:
    return int(posts.day.max(initial=0)) + 1


def _count_distinct(counts: Ints, noted: Ints, days: int) -> None:
    """Fill in each pair's distinct objects and (object, day), noted as object * days + day."""
    most = int(noted[:, 1].max(initial=0)) + 1
    object_days = sorted_distinct(noted[:, 0] * most + noted[:, 1])
    pair, code = object_days // most, object_days % most
    counts[:, OBJECT_DAYS] = np.bincount(pair, minlength=len(counts))
    first = np.ones(len(pair), np.bool_)
    first[1:] = (pair[1:] != pair[:-1]) | (code[1:] // days != code[:-1] // days)
    counts[:, OBJECTS] = np.bincount(pair[first], minlength=len(counts))


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
def _count_match(book: Book, b: int, p: int, t: int, at: Ints, low: int, high: int) -> None:
    """Note that post `p` with text `t` matches the posts of `b` from `low` to `high`."""
    counts, last = book
    if last[b, 0] != p:
        counts[b, POSTS] += 1
    if last[b, 1] != t:
        counts[b, TEXTS] += 1
    last[b, 0], last[b, 1] = p, t
    counts[b, POST_PAIRS] += high - low
    counts[b, FIRST_AT] = min(counts[b, FIRST_AT], at[p], at[low])
    counts[b, LAST_AT] = max(counts[b, LAST_AT], at[p], at[high - 1])


@numba.njit(cache=True)
def _note_days(
    marks: Marks, book: Book, b: int, p: int, code: int, at: Ints, day: Ints, low: int, high: int
) -> Marks:
    """Note each day of the earlier post, when post `p` meets those from `low` to `high`.

    `code` is the object's, on day 0. What was noted just before is not noted again.
    """
    noted, used = marks
    last = book[1]
    q = low
    while q < high:
        this = day[q]
        object_day = code + min(this, day[p])
        if last[b, 3] != object_day:
            if used == len(noted):
                noted = _longer(noted)
            noted[used, 0], noted[used, 1] = b, object_day
            last[b, 3] = object_day
            used += 1
        # From `p` on the earlier post is `p` itself; before it, on to the next day's first post.
        if at[q] >= at[p]:
            break
        while q < high and day[q] == this and at[q] < at[p]:
            q += 1
    return noted, used


@numba.njit(cache=True)
def _match_account(
    a: int, owned: Ints, posts: PostArrays, like: LikeArrays, days: int, within: int, book: Book
) -> tuple[Ints, Ints]:
    """Match all posts of account `a`, given in order; its partners, and the days to count."""
    starts, account, at, day, text_of = posts
    like_starts, like_texts, object_of = like
    counts, last = book
    partners, met = np.empty(16, np.int64), 0
    marks = (np.empty((16, 2), np.int64), 0)
    for p in owned:
        t = text_of[p]
        for near in like_texts[like_starts[t] : like_starts[t + 1]]:
            run = starts[near]
            while run < starts[near + 1]:
                b, low = account[run], run
                run = high = _end_of_account(account, run, starts[near + 1])
                if b == a:
                    continue
                if within >= 0:
                    low = _first_from(at, low, high, at[p] - within)
                    high = _first_from(at, low, high, at[p] + within + 1)
                if low == high:
                    continue
                if last[b, 2] != a:
                    if met == len(partners):
                        partners = _longer(partners)
                    partners[met] = b
                    met += 1
                    last[b, 0] = last[b, 1] = last[b, 3] = -1
                    last[b, 2] = a
                    counts[b] = 0
                    counts[b, FIRST_AT] = counts[b, LAST_AT] = at[p]
                _count_match(book, b, p, t, at, low, high)
                if a < b:
                    code = object_of[t] * days
                    marks = _note_days(marks, book, b, p, code, at, day, low, high)
    return partners[:met], marks[0][: marks[1]]


@numba.njit(cache=True)
def _copies(
    order: Ints,
    ends: Ints,
    posts: PostArrays,
    like: LikeArrays,
    days: int,
    within: int,
    at_least: int,
) -> tuple[Ints, Ints, Ints]:
    accounts = len(ends) - 1
    # By partner: its counts, and the last own post, own text, account and object day noted.
    book = np.zeros((accounts, len(COUNTS)), np.int64), np.full((accounts, 4), -1, np.int64)
    counts, last = book
    pairs, made = np.empty((64, 2), np.int64), 0
    counted = np.empty((64, len(COUNTS)), np.int64)
    all_noted, used = np.empty((64, 2), np.int64), 0
    for a in range(accounts):
        owned = order[ends[a] : ends[a + 1]]
        partners, noted = _match_account(a, owned, posts, like, days, within, book)
        for b in partners:
            if counts[b, POSTS] < at_least:
                continue
            if made == len(pairs):
                pairs, counted = _longer(pairs), _longer(counted)
            pairs[made, 0], pairs[made, 1] = a, b
            counted[made] = counts[b]
            last[b, 0] = made
            made += 1
        for n in range(len(noted)):
            b = noted[n, 0]
            if counts[b, POSTS] < at_least:
                continue
            if used == len(all_noted):
                all_noted = _longer(all_noted)
            all_noted[used, 0], all_noted[used, 1] = last[b, 0], noted[n, 1]
            used += 1
    return pairs[:made], counted[:made], all_noted[:used]
