"""What workers do with the functions that travel to them: one batch or item after the other."""

from __future__ import annotations

import sys
import zipimport
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa


def each_batch(
    batches: Iterator[pa.RecordBatch],
    *,
    work: Callable[[pa.RecordBatch], pa.RecordBatch],
    given: pa.Schema,
    made: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """What `work` makes of each batch; it sees the columns as `given` and makes those of `made`."""
    for batch in batches:
        yield work(batch.cast(given)).cast(made)


def each_item(
    batches: Iterator[pa.RecordBatch],
    *,
    work: Callable[[Any], Iterable[pa.RecordBatch]],
    made: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """What `work` makes of each pickled item in the column `item`."""
    from pyspark import cloudpickle

    for batch in batches:
        for packed in batch["item"].to_pylist():
            for rows in work(cloudpickle.loads(packed)):
                yield rows.select(made.names).cast(made)


def lightly(
    batches: Iterator[pa.RecordBatch],
    *,
    work: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
) -> Iterator[pa.RecordBatch]:
    """What `work` makes of the batches, in a worker that is ready for its next task at once.

    Before each task PySpark tells Python to look for modules afresh, and until Python 3.12 that
    reads the directories of Spark's zipped libraries again, half a second a task. An importer that
    is not remembered is not told; it is made again, from its own memory, where it is needed.
    """
    try:
        yield from work(batches)
    finally:
        for path, importer in list(sys.path_importer_cache.items()):
            if isinstance(importer, zipimport.zipimporter):
                del sys.path_importer_cache[path]
