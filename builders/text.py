"""Accounts that post the same words: copied comments, whatever they were written under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from builders.listed import listed
from builders.normal_text import spaced_words
from builders.wording import (
    TEXTS,
    ignored_bound,
    joining_texts,
    read_wording,
    short_bound,
    viral_bounds,
)
from graph.model import InteractionGraph, kernel
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TextGraph:
    """Accounts joined by copied text, what was left out, and the texts that join them (`TEXTS`)."""

    graph: InteractionGraph
    bounds: Table
    texts: Table


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
    layer: str = "copied-text",
) -> TextGraph:
    """Join accounts that posted nearly the same words, on whatever objects they posted them.

    Texts are compared in their normal form (`builders.normal_text`): two are alike when the words
    they share are at least `likeness` of the words they have together (Jaccard of word sets).
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
        layer: the name of this way of being joined.

    Raises:
        ValueError: a setting is out of its range.
        NotOnThisEngine: the engine has no `copied-texts` kernel.
    """
    _refuse(likeness, at_least_words, within_seconds, at_least, hub_accounts)
    engine = interactions.engine
    ignored = listed(engine, ignored_actions)
    wording = read_wording(engine.query(_POSTS, interactions=interactions, ignored=ignored))
    found = kernel(interactions, "copied-texts")(
        pa.array([spaced_words(text) for text in wording.texts.to_pylist()], pa.string()),
        wording.text,
        wording.account,
        wording.acted_at,
        likeness=likeness,
        at_least_words=at_least_words,
        within_ms=-1 if within_seconds is None else round(within_seconds * 1000),
        hub_accounts=hub_accounts,
        at_least=at_least,
    )
    unread = engine.query(_IGNORED, interactions=interactions, ignored=ignored)
    bounds = [
        *viral_bounds(wording, found.viral, layer=layer, hub_accounts=hub_accounts),
        *short_bound(wording, found.short, layer=layer, at_least_words=at_least_words),
        *(ignored_bound(row, layer=layer) for row in unread.to_pylist()),
    ]
    edges = _edges(wording.ids, found.own, found.other, found.counts, layer)
    return TextGraph(
        graph=InteractionGraph(engine.from_arrow(edges, EDGES)),
        bounds=engine.from_arrow(pa.Table.from_pylist(bounds, BOUNDS.arrow), BOUNDS),
        texts=engine.from_arrow(joining_texts(wording, found), TEXTS),
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


def _edges(
    ids: pa.StringArray, own: Ints, other: Ints, counts: dict[str, Ints], layer: str
) -> pa.Table:
    """The pairs that both sides' counts allow, as `EDGES`."""
    pair = np.minimum(own, other) * len(ids) + np.maximum(own, other)
    lesser, greater = np.flatnonzero(own < other), np.flatnonzero(own > other)
    _, at_src, at_dst = np.intersect1d(
        pair[lesser], pair[greater], assume_unique=True, return_indices=True
    )
    src, dst = lesser[at_src], greater[at_dst]
    nothing = pa.nulls(len(src), pa.float64())
    return pa.table(
        {
            "src": ids.take(pa.array(own[src])),
            "dst": ids.take(pa.array(own[dst])),
            "layer": pa.repeat(pa.scalar(layer, pa.string()), len(src)),
            "weight": np.minimum(counts["texts"][src], counts["texts"][dst]).astype(float),
            "src_count": counts["posts"][src],
            "dst_count": counts["posts"][dst],
            "objects": counts["objects"][src],
            "object_days": counts["object_days"][src],
            "post_pairs": counts["post_pairs"][src],
            "first_at": counts["first_at"][src],
            "last_at": counts["last_at"][src],
            "expected": nothing,
            "log10_p": nothing,
        },
        schema=EDGES.arrow,
    )
