"""Posts as numbers: accounts by id, texts by their normal form, read in the workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from graph.engines.spark.frames import Frames
from graph.texts import Reading

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_READ = pa.schema(
    [("raw", pa.string()), ("posts", pa.int64()), ("normal", pa.string()), ("key", pa.string())]
)
_WORDS = pa.schema([("text", pa.int64()), ("words", pa.list_(pa.string()))])


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPosts:
    """Posts by the numbers of accounts (in the order of ids) and of texts.

    `accounts`: `account` (its id) and `code`. `texts`: `text` (its number), `key`. `wordings`:
    `raw`, how many `posts` have it, its `text`. `posts`: `text`, `account`, `acted_at`. `uses`: of
    each text and account `posts`, `first_at`, `last_at`. `words`: of each text its distinct
    `words`. `facts`: of each text `words` (how many), `posts`, `accounts`, `first_at`, `last_at`.
    """

    accounts: DataFrame
    texts: DataFrame
    wordings: DataFrame
    posts: DataFrame
    uses: DataFrame
    words: DataFrame
    facts: DataFrame


def numbered_posts(
    frames: Frames, posts: DataFrame, reading: Reading, *, known: DataFrame | None = None
) -> NumberedPosts:
    """Posts (`account`, `acted_at`, `text`) as numbers; of `known` keys (`text`) alone, if given.

    Each distinct wording is read once. Words cross no line but to the workers and back.
    """
    engine = frames.engine
    counted = frames.ask(
        "select text as raw, count(*) as posts from {posts} group by text", posts=posts
    )
    read = engine.worked(counted, partial(_read, reading=reading), _READ)
    if known is not None:
        read = frames.ask(
            "select * from {read} r left semi join {known} k on k.text = r.key",
            read=read,
            known=known,
        )
    read = frames.keep(read)
    normals = frames.ask("select distinct normal, key from {read}", read=read)
    texts = frames.number(normals, ["normal"], name="text")
    ids = frames.ask("select distinct account from {posts}", posts=posts)
    accounts = frames.number(ids, ["account"], name="code")
    wordings = frames.keep(
        frames.ask(
            "select r.raw, r.posts, t.text from {read} r join {texts} t on t.normal = r.normal",
            read=read,
            texts=texts,
        )
    )
    coded = frames.keep(
        frames.ask(
            """
            select w.text, a.code as account, p.acted_at
            from {posts} p
            join {wordings} w on w.raw = p.text
            join {accounts} a on a.account = p.account
            """,
            posts=posts,
            wordings=wordings,
            accounts=accounts,
        )
    )
    uses = frames.keep(frames.ask(_USES, posts=coded))
    words = frames.keep(engine.worked(texts, partial(_cut, reading=reading), _WORDS))
    return NumberedPosts(
        accounts=accounts,
        texts=texts.select("text", "key"),
        wordings=wordings,
        posts=coded,
        uses=uses,
        words=words,
        facts=frames.keep(frames.ask(_FACTS, uses=uses, words=words)),
    )


_USES = """
select text, account, count(*) as posts, min(acted_at) as first_at, max(acted_at) as last_at
from {posts}
group by text, account
"""

_FACTS = """
select u.text, cast(size(w.words) as bigint) as words, u.posts, u.accounts, u.first_at, u.last_at
from (
    select text, sum(posts) as posts, count(*) as accounts,
           min(first_at) as first_at, max(last_at) as last_at
    from {uses}
    group by text
) u
join {words} w on w.text = u.text
"""


def _read(batches: Iterator[pa.RecordBatch], *, reading: Reading) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        raws = batch.column("raw").to_pylist()
        normals = reading.normals(raws)
        keys = [reading.key(normal) for normal in normals]
        yield pa.RecordBatch.from_pydict(
            {"raw": raws, "posts": batch.column("posts"), "normal": normals, "key": keys},
            schema=_READ,
        )


def _cut(batches: Iterator[pa.RecordBatch], *, reading: Reading) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        normals = batch.column("normal").to_pylist()
        words = [sorted({*reading.words(normal).split(" ")} - {""}) for normal in normals]
        yield pa.RecordBatch.from_pydict(
            {"text": batch.column("text"), "words": words}, schema=_WORDS
        )
