"""The local engine's co-action: ids to dense codes in SQL, the sweep on arrays, edges back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.engines.kernels import coaction, company, sweep
from graph.engines.kernels.coaction import Cut, Limits, Ready
from graph.engines.kernels.company import Longs, Rows
from graph.schema import Column, Schema
from graph.schemas import BOUNDS, EDGES
from graph.table import Table

# Nullable only to spare these tables the check for nulls, a pass over each.
_ACCOUNT_CODES = Schema(
    "account_codes",
    (
        Column("account", "VARCHAR", "the account's id", nullable=True),
        Column("code", "BIGINT", "its number, in byte order of the ids", nullable=True),
    ),
    key=("account",),
)
_OBJECT_CODES = Schema(
    "object_codes",
    (
        Column("action", "VARCHAR", "what was done", nullable=True),
        Column("object_kind", "VARCHAR", "what kind of thing it is", nullable=True),
        Column("object", "VARCHAR", "what was acted on", nullable=True),
        Column("code", "BIGINT", "a number for the three together", nullable=True),
    ),
    key=("action", "object_kind", "object"),
)
_CONTENT_CODES = Schema(
    "content_codes",
    (
        Column("content", "VARCHAR", "an own post", nullable=True),
        Column("code", "BIGINT", "its number, from 1", nullable=True),
    ),
    key=("content",),
)
_CUTS = Schema(
    "cuts",
    (
        Column("bound", "VARCHAR", "the bound's name", nullable=True),
        Column("code", "BIGINT", "the object's number", nullable=True),
        Column("accounts", "BIGINT", "accounts of the rows left out", nullable=True),
        Column("interactions", "BIGINT", "rows left out", nullable=True),
        Column("pairs_not_counted", "BIGINT", "post pairs lost by it", nullable=True),
    ),
    key=("bound", "code"),
)
_HASHES = Schema(
    "hashes", (Column("hash", "BIGINT", "a content's hash", nullable=True),), key=("hash",)
)

_USED = """
    from {interactions}
    where account <> '' and object <> ''
      and ($actions is null or list_contains($actions, action))
      and ($object_kinds is null or list_contains($object_kinds, object_kind))
"""
# DuckDB's hash of a text as a signed number that is never 0, which stands for no content.
_HASH = "case when hash(content) = 0 then 1 else hash(content) end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """The answer for one window."""

    edges: Table
    bounds: Table
    raw_pairs: int
    interactions_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Interactions as arrays, and what their codes stand for."""

    ids: pa.StringArray
    objects: Table
    rows: Rows
    object_sizes: Longs
    interactions: int

    @property
    def accounts(self) -> int:
        """How many account codes there are."""
        return len(self.ids)


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
    limits: tuple[int | None, int | None, int | None],
) -> list[Swept]:
    """Co-action edges for each window, from one reading of the interactions.

    Windows are in milliseconds, None for no time at all; the rest is as in
    `builders.coaction.coaction_graphs`.
    """
    encoded = _encoded(interactions, actions, object_kinds, min_participation, windows_ms)
    answers = [
        _answer(interactions, encoded, window, at_least, count, layer, Limits(*limits))
        for window in windows_ms
    ]
    interactions.engine.drop(encoded.objects)
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
    encoded = _encoded(interactions, actions, object_kinds, min_participation, windows_ms)
    interactions.engine.drop(encoded.objects)
    return [
        coaction.raw_pairs(encoded.rows, _kernel_window(window), encoded.accounts)
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
        accounts=encoded.accounts,
        object_sizes=encoded.object_sizes,
        limits=limits,
        count=count,
        at_least=at_least,
    )
    engine: Any = interactions.engine
    batches = _edge_batches(ready, encoded.ids, count, at_least, layer, engine.threads)
    edges = engine.from_arrow(pa.RecordBatchReader.from_batches(EDGES.arrow, batches), EDGES)
    return Swept(
        edges=edges,
        bounds=_bounds(ready.cuts, encoded.objects, layer),
        raw_pairs=ready.raw_pairs,
        interactions_used=ready.interactions,
    )


def _kernel_window(window_ms: int | None) -> int:
    return int(company.NO_TIME) if window_ms is None else window_ms


def _edge_batches(
    ready: Ready, ids: pa.StringArray, count: str, at_least: int, layer: str, threads: int
) -> Iterator[pa.RecordBatch]:
    for found in coaction.swept(ready, count=count, at_least=at_least, threads=threads):
        yield _edges(found, ids, count, layer)


def _edges(found: Longs, ids: pa.StringArray, count: str, layer: str) -> pa.RecordBatch:
    pairs = len(found)
    weight = {
        "posts": found[:, sweep.POSTS],
        "own-posts": np.minimum(found[:, sweep.OWN_ROW], found[:, sweep.OWN_PARTNER]),
        "objects": found[:, sweep.OBJECTS],
        "object-days": found[:, sweep.OBJECT_DAYS],
    }[count]
    columns = {
        "src": ids.take(pa.array(found[:, sweep.ROW])),
        "dst": ids.take(pa.array(found[:, sweep.PARTNER])),
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


_WHOLE = "left out whole: it has more interactions than the bound"
_DENSE = "its interactions in windows denser than the bound were left out"


def _bounds(cuts: Sequence[Cut], objects: Table, layer: str) -> Table:
    engine = objects.engine
    columns = dict(zip(Cut._fields, zip(*cuts, strict=True), strict=True)) if cuts else {}
    coded = engine.from_arrow(
        pa.table({name: columns.get(name, ()) for name in _CUTS.names}, schema=_CUTS.arrow), _CUTS
    )
    bounds = engine.sql(
        "select $layer as layer, bound, concat_ws(' ', action, object_kind, object) as subject,"
        " accounts, interactions, pairs_not_counted,"
        " case bound when 'object-interactions' then $whole else $dense end as says"
        " from {cuts} join {objects} using (code)",
        BOUNDS,
        {"layer": layer, "whole": _WHOLE, "dense": _DENSE},
        cuts=coded,
        objects=objects,
    )
    engine.drop(coded)
    return bounds


def _encoded(
    interactions: Table,
    actions: Sequence[str] | None,
    object_kinds: Sequence[str] | None,
    min_participation: int,
    windows_ms: Sequence[int | None],
) -> Encoded:
    """The interactions of the wanted kinds, without those that have no company in any window."""
    engine = interactions.engine
    wanted = {
        "actions": list(actions) if actions is not None else None,
        "object_kinds": list(object_kinds) if object_kinds is not None else None,
    }
    accounts = engine.sql(
        "select account, row_number() over (order by account) - 1 as code from ("
        f"select account {_USED} group by account having count(*) >= $min_participation)",
        _ACCOUNT_CODES,
        {**wanted, "min_participation": min_participation},
        interactions=interactions,
    )
    objects = engine.sql(
        "select action, object_kind, object,"
        " row_number() over (order by action, object_kind, object) - 1 as code"
        f" from (select distinct action, object_kind, object {_USED})",
        _OBJECT_CODES,
        wanted,
        interactions=interactions,
    )
    tables = {"interactions": interactions, "accounts": accounts, "objects": objects}
    rows, sizes = _rows(tables, wanted, windows_ms, exact_contents=False)
    if _hashes_collide(rows, interactions, accounts.count()):
        rows, sizes = _rows(tables, wanted, windows_ms, exact_contents=True)
    ids = accounts.arrow()["account"].combine_chunks()
    engine.drop(accounts)
    return Encoded(
        ids=ids,
        objects=objects,
        rows=rows,
        object_sizes=sizes,
        interactions=int(sizes.sum()),
    )


def _rows(
    tables: dict[str, Table],
    wanted: dict[str, list[str] | None],
    windows_ms: Sequence[int | None],
    *,
    exact_contents: bool,
) -> tuple[Rows, Longs]:
    engine = tables["interactions"].engine
    content, join = _HASH, ""
    if exact_contents:
        tables = {**tables, "contents": _content_codes(tables["interactions"])}
        content, join = "c.code", "left join {contents} c using (content)"
    found = engine.query(
        "select cast(a.code as integer) as account, cast(o.code as integer) as object, acted_at,"
        f" case when content is null then 0 else {content} end as content"
        f" from (select * {_USED})"
        " join {accounts} a using (account)"
        " join {objects} o using (action, object_kind, object)"
        f" {join}",
        wanted,
        **tables,
    )
    rows = company.ordered(
        _own(found["account"]),
        _own(found["object"]),
        _own(found["acted_at"]),
        _own(found["content"]),
        tables["objects"].count(),
    )
    sizes = np.diff(rows.starts)
    widest = None if None in windows_ms else max(w for w in windows_ms if w is not None)
    return company.with_company(rows, _kernel_window(widest)), sizes


def _own(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    values = column.to_numpy()
    if values.dtype == np.uint64:
        values = values.view(np.int64)
    # Arrow lends a single chunk read-only, for which every kernel would be compiled once more.
    return np.require(values, requirements="W")


def _content_codes(interactions: Table) -> Table:
    return interactions.engine.sql(
        "select content, row_number() over (order by content) as code"
        " from (select distinct content from {interactions} where content is not null)",
        _CONTENT_CODES,
        interactions=interactions,
    )


def _hashes_collide(rows: Rows, interactions: Table, accounts: int) -> bool:
    """Whether two contents of one account may have been taken for one."""
    repeated = coaction.repeated_contents(rows, accounts)
    if not len(repeated):
        return False
    engine = interactions.engine
    hashes = engine.from_arrow(pa.table({"hash": repeated}, schema=_HASHES.arrow), _HASHES)
    differing = engine.query(
        "select count(*) as hashes from ("
        f"select 1 from {{interactions}} where {_HASH} in"
        " (select case when hash < 0 then cast(hash as hugeint) + 18446744073709551616"
        " else hash end from {hashes})"
        f" group by {_HASH} having min(content) <> max(content))",
        interactions=interactions,
        hashes=hashes,
    )
    engine.drop(hashes)
    return bool(differing["hashes"][0].as_py())
