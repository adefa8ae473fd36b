"""From the rows as they came to the rows that count: without rejected files and duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from builders.extracts.arriving import USABLE
from builders.extracts.spec import TableSpec
from builders.extracts.survey import Work
from graph.engine import Engine
from graph.schema import Column, Schema
from graph.table import Table

_FILES = Schema(
    "counted_files",
    (
        Column("_file", "BIGINT", "the file's number in reading order"),
        Column("key_group", "BIGINT", "which rule for duplicates it is under; 0: none"),
        Column("file", "VARCHAR", "the file, relative to the extract's root"),
        Column("source", "VARCHAR", "the job file's name of the table it belongs to"),
        Column("partition", "VARCHAR", "Hive partition, or empty"),
    ),
    key=("_file",),
)
_REPEATS = Schema(
    "repeats",
    (
        Column("_place", "BIGINT", "a row's number in reading order"),
        Column("_file", "BIGINT", "the number of its file"),
    ),
    key=("_place",),
)


def counted_files(engine: Engine, works: Sequence[Work], model: Schema) -> Table:
    """The files whose rows count, with the rule for duplicates that each is under."""
    groups = {key: number for number, key in enumerate(_keys(works, model), start=1)}
    counted = [work for work in works if work.status in ("read", "empty")]
    given = pa.table(
        {
            "_file": [work.number for work in counted],
            "key_group": [groups.get(_key(work.table, model), 0) for work in counted],
            "file": [work.file.name for work in counted],
            "source": [work.table.name for work in counted],
            "partition": [work.partition for work in counted],
        },
        schema=_FILES.arrow,
    )
    return engine.from_arrow(given, _FILES)


def settled(
    rows: Table, files: Table, works: Sequence[Work], model: Schema
) -> tuple[Table, Mapping[int, int], Mapping[int, int]]:
    """The rows that count, and by file number how many rows came in and how many were duplicates.

    Of equal rows the one that stands first stays: by table, file name and row. Rows of rejected
    files neither count nor make others duplicates.

    Args:
        rows: what arrived.
        files: the files that count (`counted_files`).
        works: all files, judged.
        model: the columns of the rows that count.
    """
    engine = rows.engine
    repeats = _repeats(engine, rows, files, _keys(works, model))
    columns = ", ".join(f"r.{name}" for name in model.names)
    kept = engine.sql(
        f"""
        select {columns}
        from {{rows}} r
        join {{files}} f on r._file = f._file
        left join {{repeats}} d on r._place = d._place
        where {USABLE} and d._place is null
        """,
        model,
        rows=rows,
        files=files,
        repeats=repeats,
    )
    arrived = engine.query(
        f"""
        select r._file, count(*) as n
        from {{rows}} r
        join {{files}} f on r._file = f._file
        where {USABLE}
        group by r._file
        """,
        rows=rows,
        files=files,
    )
    repeated = engine.query("select _file, count(*) as n from {rows} group by _file", rows=repeats)
    engine.drop(repeats)
    return kept, _by_file(arrived), _by_file(repeated)


def _key(table: TableSpec, model: Schema) -> tuple[str, ...]:
    if isinstance(table.deduplicate, tuple):
        return table.deduplicate
    return model.names if table.deduplicate else ()


def _keys(works: Sequence[Work], model: Schema) -> list[tuple[str, ...]]:
    keys = dict.fromkeys(_key(work.table, model) for work in works)
    return [key for key in keys if key]


def _repeats(engine: Engine, rows: Table, files: Table, keys: Sequence[tuple[str, ...]]) -> Table:
    found = [
        _repeats_of(engine, rows, files, group, key) for group, key in enumerate(keys, start=1)
    ]
    if not found:
        return engine.from_arrow(_REPEATS.arrow.empty_table(), _REPEATS)
    if len(found) == 1:
        return found[0]
    names = {f"part{number}": table for number, table in enumerate(found)}
    query = " union all ".join(f"select _place, _file from {{{name}}}" for name in names)
    union = engine.sql(query, _REPEATS, **names)
    for table in found:
        engine.drop(table)
    return union


def _repeats_of(engine: Engine, rows: Table, files: Table, group: int, key: Sequence[str]) -> Table:
    columns = ", ".join(f"r.{name}" for name in key)
    # Few rows are duplicates: a hash of the key finds the candidates cheaply, and only they are
    # compared in full.
    return engine.sql(
        f"""
        select _place, _file
        from (
            select r._place, r._file,
                   row_number() over (partition by {columns} order by r._place) as nth
            from {{rows}} r
            join {{files}} f on r._file = f._file and f.key_group = $key_group
            where {USABLE} and hash({columns}) in (
                select hash({columns})
                from {{rows}} r
                join {{files}} f on r._file = f._file and f.key_group = $key_group
                where {USABLE}
                group by hash({columns})
                having count(*) > 1
            )
        ) candidates
        where nth > 1
        """,
        _REPEATS,
        {"key_group": group},
        rows=rows,
        files=files,
    )


def _by_file(counts: pa.Table) -> dict[int, int]:
    return dict(zip(counts["_file"].to_pylist(), counts["n"].to_pylist(), strict=True))
