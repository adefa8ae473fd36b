"""The wanted interactions as arrays in memory: ids to dense codes, rows by object and time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.engines.coaction_reading import Wanted
from graph.engines.coaction_window import Window
from graph.engines.kernels import coaction, company, ordering
from graph.engines.kernels.bounds import Limits
from graph.engines.kernels.company import Ints, Longs, Rows
from graph.engines.kernels.texts import TextCodes, by_name
from graph.schema import Column, Schema

_HASHES = Schema(
    "hashes", (Column("hash", "BIGINT", "a content's hash", nullable=True),), key=("hash",)
)

# DuckDB's hash of a content; 0 stands for none.
_HASH = "greatest(hash(content), cast(1 as ubigint))"
_CONTENT_HASH = "case when content is null or content = '' then cast(0 as ubigint) else {hash} end"


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRows:
    """All wanted interactions but those without company, and what their codes stand for.

    `ids`: account ids in byte order, by code. `objects`: what each object code stands for.
    """

    ids: pa.LargeStringArray
    objects: Objects
    rows: Rows
    object_sizes: Longs

    def raw_pairs(self, within_ms: int) -> int:
        """Pairs of posts of two accounts in a window, without a sweep."""
        return coaction.raw_pairs(self.rows, within_ms, len(self.ids))

    @contextmanager
    def window(
        self, within_ms: int, *, limits: Limits, count: str, at_least: int
    ) -> Iterator[Window]:
        """One window, bounded and pruned (`coaction.prepare`)."""
        ready = coaction.prepare(
            self.rows,
            within_ms,
            accounts=len(self.ids),
            object_sizes=self.object_sizes,
            limits=limits,
            count=count,
            at_least=at_least,
        )
        cuts = [
            (losses, [self.objects.says(code) for code in losses.code.tolist()])
            for losses in ready.cuts
        ]
        yield Window(
            raw_pairs=ready.raw_pairs,
            interactions=ready.interactions,
            large=False,
            cuts=cuts,
            blocks=iter((ready,)),
        )


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


def read_whole(wanted: Wanted, widest_ms: int) -> WholeRows:
    """The interactions as arrays, without those that have no company in the widest window."""
    encoded = _read(wanted, widest_ms, exact_contents=False)
    if _hashes_collide(encoded, wanted):
        return _read(wanted, widest_ms, exact_contents=True)
    return encoded


def _read(wanted: Wanted, widest_ms: int, *, exact_contents: bool) -> WholeRows:
    names, contents = TextCodes(), TextCodes()
    objects = Objects(names=TextCodes(), kinds=TextCodes(), actions=TextCodes())
    read: list[tuple[Ints, Ints, Longs, Longs]] = []
    told = "coalesce(content, '')" if exact_contents else _CONTENT_HASH.format(hash=_HASH)
    for batch in wanted.batches(told):
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
    rank, ids = by_name(names)
    account = rank[account]
    if wanted.min_participation > 1:
        often = np.bincount(account, minlength=len(ids)) >= wanted.min_participation
        kept = often[account]
        account, obj, at, content = account[kept], obj[kept], at[kept], content[kept]
    sizes = np.bincount(obj, minlength=objects.names.known)
    known = objects.names.known
    rows = ordering.ordered(account, obj, at, content, known, threads=wanted.threads)
    near = company.with_company(rows, widest_ms)
    return WholeRows(ids=ids, objects=objects, rows=near, object_sizes=sizes)


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


def _hashes_collide(encoded: WholeRows, wanted: Wanted) -> bool:
    """Whether two own posts of one account may have been taken for one."""
    repeated = coaction.repeated_contents(encoded.rows, len(encoded.ids))
    if not len(repeated):
        return False
    engine = wanted.interactions.engine
    hashes = engine.from_arrow(pa.table({"hash": repeated}, schema=_HASHES.arrow), _HASHES)
    # Hashes are unsigned; the column is signed.
    differing = engine.query(
        f"""
        select count(*) as hashes from (
            select 1 from (select {wanted.own_post} as content from {{interactions}}) told
            where content <> '' and {_HASH} in (
                select case when hash < 0 then cast(hash as hugeint) + 18446744073709551616
                            else hash end from {{hashes}})
            group by {_HASH} having min(content) <> max(content)
        ) colliding
        """,
        interactions=wanted.interactions,
        hashes=hashes,
    )
    engine.drop(hashes)
    return bool(differing["hashes"][0].as_py())
