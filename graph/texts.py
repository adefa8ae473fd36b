"""Copied text as engines see it: how a text is read, and what they find among posts.

What makes two texts one is the builders' business; engines are given it as functions, which travel
to where the posts are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from graph.schema import Column, Schema
from graph.table import Table

TEXT_POSTS = Schema(
    "text_posts",
    (
        Column("account", "VARCHAR", "who posted"),
        Column("acted_at", "BIGINT", "when, ms"),
        Column("text", "VARCHAR", "the words as posted"),
    ),
    key=("account", "acted_at", "text"),
)
"""Posts, one row each."""

TEXTS = Schema(
    "texts",
    (
        Column("text", "VARCHAR", "the key of a normal text that takes part"),
        Column("object", "VARCHAR", "the readable name of all texts that likeness joins to it"),
        Column("words", "BIGINT", "its distinct words"),
        Column("posts", "BIGINT", "posts of this text"),
        Column("accounts", "BIGINT", "accounts that posted this text"),
        Column("object_accounts", "BIGINT", "accounts that posted any text of the object"),
    ),
    key=("text",),
)
"""Texts that two accounts or more posted, or posted the like of; viral texts are not among them."""

LEFT_OUT = Schema(
    "texts_left_out",
    (
        Column("bound", "VARCHAR", "`viral`, `viral-rest` (those not named), `worn` or `short`"),
        Column("subject", "VARCHAR", "the key of a viral text, else empty"),
        Column("texts", "BIGINT", "how many texts the row is about"),
        Column("accounts", "BIGINT", "accounts that posted them"),
        Column("posts", "BIGINT", "their posts"),
        Column("pairs", "BIGINT", "pairs of posts of one text"),
    ),
    key=("bound", "subject"),
)
"""What took no part: viral texts, the most shared by name and the rest as one row; short ones; and
worn ones, of which no retelling counts."""

KEYED_TEXTS = Schema(
    "keyed_texts",
    (
        Column("raw", "VARCHAR", "the words as posted"),
        Column("text", "VARCHAR", "the key of their normal text"),
    ),
    key=("raw",),
)

LIKE_TEXTS = Schema(
    "like_texts",
    (
        Column("left", "VARCHAR", "the key of a text"),
        Column("right", "VARCHAR", "the key of a text like it"),
        Column("likeness", "DOUBLE", "shared / united words"),
    ),
    key=("left", "right"),
)

NAMED_VIRAL = 1_000
"""Viral texts named one by one among what was left out; the rest of them make one row."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How texts are read: functions of a module's top level, so that they can be pickled.

    `normals`: what of each text decides whether two are one. `words`: a normal text's words with
    one space between them. `key`: the name of a text.
    """

    normals: Callable[[Sequence[str]], list[str]]
    words: Callable[[str], str]
    key: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """When posts match.

    `likeness`: the least shared / united words of like texts, in (0, 1]. `at_least_words`: texts
    with fewer distinct words take no part. `within_ms`: the most time between two posts that match;
    -1 for any. `hub_accounts`: a text that more accounts posted, or posted the like of, takes no
    part. `at_least`: own posts that must match, of each side. `retold`: the least share of what is
    rare in texts that are one text told with other words (`kernels.retold`), in (0, 1]; None where
    these are not asked for. What more accounts than `hub_accounts` retell is worn: only texts that
    are like it count.
    """

    likeness: float
    at_least_words: int
    within_ms: int
    hub_accounts: int
    at_least: int
    retold: float | None = None


@dataclass(frozen=True, slots=True)
class CopiedTexts:
    """Who copied whom (`EDGES`), the texts that join them (`TEXTS`), the others (`LEFT_OUT`).

    `retold` has the pairs of texts that match though their words are not like (`LIKE_TEXTS`):
    what is rare is told by all texts, and cannot be told again by some.
    """

    edges: Table
    texts: Table
    left_out: Table
    retold: Table
