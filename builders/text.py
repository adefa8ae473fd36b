"""Accounts that post the same words: copied comments, whatever they were written under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from builders.listed import listed
from builders.wording import READING, ignored_bounds, left_out_bounds
from graph.model import InteractionGraph, kernel
from graph.schemas import BOUNDS
from graph.table import Table
from graph.texts import TEXT_POSTS, Alike


@dataclass(frozen=True, slots=True)
class TextGraph:
    """Accounts joined by copied text, what was left out, and the texts that join them (`TEXTS`).

    `retold` has the pairs of texts (`LIKE_TEXTS`) that are one text told with other words.
    """

    graph: InteractionGraph
    bounds: Table
    texts: Table
    retold: Table


_POSTS = """
select account, text, min(acted_at) as acted_at
from {interactions}
where text <> ''
  and action not in (select name from {ignored})
group by account, content, case when content is null then acted_at end, text
"""

_IGNORED = """
select action, count(distinct account) as accounts, count(*) as interactions
from {interactions}
where text <> ''
  and action in (select name from {ignored})
group by action
order by action
"""


def copied_text_graph(
    interactions: Table,
    *,
    likeness: float = 0.8,
    at_least_words: int = 6,
    within_seconds: float | None = 86_400,
    at_least: int = 2,
    hub_accounts: int = 1_000,
    ignored_actions: Sequence[str] = ("repost", "like"),
    retold: float | None = None,
    layer: str = "copied-text",
) -> TextGraph:
    """Join accounts that posted nearly the same words, on whatever objects they posted them.

    Texts are compared in their normal form (`builders.normal_text`): two are alike when the words
    they share are at least `likeness` of the words they have together (Jaccard of word sets).
    With `retold`, texts are alike too that share as much of what is rare in them, and more than
    chance gives any two texts of the extract (`graph.engines.kernels.retold`).
    Every such pair of texts is found. Two posts match when their accounts differ, their texts are
    alike and at most `within_seconds` lies between them.

    An edge's `weight` is how many distinct own texts of the side with fewer match;
    `src_count` and `dst_count` are own posts that match, `objects` distinct objects (all texts that
    a chain of likeness joins are one object), `post_pairs` matching pairs of posts.

    Args:
        interactions: `INTERACTIONS`; only rows with `text` count. Rows of one account with one
            `content` and text are one post; without `content`, rows of one time and text are.
        likeness: the least likeness of two texts, in (0, 1].
        at_least_words: texts with fewer distinct words (greetings, emoji) join nobody.
        within_seconds: the most time between two posts that match, inclusive; None for any.
        at_least: how many own posts must match, of each side.
        hub_accounts: a text is viral, and joins nobody, when more accounts posted it or texts like
            it that could match within the window.
        ignored_actions: actions whose text is somebody else's by nature.
        retold: the least share of what is rare in two texts, in (0, 1], at which they are one text
            told with other words; None for no such texts.
        layer: the name of this way of being joined.

    Raises:
        ValueError: a setting is out of its range.
        NotOnThisEngine: the engine has no `copied-texts` kernel.
    """
    _refuse(likeness, at_least_words, within_seconds, at_least, hub_accounts)
    if retold is not None and not 0 < retold <= 1:
        message = f"retold is a share of what is rare in (0, 1], not {retold}; None for none"
        raise ValueError(message)
    engine = interactions.engine
    ignored = listed(engine, ignored_actions)
    posts = engine.sql(_POSTS, TEXT_POSTS, interactions=interactions, ignored=ignored)
    alike = Alike(
        likeness=likeness,
        at_least_words=at_least_words,
        within_ms=-1 if within_seconds is None else round(within_seconds * 1000),
        hub_accounts=hub_accounts,
        at_least=at_least,
        retold=retold,
    )
    found = kernel(interactions, "copied-texts")(posts, READING, alike, layer=layer)
    unread = engine.query(_IGNORED, interactions=interactions, ignored=ignored)
    bounds = [
        *left_out_bounds(
            found.left_out.arrow(),
            layer=layer,
            hub_accounts=hub_accounts,
            at_least_words=at_least_words,
        ),
        *ignored_bounds(unread, layer=layer),
    ]
    for done in (posts, ignored, found.left_out):
        engine.drop(done)
    return TextGraph(
        graph=InteractionGraph(found.edges),
        bounds=engine.from_arrow(pa.Table.from_pylist(bounds, BOUNDS.arrow), BOUNDS),
        texts=found.texts,
        retold=found.retold,
    )


def _refuse(
    likeness: float,
    at_least_words: int,
    within_seconds: float | None,
    at_least: int,
    hub_accounts: int,
) -> None:
    if not 0 < likeness <= 1:
        message = f"likeness is a share of words in (0, 1], not {likeness}"
        raise ValueError(message)
    if within_seconds is not None and within_seconds < 0:
        message = f"within_seconds is a length of time, not {within_seconds}; None sets no limit"
        raise ValueError(message)
    for name, value, least in (
        ("at_least_words", at_least_words, 1),
        ("at_least", at_least, 1),
        ("hub_accounts", hub_accounts, 2),
    ):
        if value < least:
            message = f"{name} is a count from {least} up, not {value}"
            raise ValueError(message)
