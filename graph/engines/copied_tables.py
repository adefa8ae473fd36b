"""The local way from a table of posts to who copied whom: everything in arrays of this process."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.copied_text import Alikes, Found, find_alikes, find_copies
from graph.engines.wording import joining_texts, read_wording, texts_left_out
from graph.schemas import EDGES
from graph.table import Table
from graph.texts import (
    KEYED_TEXTS,
    LEFT_OUT,
    LIKE_TEXTS,
    TEXTS,
    Alike,
    CopiedTexts,
    Reading,
)

# In no order: `Table.arrow` would sort the words of all posts.
_POSTS = "select account, acted_at, text from {posts}"


def copied_texts(posts: Table, reading: Reading, alike: Alike, *, layer: str) -> CopiedTexts:
    """Pairs of accounts with posts of like words; see `builders.text` for the meaning.

    Args:
        posts: `TEXT_POSTS`.
        reading: how texts are read.
        alike: when posts match.
        layer: the name that edges carry.
    """
    engine = posts.engine
    edges, texts, left_out, retold = copies_among(
        engine.query(_POSTS, posts=posts), reading=reading, alike=alike, layer=layer
    )
    return CopiedTexts(
        edges=engine.from_arrow(edges, EDGES),
        texts=engine.from_arrow(texts, TEXTS),
        left_out=engine.from_arrow(left_out, LEFT_OUT),
        retold=engine.from_arrow(retold, LIKE_TEXTS),
    )


def like_texts(posts: Table, texts: Table, reading: Reading, alike: Alike) -> tuple[Table, Table]:
    """Wordings with the keys of their texts, and which of these are alike (each is like itself).

    Args:
        posts: those of `TEXT_POSTS` columns, and perhaps others.
        texts: `TEXTS`; only what is in it is looked at.
        reading: how texts are read.
        alike: when posts match; nothing is viral here, and nothing retold.

    Returns:
        `KEYED_TEXTS` and `LIKE_TEXTS`.
    """
    engine = posts.engine
    known = engine.query("select text from {texts}", texts=texts)["text"]
    keyed, like = likenesses_among(
        engine.query(_POSTS, posts=posts), known, reading=reading, alike=alike
    )
    return engine.from_arrow(keyed, KEYED_TEXTS), engine.from_arrow(like, LIKE_TEXTS)


def copies_among(
    posts: pa.Table, *, reading: Reading, alike: Alike, layer: str
) -> tuple[pa.Table, pa.Table, pa.Table, pa.Table]:
    """`EDGES`, `TEXTS`, `LEFT_OUT` and the retold `LIKE_TEXTS` of posts at hand.

    Their columns are `account`, `acted_at` and `text`.
    """
    wording = read_wording(posts, reading)
    words = _words(wording.texts, reading)
    found = find_copies(words, wording.text, wording.account, wording.acted_at, alike)
    return (
        _edges(wording.ids, found, layer),
        joining_texts(wording, found, reading),
        texts_left_out(wording, found, reading),
        _retold(wording.texts, found.alikes, reading),
    )


def likenesses_among(
    posts: pa.Table, known: pa.ChunkedArray, *, reading: Reading, alike: Alike
) -> tuple[pa.Table, pa.Table]:
    """`KEYED_TEXTS` and `LIKE_TEXTS` of posts at hand, of those texts whose keys are known."""
    wording = read_wording(posts, reading)
    keys = _keys(wording.texts, reading)
    kept = pc.is_in(keys, value_set=known).to_numpy(zero_copy_only=False)
    number = np.cumsum(kept) - 1
    of_kept = kept[wording.text]
    found = find_alikes(
        _words(wording.texts.filter(pa.array(kept)), reading),
        number[wording.text[of_kept]],
        wording.account[of_kept],
        wording.acted_at[of_kept],
        alike,
    )
    raws = kept[wording.text_of_raw]
    keyed = {
        "raw": wording.raws.filter(pa.array(raws)),
        "text": keys.take(pa.array(wording.text_of_raw[raws])),
    }
    return (
        pa.table(keyed, schema=KEYED_TEXTS.arrow),
        _likenesses(keys.filter(pa.array(kept)), found),
    )


def _words(texts: pa.StringArray, reading: Reading) -> pa.StringArray:
    return pa.array([reading.words(text) for text in texts.to_pylist()], pa.string())


def _keys(texts: pa.StringArray, reading: Reading) -> pa.StringArray:
    return pa.array([reading.key(text) for text in texts.to_pylist()], pa.string())


def _likenesses(keys: pa.StringArray, found: Alikes) -> pa.Table:
    itself = np.arange(len(keys))
    return pa.table(
        {
            "left": keys.take(pa.array(np.concatenate((itself, found.left)))),
            "right": keys.take(pa.array(np.concatenate((itself, found.right)))),
            "likeness": np.concatenate((np.ones(len(keys)), found.likeness)),
        },
        schema=LIKE_TEXTS.arrow,
    )


def _retold(texts: pa.StringArray, found: Alikes, reading: Reading) -> pa.Table:
    told = found.left[found.retold :], found.right[found.retold :], found.likeness[found.retold :]
    left, right = (_keys(texts.take(pa.array(ends)), reading) for ends in told[:2])
    return pa.table({"left": left, "right": right, "likeness": told[2]}, schema=LIKE_TEXTS.arrow)


def _edges(ids: pa.StringArray, found: Found, layer: str) -> pa.Table:
    """The pairs that both sides' counts allow, as `EDGES`."""
    own, other, counts = found.own, found.other, found.counts
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
