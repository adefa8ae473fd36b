"""What of copied text took no part on Spark, counted: viral, worn and short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.spark.frames import Frames
from graph.engines.spark.text_posts import NumberedPosts
from graph.texts import LEFT_OUT, NAMED_VIRAL, Alike

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.table import Table


def left_out(
    frames: Frames, posts: NumberedPosts, viral: DataFrame, worn: DataFrame, alike: Alike
) -> Table:
    """Viral texts, the most shared by name and the rest as one row, worn and short (`LEFT_OUT`)."""
    engine = frames.engine
    named = frames.ask(
        _NAMED, {"most": NAMED_VIRAL}, viral=viral, facts=posts.facts, texts=posts.texts
    )
    # At most `NAMED_VIRAL` rows and three more.
    rows = named.toArrow().to_pylist()
    known = [row.pop("number") for row in rows]
    numbers = engine.session.createDataFrame(pa.table({"text": pa.array(known, pa.int64())}))
    short = frames.ask(
        "select text from {facts} where words < :least or words = 0",
        {"least": alike.at_least_words},
        facts=posts.facts,
    )
    together = [("worn", worn), ("short", short)]
    if len(rows) == NAMED_VIRAL:
        together.append(("viral-rest", viral.join(numbers, "text", "left_anti")))
    for bound, texts in together:
        row = frames.ask(_TOGETHER, texts=texts, facts=posts.facts, uses=posts.uses).first()
        assert row is not None
        if row["texts"]:
            rows.append({"bound": bound, "subject": "", **row.asDict()})
    return engine.from_arrow(pa.Table.from_pylist(rows, schema=LEFT_OUT.arrow), LEFT_OUT)


_NAMED = """
select 'viral' as bound, t.key as subject, 1L as texts, f.accounts, f.posts,
       f.posts * (f.posts - 1) div 2 as pairs, v.text as number
from {viral} v
join {facts} f on f.text = v.text
join {texts} t on t.text = v.text
order by f.accounts desc, t.key
limit :most
"""

_TOGETHER = """
select a.texts, b.accounts, a.posts, a.pairs
from (
    select count(*) as texts, coalesce(sum(f.posts), 0) as posts,
           coalesce(sum(f.posts * (f.posts - 1) div 2), 0) as pairs
    from {texts} t
    join {facts} f on f.text = t.text
) a
cross join (
    select count(distinct u.account) as accounts
    from {texts} t
    join {uses} u on u.text = t.text
) b
"""
