"""What workers do with the functions that travel to them: one batch or item after the other."""

from __future__ import annotations

import sys
import tempfile
import zipimport
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

Brought = Callable[[Any, Path, int, int], Any]
"""An item about a copy of its file: item, copy, and the file's bytes and time of writing (ns)."""

_LONGEST_ENDING = 20


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


def each_file(
    batches: Iterator[pa.RecordBatch],
    *,
    items: Mapping[str, Sequence[bytes]],
    work: Callable[[Any], Iterable[pa.RecordBatch]],
    brought: Brought,
    made: pa.Schema,
) -> Iterator[pa.RecordBatch]:
    """What `work` makes of the pickled items about each file, whose bytes are in the batches."""
    from pyspark import cloudpickle

    for batch in batches:
        for row in range(batch.num_rows):
            name, size = batch["path"][row].as_py(), batch["length"][row].as_py()
            written = 1000 * batch["modificationTime"].cast(pa.int64())[row].as_py()
            with _copied(name, batch["content"][row]) as copy:
                for packed in items[name]:
                    item = brought(cloudpickle.loads(packed), copy, size, written)
                    for rows in work(item):
                        yield rows.select(made.names).cast(made)


@contextmanager
def _copied(name: str, content: pa.BinaryScalar) -> Iterator[Path]:
    """A file of this machine that holds the bytes, for as long as it is worked on."""
    with tempfile.TemporaryDirectory(prefix="ringwatch-brought-") as folder:
        copy = Path(folder) / f"brought{PurePosixPath(name).suffix[:_LONGEST_ENDING]}"
        with copy.open("wb") as file:
            file.write(memoryview(content.as_buffer()))
        yield copy


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
