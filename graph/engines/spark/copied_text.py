"""Copied text on Spark: the local engine's edges, with no more at once than a worker can hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from graph.engines.spark.frames import Frames
from graph.engines.spark.text_alone import copied_alone, like_alone
from graph.engines.spark.text_copies import text_edges
from graph.engines.spark.text_left_out import left_out
from graph.engines.spark.text_pairs import (
    like_pairs,
    met_pairs,
    objects_of,
    viral_texts,
    worn_texts,
)
from graph.engines.spark.text_posts import NumberedPosts, numbered_posts
from graph.table import Table
from graph.texts import KEYED_TEXTS, LIKE_TEXTS, TEXTS, Alike, CopiedTexts, Reading

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What one worker is given at once; settings of the session may say otherwise.

    `alone`: so many posts make one task that finds everything, as the local engine does; it holds
    some hundred megabytes (`spark.ringwatch.oneTaskPosts`). `sets`: distinct texts of a cell
    (`spark.ringwatch.cellTexts`). `posts`: posts of a part (`spark.ringwatch.partPosts`).
    """

    alone: int = 500_000
    sets: int = 100_000
    posts: int = 1_000_000


def sizes_for(engine: SparkEngine) -> Sizes:
    """The sizes that the session asks for."""
    usual, conf = Sizes(), engine.session.conf
    return Sizes(
        alone=int(conf.get("spark.ringwatch.oneTaskPosts", str(usual.alone)) or usual.alone),
        sets=int(conf.get("spark.ringwatch.cellTexts", str(usual.sets)) or usual.sets),
        posts=int(conf.get("spark.ringwatch.partPosts", str(usual.posts)) or usual.posts),
    )


def copied_texts(posts: Table, reading: Reading, alike: Alike, *, layer: str) -> CopiedTexts:
    """`graph.engines.copied_tables.copied_texts` of posts that Spark holds."""
    engine = cast("SparkEngine", posts.engine)
    sizes = sizes_for(engine)
    if engine.count(posts) <= sizes.alone:
        return CopiedTexts(*copied_alone(posts, reading, alike, layer))
    with Frames(engine) as frames:
        posted = numbered_posts(frames, engine.frame(posts), reading)
        met = met_pairs(frames, posted, alike, sets=sizes.sets)
        viral = viral_texts(frames, posted, met, alike)
        worn = worn_texts(frames, posted, met, viral, alike)
        like = like_pairs(frames, met, viral, worn)
        told = frames.ask(_RETOLD_KEYS, like=like, texts=posted.texts)
        values = {"least": alike.at_least_words}
        named = {"facts": posted.facts, "viral": viral, "objects": objects_of(frames, like)}
        kept = frames.keep(frames.ask(_KEPT, values, **named))
        return CopiedTexts(
            edges=text_edges(frames, posted, kept, like, alike, layer=layer, most=sizes.posts),
            texts=_texts(frames, posted, kept, reading),
            left_out=left_out(frames, posted, viral, worn, alike),
            retold=engine.keep_frame(told, LIKE_TEXTS),
        )


def like_texts(posts: Table, texts: Table, reading: Reading, alike: Alike) -> tuple[Table, Table]:
    """`graph.engines.copied_tables.like_texts` of posts that Spark holds."""
    engine = cast("SparkEngine", posts.engine)
    sizes = sizes_for(engine)
    if max(engine.count(posts), engine.count(texts)) <= sizes.alone:
        keyed, like = like_alone(posts, texts, reading, alike)
        return keyed, like
    with Frames(engine) as frames:
        posted = numbered_posts(
            frames, engine.frame(posts), reading, known=engine.frame(texts).select("text")
        )
        met = met_pairs(frames, posted, alike, sets=sizes.sets)
        keyed_texts = frames.ask(
            "select w.raw, t.key as text from {wordings} w join {texts} t on t.text = w.text",
            wordings=posted.wordings,
            texts=posted.texts,
        )
        pairs = frames.ask(_LIKE_KEYS, met=met, texts=posted.texts)
        return engine.keep_frame(keyed_texts, KEYED_TEXTS), engine.keep_frame(pairs, LIKE_TEXTS)


def _texts(frames: Frames, posted: NumberedPosts, kept: DataFrame, reading: Reading) -> Table:
    """The texts that could join accounts (`TEXTS`)."""
    rows = frames.ask(
        _TEXTS, kept=kept, texts=posted.texts, wordings=posted.wordings, uses=posted.uses
    )
    given = pa.schema([field.with_nullable(True) for field in TEXTS.arrow])
    work = partial(_named, reading=reading, made=given)
    return frames.engine.map_batches(rows, work, TEXTS)


def _named(
    batches: Iterator[pa.RecordBatch], *, reading: Reading, made: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Rows whose objects' names were wordings as posted."""
    for batch in batches:
        columns = {name: batch.column(name) for name in made.names}
        columns["object"] = [reading.key(raw) for raw in batch.column("object").to_pylist()]
        yield pa.RecordBatch.from_pydict(columns, schema=made)


_KEPT = """
select f.text, coalesce(o.object, f.text) as object, f.words, f.posts, f.accounts
from {facts} f
left anti join {viral} v on v.text = f.text
left join {objects} o on o.text = f.text
where f.words >= :least and f.words > 0 and (o.object is not null or f.accounts > 1)
"""

_TEXTS = """
with named as (
    select k.object, min(struct(-w.posts as often, w.raw as raw)).raw as raw
    from {kept} k
    join {wordings} w on w.text = k.text
    group by k.object
),
posters as (
    select k.object, count(distinct u.account) as accounts
    from {kept} k
    join {uses} u on u.text = k.text
    group by k.object
)
select t.key as text, n.raw as object, k.words, k.posts, k.accounts,
       p.accounts as object_accounts
from {kept} k
join {texts} t on t.text = k.text
join named n on n.object = k.object
join posters p on p.object = k.object
"""

_LIKE_KEYS = """
select t.key as "left", t.key as "right", 1.0D as likeness from {texts} t
union all
select a.key as "left", b.key as "right", m.likeness
from {met} m
join {texts} a on a.text = m.one
join {texts} b on b.text = m.near
"""

_RETOLD_KEYS = """
select a.key as "left", b.key as "right", l.likeness
from {like} l
join {texts} a on a.text = l.one
join {texts} b on b.text = l.near
where l.retold
"""
