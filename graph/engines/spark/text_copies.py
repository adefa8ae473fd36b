"""From like texts on Spark to pairs of accounts: posts in parts, counts added up."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from graph.engines.spark.frames import Frames
from graph.engines.spark.text_posts import NumberedPosts
from graph.engines.spark.text_work import COUNTED, copies_in_part
from graph.schemas import EDGES
from graph.texts import Alike

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.table import Table


def text_edges(
    frames: Frames,
    posts: NumberedPosts,
    kept: DataFrame,
    like: DataFrame,
    alike: Alike,
    *,
    layer: str,
    most: int,
) -> Table:
    """The pairs of accounts with enough posts that match (`EDGES`).

    A part has the posts of some objects whole. An object of more than `most` posts makes several
    parts, each with some of its texts and the posts of all that are like these; days of such an
    object are named and counted apart.

    Args:
        frames: the work that this is part of.
        posts: what was posted.
        kept: the texts that take part: `text`, `object`, `posts`.
        like: the pairs of like texts.
        alike: when posts match.
        layer: the name that edges carry.
        most: posts that a part shall have.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    sizes = frames.ask("select object, sum(posts) as posts from {kept} group by object", kept=kept)
    total = sizes.selectExpr("coalesce(sum(posts), 0) as posts").first()
    assert total is not None
    values = {"most": most, "parts": max(1, -(-int(total["posts"]) // most))}
    placed = frames.keep(frames.ask(_PLACED, values, kept=kept, sizes=sizes))
    likes = frames.keep(frames.ask(_LIKES, placed=placed, like=like))
    held = frames.ask(_POSTS, likes=likes, posts=posts.posts)
    work = partial(copies_in_part, within=alike.within_ms)
    counted = frames.keep(
        likes.groupBy("big", "part")
        .cogroup(held.groupBy("of_big", "of_part"))
        .applyInArrow(work, from_arrow_schema(COUNTED))
    )
    bounds = {"layer": layer, "least": alike.at_least}
    edges = frames.ask(_EDGES, bounds, counted=counted, accounts=posts.accounts)
    return frames.engine.keep_frame(edges, EDGES)


_PLACED = """
select k.text, k.object,
       case when s.posts > :most then k.object else -1L end as big,
       case when s.posts > :most then k.text % cast(ceil(1.0D * s.posts / :most) as bigint)
            else k.object % :parts end as part
from {kept} k
join {sizes} s on s.object = k.object
"""

_LIKES = """
select big, part, text as one, text as near, object from {placed}
union all
select p.big, p.part, l.one, l.near, p.object
from {placed} p
join {like} l on l.one = p.text
"""

_POSTS = """
select n.big as of_big, n.part as of_part, p.text, p.account, p.acted_at
from (select distinct big, part, near from {likes}) n
join {posts} p on p.text = n.near
"""

_EDGES = """
with summed as (
    select least(one, other) as low, greatest(one, other) as high,
           least(sum(case when one < other then texts end),
                 sum(case when one > other then texts end)) as weight,
           sum(case when one < other then posts end) as src_count,
           sum(case when one > other then posts end) as dst_count,
           sum(case when one < other then objects end) as objects,
           sum(case when one < other then object_days end) as object_days,
           sum(case when one < other then post_pairs end) as post_pairs,
           min(first_at) as first_at, max(last_at) as last_at
    from {counted}
    where object is null
    group by least(one, other), greatest(one, other)
),
apart as (
    select one, other, count(distinct object) as objects, count(*) as object_days
    from (select distinct one, other, object, day from {counted} where object is not null) named
    group by one, other
)
select s.account as src, d.account as dst, :layer as layer, e.weight, e.src_count, e.dst_count,
       e.objects + coalesce(a.objects, 0) as objects,
       e.object_days + coalesce(a.object_days, 0) as object_days,
       e.post_pairs, e.first_at, e.last_at,
       cast(null as double) as expected, cast(null as double) as log10_p
from summed e
left join apart a on a.one = e.low and a.other = e.high
join {accounts} s on s.code = e.low
join {accounts} d on d.code = e.high
where e.src_count >= :least and e.dst_count >= :least
"""
