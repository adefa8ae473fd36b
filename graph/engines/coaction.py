"""The local engine's co-action: ids to dense codes in SQL, the sweep on arrays, edges back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.kernels import coaction, company, ordering, sweep
from graph.engines.kernels.bounds import Limits, Losses
from graph.engines.kernels.coaction import Ready
from graph.engines.kernels.company import Ints, Longs, Rows
from graph.engines.kernels.texts import TextCodes
from graph.schema import Column, Schema
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

_HASHES = Schema(
    "hashes", (Column("hash", "BIGINT", "a content's hash", nullable=True),), key=("hash",)
)

_USED = """
    from (
        select account, action, object_kind, object, acted_at, {own_post} as content
        from {{interactions}}
    ) told
    where account <> '' and object <> ''
      and ($actions is null or list_contains($actions, action))
      and ($object_kinds is null or list_contains($object_kinds, object_kind))
"""
OWN_POST = {
    "rows": "content",
    # No id begins with a null byte.
    "moments": """case when content is null or content = ''
                       then chr(0) || cast(acted_at as varchar) else content end""",
}
"""The account's own post by what a row without `content` is (`builders.coaction.Unnamed`)."""
# DuckDB's hash of a content; 0 stands for none.
_HASH = "greatest(hash(content), cast(1 as ubigint))"
_CONTENT_HASH = "case when content is null or content = '' then cast(0 as ubigint) else {hash} end"
_ROWS_A_BATCH = 262_144


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The answer for one window."""

    edges: Table
    bounds: Table
    raw_pairs: int
    interactions_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Interactions as arrays, and what their codes stand for.

    `ids`: account ids in byte order, by code. `objects`: what each object code stands for.
    """

    ids: pa.LargeStringArray
    objects: Objects
    rows: Rows
    object_sizes: Longs


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """Codes for (action, object kind, object): an object's tag says its action and kind."""

    names: TextCodes
    kinds: TextCodes
    actions: TextCodes

    def encode(self, batch: pa.RecordBatch) -> Ints:
        """The codes of a batch's objects."""
        action = self.actions.encode(batch["action"]).astype(np.int64)
        # A kind's tag is its action, so that its code stands for the two together.
        kind = self.kinds.encode(batch["object_kind"], action).astype(np.int64)
        return self.names.encode(batch["object"], kind)

    def says(self, code: int) -> str:
        """`action kind object` in words."""
        kind = int(self.names.tags()[code])
        action = int(self.kinds.tags()[kind])
        parts = (self.actions.texts()[action], self.kinds.texts()[kind], self.names.texts()[code])
        return " ".join(part.as_py() for part in parts)


def co_act(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    at_least: int,
    count: str,
    layer: str,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    unnamed: str,
    limits: tuple[int | None, int | None, int | None],
) -> list[Swept]:
    """Co-action edges for each window, from one reading of the interactions.

    Windows are in milliseconds, None for no time at all; the rest is as in
    `builders.coaction.coaction_graphs`.
    """
    encoded = _encoded(interactions, actions, object_kinds, min_participation, windows_ms, unnamed)
    answers = [
        _answer(interactions, encoded, window, at_least, count, layer, Limits(*limits))
        for window in windows_ms
    ]
    return answers


def count_raw_pairs(
    interactions: Table,
    *,
    windows_ms: Sequence[int | None],
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
) -> list[int]:
    """How many pairs of posts each window holds, without a sweep."""
    # What is one post does not matter to how many rows meet.
    encoded = _encoded(interactions, actions, object_kinds, min_participation, windows_ms, "rows")
    return [
        coaction.raw_pairs(encoded.rows, _kernel_window(window), len(encoded.ids))
        for window in windows_ms
    ]


def _answer(
    interactions: Table,
    encoded: Encoded,
    window_ms: int | None,
    at_least: int,
    count: str,
    layer: str,
    limits: Limits,
) -> Swept:
    ready = coaction.prepare(
        encoded.rows,
        _kernel_window(window_ms),
        accounts=len(encoded.ids),
        object_sizes=encoded.object_sizes,
        limits=limits,
        count=count,
        at_least=at_least,
    )
    engine: Any = interactions.engine
    batches = _edge_batches(ready, encoded.ids, count, at_least, layer, _threads(interactions))
    return Swept(
        edges=engine.from_batches(batches, EDGES),
        bounds=engine.from_arrow(_bounds(ready.cuts, encoded.objects, layer), BOUNDS),
        raw_pairs=ready.raw_pairs,
        interactions_used=ready.interactions,
    )


def _kernel_window(window_ms: int | None) -> int:
    return int(company.NO_TIME) if window_ms is None else window_ms


def _edge_batches(
    ready: Ready, ids: pa.LargeStringArray, count: str, at_least: int, layer: str, threads: int
) -> Iterator[pa.RecordBatch]:
    for found in coaction.swept(ready, count=count, at_least=at_least, threads=threads):
        yield _edges(found, ids, count, layer)


def _edges(found: Longs, ids: pa.LargeStringArray, count: str, layer: str) -> pa.RecordBatch:
    pairs = len(found)
    weight = {
        "posts": found[:, sweep.POSTS],
        "own-posts": np.minimum(found[:, sweep.OWN_ROW], found[:, sweep.OWN_PARTNER]),
        "objects": found[:, sweep.OBJECTS],
        "object-days": found[:, sweep.OBJECT_DAYS],
    }[count]
    columns = {
        "src": ids.take(pa.array(found[:, sweep.ROW])).cast(pa.string()),
        "dst": ids.take(pa.array(found[:, sweep.PARTNER])).cast(pa.string()),
        "layer": pa.repeat(layer, pairs),
        "weight": pa.array(weight.astype(np.float64)),
        "src_count": pa.array(found[:, sweep.OWN_ROW]),
        "dst_count": pa.array(found[:, sweep.OWN_PARTNER]),
        "objects": pa.array(found[:, sweep.OBJECTS]),
        "object_days": pa.array(found[:, sweep.OBJECT_DAYS]),
        "post_pairs": pa.array(found[:, sweep.POSTS]),
        "first_at": pa.array(found[:, sweep.FIRST]),
        "last_at": pa.array(found[:, sweep.LAST]),
        "expected": pa.nulls(pairs, pa.float64()),
        "log10_p": pa.nulls(pairs, pa.float64()),
    }
    return pa.RecordBatch.from_pydict(columns, schema=EDGES.arrow)


WHOLE = "left out whole: it has more interactions than the bound"
DENSE = "its interactions in windows denser than the bound were left out"


def _bounds(cuts: Sequence[Losses], objects: Objects, layer: str) -> pa.Table:
    rows = [
        {
            "layer": layer,
            "bound": cut.bound,
            "subject": objects.says(code),
            "accounts": accounts,
            "interactions": interactions,
            "pairs_not_counted": pairs,
            "says": WHOLE if cut.bound == "object-interactions" else DENSE,
        }
        for cut in cuts
        for code, accounts, interactions, pairs in zip(
            cut.code.tolist(),
            cut.accounts.tolist(),
            cut.interactions.tolist(),
            cut.pairs.tolist(),
            strict=True,
        )
    ]
    return pa.Table.from_pylist(rows, schema=BOUNDS.arrow)


def _encoded(
    interactions: Table,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    windows_ms: Sequence[int | None],
    unnamed: str,
) -> Encoded:
    """The interactions of the wanted kinds, without those that have no company in any window."""
    wanted = {
        "actions": list(actions) if actions is not None else None,
        "object_kinds": list(object_kinds) if object_kinds is not None else None,
    }
    own_post = OWN_POST[unnamed]
    read = partial(_read, interactions, wanted, min_participation, windows_ms, own_post)
    encoded = read(exact_contents=False)
    if _hashes_collide(encoded, interactions, own_post):
        return read(exact_contents=True)
    return encoded


def _read(
    interactions: Table,
    wanted: dict[str, list[str] | None],
    min_participation: int,
    windows_ms: Sequence[int | None],
    own_post: str,
    *,
    exact_contents: bool,
) -> Encoded:
    names, contents = TextCodes(), TextCodes()
    objects = Objects(names=TextCodes(), kinds=TextCodes(), actions=TextCodes())
    read: list[tuple[Ints, Ints, Longs, Longs]] = []
    for batch in _batches(interactions, wanted, own_post, exact_contents=exact_contents):
        content = batch["content"]
        read.append(
            (
                names.encode(batch["account"]),
                objects.encode(batch),
                # A copy, since a view would keep the whole batch in memory.
                batch["acted_at"].to_numpy().copy(),
                _content_numbers(content, contents) if exact_contents else _signed(content),
            )
        )
    account, obj, at, content = _joined(read)
    account, ids = _by_name(account, names)
    if min_participation > 1:
        often = np.bincount(account, minlength=len(ids)) >= min_participation
        kept = often[account]
        account, obj, at, content = account[kept], obj[kept], at[kept], content[kept]
    sizes = np.bincount(obj, minlength=objects.names.known)
    threads = _threads(interactions)
    rows = ordering.ordered(account, obj, at, content, objects.names.known, threads=threads)
    widest = None if None in windows_ms else max(w for w in windows_ms if w is not None)
    near = company.with_company(rows, _kernel_window(widest))
    return Encoded(ids=ids, objects=objects, rows=near, object_sizes=sizes)


def _threads(interactions: Table) -> int:
    engine: Any = interactions.engine
    return int(engine.threads)


def _batches(
    interactions: Table,
    wanted: dict[str, list[str] | None],
    own_post: str,
    *,
    exact_contents: bool,
) -> Iterator[pa.RecordBatch]:
    """The wanted interactions in any order, a batch at a time: all at once they may not fit."""
    content = "coalesce(content, '')" if exact_contents else _CONTENT_HASH.format(hash=_HASH)
    engine: Any = interactions.engine
    columns = f"account, action, object_kind, object, acted_at, {content} as content"
    query = f"select {columns} {_USED.format(own_post=own_post)}"
    cursor = engine._duck.cursor()
    try:
        named = engine._named(query, {"interactions": interactions})
        yield from cursor.sql(named, params=wanted).to_arrow_reader(_ROWS_A_BATCH)
    finally:
        cursor.close()


def _signed(hashes: pa.UInt64Array) -> Longs:
    signed: Longs = hashes.to_numpy().view(np.int64).copy()
    return signed


def _content_numbers(contents: pa.StringArray, known: TextCodes) -> Longs:
    numbers = known.encode(contents).astype(np.int64) + 1
    numbers[pc.equal(contents, "").to_numpy(zero_copy_only=False)] = 0
    return numbers


def _joined(read: list[tuple[Ints, Ints, Longs, Longs]]) -> tuple[Ints, Ints, Longs, Longs]:
    """The batches end to end, in arrays of their own; empties `read` to save memory."""
    rows = sum(len(batch[0]) for batch in read)
    account, obj = np.empty(rows, np.int32), np.empty(rows, np.int32)
    at, content = np.empty(rows, np.int64), np.empty(rows, np.int64)
    end = rows
    while read:
        batch = read.pop()
        place = slice(end - len(batch[0]), end)
        account[place], obj[place], at[place], content[place] = batch
        end = place.start
    return account, obj, at, content


def _by_name(account: Ints, names: TextCodes) -> tuple[Ints, pa.LargeStringArray]:
    """Account codes in byte order of the ids, and the ids in that order."""
    texts = names.texts()
    order = pc.sort_indices(texts).to_numpy()
    rank = np.empty(names.known, np.int32)
    rank[order] = np.arange(names.known, dtype=np.int32)
    return rank[account], texts.take(pa.array(order))


def _hashes_collide(encoded: Encoded, interactions: Table, own_post: str) -> bool:
    """Whether two own posts of one account may have been taken for one."""
    repeated = coaction.repeated_contents(encoded.rows, len(encoded.ids))
    if not len(repeated):
        return False
    engine = interactions.engine
    hashes = engine.from_arrow(pa.table({"hash": repeated}, schema=_HASHES.arrow), _HASHES)
    # Hashes are unsigned; the column is signed.
    differing = engine.query(
        f"""
        select count(*) as hashes from (
            select 1 from (select {own_post} as content from {{interactions}}) told
            where content <> '' and {_HASH} in (
                select case when hash < 0 then cast(hash as hugeint) + 18446744073709551616
                            else hash end from {{hashes}})
            group by {_HASH} having min(content) <> max(content)
        ) colliding
        """,
        interactions=interactions,
        hashes=hashes,
    )
    engine.drop(hashes)
    return bool(differing["hashes"][0].as_py())
