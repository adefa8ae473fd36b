"""How a run's rows are laid out on disk, so that one cluster or one edge is found without a scan.

Rows stand in key order in small row groups, each with the least and greatest value of its columns:
a reader that asks for one cluster opens one group. Every page has a checksum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from graph.schema import Schema
from graph.table import Table

ROWS_A_GROUP = 16_384


def write_rows(table: Table, path: Path) -> int:
    """Write a table in key order; give the number of rows. The same rows give the same bytes."""
    return write_parts([table], table.schema, path)


def write_parts(parts: Iterable[Table], schema: Schema, path: Path) -> int:
    """Write tables one behind the other, each in key order, as one file; give the rows' number.

    Args:
        parts: tables of `schema`, whose keys rise from one to the next.
        schema: their columns.
        path: the file.
    """
    order = [pq.SortingColumn(schema.arrow.get_field_index(name)) for name in schema.key]
    rows = 0
    with pq.ParquetWriter(
        path,
        schema.arrow,
        compression="zstd",
        write_page_checksum=True,
        write_page_index=True,
        sorting_columns=order,
    ) as writer:
        for part in parts:
            for group in _groups(part):
                writer.write_table(group, row_group_size=ROWS_A_GROUP)
                rows += group.num_rows
    return rows


def read_rows(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of a file that `write_rows` made, in its order, with page checksums checked."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        yield from file.iter_batches(columns=columns, batch_size=ROWS_A_GROUP)


def _groups(table: Table) -> Iterator[pa.Table]:
    # An engine's batches may end anywhere; groups of one fixed size make the bytes depend on the
    # rows alone.
    waiting: list[pa.RecordBatch] = []
    held = 0
    for batch in table.batches(rows=ROWS_A_GROUP):
        waiting.append(batch)
        held += batch.num_rows
        while held >= ROWS_A_GROUP:
            together = pa.Table.from_batches(waiting, schema=table.schema.arrow)
            yield together.slice(0, ROWS_A_GROUP).combine_chunks()
            waiting = together.slice(ROWS_A_GROUP).to_batches()
            held -= ROWS_A_GROUP
    if held:
        yield pa.Table.from_batches(waiting, schema=table.schema.arrow).combine_chunks()
