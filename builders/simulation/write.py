"""Hive-partitioned files: Parquet, or Hive's text with Ctrl-A between the fields."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from builders.simulation.spec import DAY_MS, Format, SimulationSpec
from builders.simulation.world import Block

FIELD_MARK = "\x01"
NULL_MARK = "\\N"

_WRITTEN_ONCE = frozenset({"share_id", "comment_id", "body"})
"""Columns whose values hardly come twice: a dictionary would cost and save nothing."""


def partition(spec: SimulationSpec, block: Block) -> str:
    """The Hive partition of a block, such as `dt=2025-03-03`."""
    day = datetime.fromtimestamp((spec.start_ms + block.day * DAY_MS) / 1000, tz=UTC)
    return f"dt={day:%Y-%m-%d}"


def write_tables(
    root: Path, spec: SimulationSpec, block: Block, tables: dict[str, pa.Table]
) -> int:
    """Write a block's tables into their partitions; give the number of files."""
    written = 0
    for name, table in tables.items():
        if len(table) == 0:
            continue
        folder = root / name / partition(spec, block)
        folder.mkdir(parents=True, exist_ok=True)
        write_part(folder, block.part, table, spec.format)
        written += 1
    return written


def write_part(folder: Path, part: int, table: pa.Table, format_: Format) -> None:
    """Write one file, named as Spark names its Parquet and Hive its text."""
    if format_ == "parquet":
        write_parquet(folder / f"part-{part:05d}.parquet", table)
    else:
        (folder / f"{part:06d}_0").write_bytes(as_text(table))


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write one Parquet file whose bytes depend on the rows alone."""
    coded = [
        field.name
        for field in table.schema
        if pa.types.is_string(field.type) and field.name not in _WRITTEN_ONCE
    ]
    pq.write_table(
        table,
        path,
        compression="snappy",
        use_dictionary=coded,
        write_statistics=[field.name for field in table.schema if field.type == pa.int64()],
        store_schema=False,
    )


def as_text(table: pa.Table) -> memoryview:
    """The rows as Hive writes text: no header, no quotes, one line a row."""
    cells = [
        pc.fill_null(pc.cast(column.combine_chunks(), pa.string()), NULL_MARK)
        for column in table.columns
    ]
    cells[-1] = pc.binary_join_element_wise(cells[-1], "\n", "")
    lines = pc.binary_join_element_wise(*cells, FIELD_MARK)
    _, offsets, data = lines.buffers()
    end = pa.Array.from_buffers(pa.int32(), len(lines) + 1, [None, offsets])[len(lines)].as_py()
    return memoryview(data)[:end]
