"""The posts behind copied-text edges: which words, whose, when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from builders.listed import listed
from builders.normal_text import spaced_words, text_key
from builders.wording import read_wording
from graph.model import Clustering, kernel
from graph.schema import Column, Schema
from graph.schemas import JOINT_ACTS
from graph.table import Table

_POSTS = Schema(
    "text_posts",
    (
        Column("account", "VARCHAR", "who posted"),
        Column("action", "VARCHAR", "what was done"),
        Column("content", "VARCHAR", "the post", nullable=True),
        Column("acted_at", "BIGINT", "when, ms"),
        Column("text", "VARCHAR", "its words"),
    ),
    key=("account", "acted_at", "content", "text"),
)
_KEYED = Schema(
    "keyed_texts",
    (
        Column("raw", "VARCHAR", "the words as posted"),
        Column("text", "VARCHAR", "the key of their normal text"),
    ),
    key=("raw",),
)
_LIKE = Schema(
    "like_texts",
    (
        Column("left", "VARCHAR", "the key of a text"),
        Column("right", "VARCHAR", "the key of a text like it"),
        Column("likeness", "DOUBLE", "shared / united words"),
    ),
    key=("left", "right"),
)

_INSIDE = """
select e.src, e.dst, s.cluster
from {edges} e
join {members} s on s.account = e.src
join {members} d on d.account = e.dst and d.cluster = s.cluster
where e.layer = $layer
"""

_POSTS_OF_CLUSTERS = f"""
select account, min(action) as action, content, min(acted_at) as acted_at, text
from {{interactions}}
where text <> ''
  and action not in (select name from {{ignored}})
  and account in (select src from ({_INSIDE}) i union select dst from ({_INSIDE}) i)
group by account, content, case when content is null then acted_at end, text
"""

_ACTS = f"""
with posts as (
    select p.account, p.action, p.content, p.acted_at, t.text, t.object
    from {{posts}} p
    join {{keyed}} k on k.raw = p.text
    join {{texts}} t on t.text = k.text
),
matches as (
    select i.src, i.dst, i.cluster, l.likeness, s.object,
           case when s.action = d.action then s.action
                else s.action || '/' || d.action end as action,
           s.content as src_content, d.content as dst_content,
           s.acted_at as src_at, d.acted_at as dst_at
    from ({_INSIDE}) i
    join posts s on s.account = i.src
    join {{like}} l on l."left" = s.text
    join posts d on d.account = i.dst and d.text = l."right"
    where $within_ms < 0 or abs(s.acted_at - d.acted_at) <= $within_ms
),
placed as (
    select *, row_number() over (
        partition by src, dst
        order by likeness desc, abs(src_at - dst_at), src_at, dst_at, object, action,
                 coalesce(src_content, ''), coalesce(dst_content, '')
    ) as place
    from matches
)
select src, dst, $layer as layer, cluster, action, 'text' as object_kind, object,
       src_content, dst_content, src_at, dst_at
from placed
where place <= $at_most
"""


def joint_text_acts(
    interactions: Table,
    edges: Table,
    clustering: Clustering,
    *,
    texts: Table,
    likeness: float = 0.8,
    at_least_words: int = 6,
    within_seconds: float | None = 86_400,
    ignored_actions: Sequence[str] = ("repost", "like"),
    at_most: int = 50,
    layer: str = "copied-text",
) -> Table:
    """The pairs of posts behind each copied-text edge inside a cluster (`JOINT_ACTS`).

    Of each edge the `at_most` pairs with the greatest likeness, the nearest in time first; the
    edge's `post_pairs` says how many there are in all. The object is the readable name of the texts
    that likeness joins, of kind `text`.

    Args:
        interactions: what the graph was built from.
        edges: `EDGES`; those of `layer` count.
        clustering: the clusters; edges between two of them are left out.
        texts: the `TEXTS` of the graph: viral texts are not in it and show nothing here either.
        likeness: as the graph was built, and so the other settings that it shares.
        at_least_words: as above.
        within_seconds: as above.
        ignored_actions: as above.
        at_most: pairs of posts shown for one edge.
        layer: the layer whose edges are shown.
    """
    engine = interactions.engine
    posts = engine.sql(
        _POSTS_OF_CLUSTERS,
        _POSTS,
        {"layer": layer},
        interactions=interactions,
        ignored=listed(engine, ignored_actions),
        edges=edges,
        members=clustering.members,
    )
    keyed, like = _like(posts, likeness=likeness, at_least_words=at_least_words)
    return engine.sql(
        _ACTS,
        JOINT_ACTS,
        {
            "layer": layer,
            "within_ms": -1 if within_seconds is None else round(within_seconds * 1000),
            "at_most": at_most,
        },
        posts=posts,
        keyed=keyed,
        texts=texts,
        like=like,
        edges=edges,
        members=clustering.members,
    )


def _like(posts: Table, *, likeness: float, at_least_words: int) -> tuple[Table, Table]:
    """The key of each wording, and which keys are alike (each is like itself)."""
    engine = posts.engine
    wording = read_wording(engine.arrow(posts))
    found = kernel(posts, "copied-texts")(
        pa.array([spaced_words(text) for text in wording.texts.to_pylist()], pa.string()),
        wording.text,
        wording.account,
        wording.acted_at,
        likeness=likeness,
        at_least_words=at_least_words,
        within_ms=-1,
        hub_accounts=len(wording.ids),
        at_least=1,
    )
    keys = pa.array([text_key(text) for text in wording.texts.to_pylist()], pa.string())
    itself = np.arange(len(keys))
    like = {
        "left": keys.take(pa.array(np.concatenate((itself, found.left)))),
        "right": keys.take(pa.array(np.concatenate((itself, found.right)))),
        "likeness": np.concatenate((np.ones(len(keys)), found.likeness)),
    }
    keyed = {"raw": wording.raws, "text": keys.take(pa.array(wording.text_of_raw))}
    return (
        engine.from_arrow(pa.table(keyed, schema=_KEYED.arrow), _KEYED),
        engine.from_arrow(pa.table(like, schema=_LIKE.arrow), _LIKE),
    )
