"""The posts behind copied-text edges: which words, whose, when."""

from __future__ import annotations

from collections.abc import Sequence

from builders.listed import listed
from builders.wording import READING
from graph.model import Clustering, kernel
from graph.schema import Column, Schema
from graph.schemas import JOINT_ACTS
from graph.table import Table
from graph.texts import LIKE_TEXTS, Alike

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
_ANY_NUMBER = 2**62
"""No text of `TEXTS` is viral."""

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
    retold: Table | None = None,
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
        retold: the `LIKE_TEXTS` of the graph: pairs of texts that are alike though their words are
            not; None where it was built without.
        likeness: as the graph was built, and so the other settings that it shares.
        at_least_words: as above.
        within_seconds: as above.
        ignored_actions: as above.
        at_most: pairs of posts shown for one edge.
        layer: the layer whose edges are shown.
    """
    engine = interactions.engine
    ignored = listed(engine, ignored_actions)
    posts = engine.sql(
        _POSTS_OF_CLUSTERS,
        _POSTS,
        {"layer": layer},
        interactions=interactions,
        ignored=ignored,
        edges=edges,
        members=clustering.members,
    )
    alike = Alike(
        likeness=likeness,
        at_least_words=at_least_words,
        within_ms=-1 if within_seconds is None else round(within_seconds * 1000),
        hub_accounts=_ANY_NUMBER,
        at_least=1,
    )
    keyed, like = kernel(posts, "like-texts")(posts, texts, READING, alike)
    if retold is not None:
        both = "select * from {like} union all select * from {retold}"
        like = engine.sql(both, LIKE_TEXTS, like=like, retold=retold)
    shown = engine.sql(
        _ACTS,
        JOINT_ACTS,
        {"layer": layer, "within_ms": alike.within_ms, "at_most": at_most},
        posts=posts,
        keyed=keyed,
        texts=texts,
        like=like,
        edges=edges,
        members=clustering.members,
    )
    for done in (posts, ignored, keyed, like):
        engine.drop(done)
    return shown
