"""Which texts are alike on Spark, which are viral, and which a chain of likeness joins."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from graph.engines.spark.alone import ONE_TASK_EDGES, SETTING
from graph.engines.spark.components import labelled
from graph.engines.spark.dense import DenseFrames
from graph.engines.spark.frames import Frames
from graph.engines.spark.text_cells import CELL, cells, ranked_words
from graph.engines.spark.text_posts import NumberedPosts
from graph.engines.spark.text_work import LABELS, MET, like_in_cell, objects_at_once
from graph.texts import Alike

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def met_pairs(frames: Frames, posts: NumberedPosts, alike: Alike, *, sets: int) -> DataFrame:
    """Every pair of like texts that could join two accounts (`text_work.MET`), both ways round.

    A text that has more posters than its bound in one cell gives what it has in the others, and a
    row without a second text.
    """
    ranked = ranked_words(frames, posts, alike)
    of = ranked.count()
    work = partial(like_in_cell, alike=alike, of=of)
    return frames.each_group(cells(frames, posts, ranked, alike, sets=sets, of=of), CELL, work, MET)


def viral_texts(frames: Frames, posts: NumberedPosts, met: DataFrame, alike: Alike) -> DataFrame:
    """The numbers (`text`) of texts that, with those like them, more accounts posted than may."""
    return _of_too_many(frames, posts, met.where("not retold"), alike)


def worn_texts(
    frames: Frames, posts: NumberedPosts, met: DataFrame, viral: DataFrame, alike: Alike
) -> DataFrame:
    """Of the other texts those that, with what retells them, more accounts posted than may."""
    if alike.retold is None:
        return viral.limit(0)
    worn = _of_too_many(frames, posts, met.where("retold"), alike)
    return frames.keep(worn.join(viral, "text", "left_anti"))


def _of_too_many(frames: Frames, posts: NumberedPosts, met: DataFrame, alike: Alike) -> DataFrame:
    values = {"hub": alike.hub_accounts, "least": alike.at_least_words}
    return frames.keep(
        frames.ask(_VIRAL, values, met=met, facts=posts.facts, uses=posts.uses).distinct()
    )


def like_pairs(frames: Frames, met: DataFrame, viral: DataFrame, worn: DataFrame) -> DataFrame:
    """The pairs (`one`, `near`, `likeness`) of texts that are not viral.

    `retold` where they are one text told with other words, neither of them worn.
    """
    return frames.keep(frames.ask(_LIKE, met=met, viral=viral, worn=worn))


def objects_of(frames: Frames, like: DataFrame) -> DataFrame:
    """Of each text with one like it (`text`) its `object`: the least text that a chain reaches."""
    engine = frames.engine
    most = int(engine.session.conf.get(SETTING, str(ONE_TASK_EDGES)) or ONE_TASK_EDGES)
    if like.count() <= most:
        ends = like.select("one", "near").coalesce(1)
        return frames.keep(engine.worked(ends, objects_at_once, LABELS))
    ids = frames.keep(frames.ask("select distinct one as code from {like}", like=like))
    edges = frames.keep(
        frames.ask("select one as src, near as dst from {like} where one < near", like=like)
    )
    given = DenseFrames(engine, ids, edges, ids.count(), directed=False)
    with labelled(given, edges) as labels:
        named = frames.ask("select code as text, label as object from {labels}", labels=labels)
        return frames.keep(named)


# A text's posters are those of it and of all like it. Where even their sum keeps the bound, there
# is nothing to tell apart; a text that is viral in one cell is not asked for again.
_VIRAL = """
with unsure as (
    select m.one
    from {met} m
    join {facts} f on f.text = m.one
    where f.accounts <= :hub
    group by m.one
    having count(*) = count(m.near) and max(f.accounts) + sum(m.accounts) > :hub
),
posted as (
    select u.one, m.near from unsure u join {met} m on m.one = u.one
    union all
    select one, one from unsure
),
posters as (
    select distinct p.one, u.account from posted p join {uses} u on u.text = p.near
)
select one as text from {met} where near is null
union all
select text from {facts} where accounts > :hub and words >= :least and words > 0
union all
select one from posters group by one having count(*) > :hub
"""

_LIKE = """
with left_in as (
    select m.*
    from {met} m
    left anti join {viral} v on v.text = m.one
    left anti join {viral} w on w.text = m.near
    where m.near is not null
)
select one, near, likeness, retold from left_in where not retold
union all
select t.one, t.near, t.likeness, t.retold
from left_in t
left anti join {worn} v on v.text = t.one
left anti join {worn} w on w.text = t.near
left anti join (select one, near from left_in where not retold) l
    on l.one = t.one and l.near = t.near
where t.retold
"""
