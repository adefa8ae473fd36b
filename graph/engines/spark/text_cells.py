"""Where on Spark word sets meet to be compared: in cells that one worker can hold.

Every pair of like sets shares its rarest shared word, and that word is among the rarest few of both
(`kernels.prefixes`). A pair that is one text retold shares its rarest shared word
among those behind which enough bits remain (`kernels.retold`).
So a set is sent where each of these words is at home: most words share a
cell with others; a word of very many sets has cells of its own, one for each two of the blocks into
which its sets fall. A pair may meet in several cells and counts where its rarest shared word is.

Source: Vernica, Carey and Li 2010, Efficient Parallel Set-Similarity Joins Using MapReduce.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from graph.engines.kernels.retold import meeting_words
from graph.engines.spark.frames import Frames
from graph.engines.spark.text_posts import NumberedPosts
from graph.engines.spark.text_sets import sets_of
from graph.texts import Alike

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CELL = ("hot", "i", "j")
"""The columns that name a cell: a word of many sets and two blocks of these, or -1 and a number."""


_PLACES = pa.schema([("text", pa.int64()), ("word", pa.int64())])


def cells(
    frames: Frames, posts: NumberedPosts, ranked: DataFrame, alike: Alike, *, sets: int, of: int
) -> DataFrame:
    """A row for each set and cell in which it meets others: `CELL`, `text`, its `words`.

    Further, `found_in`: how many texts hold each word; `here`: the words for which it is in this
    cell; `side`: where 1 and 2 stand in a cell, pairs count that have one of each; `accounts` (no
    more than make a text viral) that posted it, `first_at`, `last_at`.

    Args:
        frames: the work that this is part of.
        posts: what was posted.
        ranked: `ranked_words` of these.
        alike: when texts are alike.
        sets: how many sets a cell may hold.
        of: how many sets there are.
    """
    prefixes = frames.ask(_PREFIXES, {"likeness": alike.likeness}, ranked=ranked)
    if alike.retold is not None:
        work = partial(_places, likeness=alike.retold, of=of)
        rare = frames.engine.worked(ranked, work, _PLACES)
        prefixes = frames.keep(
            frames.ask(
                "select * from {prefixes} union select * from {rare}", prefixes=prefixes, rare=rare
            )
        )
    # Words of one set are no meeting places; of rare words most are of that kind.
    met = frames.keep(frames.ask(_MET, prefixes=prefixes))
    cold = met.where(f"sets <= {sets}").selectExpr("coalesce(sum(sets), 0) as sets").first()
    assert cold is not None
    buckets = max(1, -(-int(cold["sets"]) // sets))
    values = {"most": sets, "buckets": buckets}
    held = frames.ask(_HELD, values, prefixes=prefixes, met=met)
    posters = frames.ask(_POSTERS, {"most": alike.hub_accounts + 1}, uses=posts.uses)
    return frames.ask(_ROWS, held=held, ranked=ranked, posters=posters, facts=posts.facts)


def ranked_words(frames: Frames, posts: NumberedPosts, alike: Alike) -> DataFrame:
    """Of each text with enough words its `words` as numbers, the rarest first, and `found_in`."""
    spelled = frames.ask(
        "select text, explode(words) as word from {words} where size(words) >= :least",
        {"least": alike.at_least_words},
        words=posts.words,
    )
    counted = frames.ask(
        "select word, count(*) as sets from {spelled} group by word", spelled=spelled
    )
    numbers = frames.number(counted, ["sets", "word"], name="number")
    ranked = frames.ask(
        """
        select text, transform(held, one -> one.number) as words,
               transform(held, one -> one.sets) as found_in
        from (
            select s.text, sort_array(collect_list(struct(n.number, n.sets))) as held
            from {spelled} s
            join {numbers} n on n.word = s.word
            group by s.text
        )
        """,
        spelled=spelled,
        numbers=numbers,
    )
    return frames.keep(ranked)


def _places(
    batches: Iterator[pa.RecordBatch], *, likeness: float, of: int
) -> Iterator[pa.RecordBatch]:
    """Where retold texts meet: of each text the words that may be the rarest it shares."""
    for batch in batches:
        rows = pa.Table.from_batches([batch])
        sets, known, found_in = sets_of(rows)
        met = meeting_words(sets, found_in, of=of, likeness=likeness)
        texts = np.repeat(rows["text"].to_numpy(), sets.sizes)
        found = {"text": texts[met], "word": known[sets.words[met]]}
        yield pa.RecordBatch.from_pydict(found, schema=_PLACES)


# As `prefixes.at_least`, with the same slack against rounding.
_PREFIXES = """
select text,
       explode(slice(words, 1, greatest(
           size(words) - cast(ceil(:likeness * size(words) - 1e-9) as int) + 1, 1))) as word
from {ranked}
"""

_MET = "select word, count(*) as sets from {prefixes} group by word having count(*) > 1"

_HELD = """
with placed as (
    select p.text, p.word, m.sets,
           cast(ceil(2.0D * m.sets / :most) as bigint) as blocks
    from {prefixes} p
    join {met} m on m.word = p.word
),
crossed as (
    select text, word, text % blocks as mine, explode(sequence(0L, blocks - 1)) as other
    from placed
    where sets > :most
),
met as (
    select text, word, -1L as hot, word % :buckets as i, 0L as j, 0 as side
    from placed
    where sets <= :most
    union all
    select text, word, word as hot, least(mine, other) as i, greatest(mine, other) as j,
           case when mine = other then 0 when mine < other then 1 else 2 end as side
    from crossed
)
select text, hot, i, j, side, collect_list(word) as here
from met
group by text, hot, i, j, side
"""

_POSTERS = """
select text, sort_array(collect_list(account)) as accounts
from (
    select text, account, row_number() over (partition by text order by account) as place
    from {uses}
) numbered
where place <= :most
group by text
"""

_ROWS = """
select h.hot, h.i, h.j, h.side, h.here, h.text, r.words, r.found_in, p.accounts,
       f.first_at, f.last_at
from {held} h
join {ranked} r on r.text = h.text
join {posters} p on p.text = h.text
join {facts} f on f.text = h.text
"""
