"""Where on Spark word sets meet to be compared: in cells that one worker can hold.

Every pair of like sets shares its rarest shared word, and that word is among the rarest few of both
(`kernels.prefixes`). So a set is sent where each of its rarest words is at home: most words share a
cell with others; a word of very many sets has cells of its own, one for each two of the blocks into
which its sets fall. A pair may meet in several cells and counts where its rarest shared word is.

Source: Vernica, Carey and Li 2010, Efficient Parallel Set-Similarity Joins Using MapReduce.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.engines.spark.frames import Frames
from graph.engines.spark.text_posts import NumberedPosts
from graph.texts import Alike

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CELL = ("hot", "i", "j")
"""The columns that name a cell: a word of many sets and two blocks of these, or -1 and a number."""


def cells(frames: Frames, posts: NumberedPosts, alike: Alike, *, sets: int) -> DataFrame:
    """A row for each set and cell in which it meets others: `CELL`, `text`, its `words`.

    Further, `here`: the words for which it is in this cell; `side`: where 1 and 2 stand in a cell,
    pairs count that have one of each; `accounts` (no more than make a text viral) that posted it,
    `first_at`, `last_at`.

    Args:
        frames: the work that this is part of.
        posts: what was posted.
        alike: when texts are alike.
        sets: how many sets a cell may hold.
    """
    ranked = frames.keep(_ranked(frames, posts, alike))
    prefixes = frames.ask(_PREFIXES, {"likeness": alike.likeness}, ranked=ranked)
    # Words of one set are no meeting places; of rare words most are of that kind.
    met = frames.keep(frames.ask(_MET, prefixes=prefixes))
    cold = met.where(f"sets <= {sets}").selectExpr("coalesce(sum(sets), 0) as sets").first()
    assert cold is not None
    buckets = max(1, -(-int(cold["sets"]) // sets))
    values = {"most": sets, "buckets": buckets}
    held = frames.ask(_HELD, values, prefixes=prefixes, met=met)
    posters = frames.ask(_POSTERS, {"most": alike.hub_accounts + 1}, uses=posts.uses)
    return frames.ask(_ROWS, held=held, ranked=ranked, posters=posters, facts=posts.facts)


def _ranked(frames: Frames, posts: NumberedPosts, alike: Alike) -> DataFrame:
    """Of each text with enough words its `words` as numbers, the rarest first."""
    spelled = frames.ask(
        "select text, explode(words) as word from {words} where size(words) >= :least",
        {"least": alike.at_least_words},
        words=posts.words,
    )
    counted = frames.ask(
        "select word, count(*) as sets from {spelled} group by word", spelled=spelled
    )
    numbers = frames.number(counted, ["sets", "word"], name="number")
    return frames.ask(
        """
        select s.text, sort_array(collect_list(n.number)) as words
        from {spelled} s
        join {numbers} n on n.word = s.word
        group by s.text
        """,
        spelled=spelled,
        numbers=numbers,
    )


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
select h.hot, h.i, h.j, h.side, h.here, h.text, r.words, p.accounts, f.first_at, f.last_at
from {held} h
join {ranked} r on r.text = h.text
join {posters} p on p.text = h.text
join {facts} f on f.text = h.text
"""
