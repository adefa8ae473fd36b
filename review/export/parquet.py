"""Parquet: the lossless form, with types and nulls, checksummed page by page."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow.parquet as pq

from review.export.sheet import Sheet, Written


def write_parquet(sheet: Sheet, out: BinaryIO) -> Written:
    """Write the rows with the schema's types, a row group a batch."""
    rows = 0
    names = list(sheet.schema.names)
    with pq.ParquetWriter(
        out, sheet.schema.arrow, compression="zstd", write_page_checksum=True
    ) as writer:
        for batch in sheet.batches:
            writer.write_batch(batch.select(names).cast(sheet.schema.arrow))
            rows += batch.num_rows
    return Written(rows=rows)
