"""Files of any file system of the session's Hadoop, brought to the workers by Spark's own reader.

Python workers have no way to HDFS, but the JVM beside them has, with the session's addresses and
credentials: Spark's reader of whole files (`binaryFile`) hands over each one's bytes. A worker puts
them into a file of its own for as long as they are worked on, so one file of the largest size must
fit into an executor's memory about four times: twice in the JVM, once in Arrow, once in Python.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from graph.engines.spark.failures import first_line
from graph.engines.spark.rows import nullable
from graph.engines.spark.travel import Brought, each_file
from graph.errors import RingwatchError
from graph.schema import Schema
from graph.table import Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from graph.engines.spark.engine import SparkEngine
    from graph.engines.spark.files import HadoopFiles

T = TypeVar("T")

LARGEST = 1 << 29
"""Bytes of a file at most: its column in Arrow doubles as it grows, and ends at 2 GiB."""

_MOST_REFUSED = 20
"""Unreadable files, one found by each attempt, before a reading is given up."""

_OPTIONS = {"__globPaths__": "false", "recursiveFileLookup": "true"}
_CONTENT = pa.schema(
    [
        ("path", pa.string()),
        ("modificationTime", pa.timestamp("us", tz="UTC")),
        ("length", pa.int64()),
        ("content", pa.binary()),
    ]
)
_COPYING = "._COPYING_"


@dataclass(slots=True)
class _Lot:
    """Items by the names of their files as Spark gives them, and those that are left out."""

    items: dict[str, list[int]] = field(default_factory=dict)
    empty: dict[str, int] = field(default_factory=dict)
    near: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    def refuse(self, name: str, why: str) -> None:
        """Leave out the items about a file."""
        for number in self.items.pop(name):
            self.refused[number] = why
        self.empty.pop(name, None)


def spread_files(
    engine: SparkEngine,
    items: Sequence[T],
    work: Callable[[T], Iterable[pa.RecordBatch]],
    schema: Schema,
    *,
    place: Callable[[T], str | None],
    brought: Brought,
) -> tuple[Table, dict[int, str]]:
    """As `SparkEngine.spread`, of items about files that are brought to the workers.

    Args:
        engine: holds the rows that are made.
        items: what is to be worked on.
        work: gives batches of `schema` for an item.
        schema: the columns of the rows.
        place: the URI of an item's file; None where the worker finds the file itself.
        brought: the item about a copy of its file, given the copy, and the bytes and time of
            writing (ns since 1970) of the file.

    Returns:
        the rows, and why items were left out, by their place among the items.

    Raises:
        RingwatchError: more than 20 files cannot be read, or the cluster failed.
    """
    lot = _sorted_out(engine.scratch.files, [place(item) for item in items])
    while True:
        frame = _frame(engine, items, work, schema, brought, lot)
        try:
            return engine.keep_frame(frame, schema), lot.refused
        except RingwatchError:
            raise
        except Exception as error:
            if len(lot.refused) > _MOST_REFUSED or not _blame(engine.scratch.files, lot, error):
                raise RingwatchError(f"files could not be read: {first_line(error)}") from error


def _sorted_out(files: HadoopFiles, places: Sequence[str | None]) -> _Lot:
    """Which items Spark's reader is asked for, by what their folders hold now."""
    lot = _Lot()
    folders: dict[str, dict[str, tuple[int, int]]] = {}
    for number, place in enumerate(places):
        if place is None:
            lot.near.append(number)
            continue
        folder, _, name = place.rpartition("/")
        if folder not in folders:
            folders[folder] = {each: facts[1:] for each, facts in files.entries(folder) if facts[0]}
        found = folders[folder].get(name)
        if found is None:
            lot.refused[number] = (
                "it vanished after it was listed; let its writer finish, list again"
            )
        elif found[0] > LARGEST:
            lot.refused[number] = (
                f"it has {found[0]} bytes, and Spark hands over {LARGEST} at most in one piece;"
                " write the table in smaller files"
            )
        elif name.endswith(_COPYING):
            lot.refused[number] = f"`{_COPYING}` says that it is still being copied; let that end"
        else:
            known = files.spark_name(place)
            lot.items.setdefault(known, []).append(number)
            if not found[0]:
                lot.empty[known] = found[1]
    return lot


def _frame(
    engine: SparkEngine,
    items: Sequence[T],
    work: Callable[[T], Iterable[pa.RecordBatch]],
    schema: Schema,
    brought: Brought,
    lot: _Lot,
) -> DataFrame:
    """The rows that `work` makes of all that is not left out; nothing runs yet."""
    from pyspark import cloudpickle

    made = nullable(schema)
    packed = {
        name: [cloudpickle.dumps(items[number]) for number in numbers]
        for name, numbers in lot.items.items()
    }
    opening = partial(each_file, items=packed, work=work, brought=brought, made=made)
    contents = _contents(engine, lot)
    frames = [] if contents is None else [engine.worked(contents, opening, made)]
    if lot.near or not frames:
        frames.append(engine.spreading([items[number] for number in lot.near], work, made))
    first, *rest = frames
    for other in rest:
        first = first.unionByName(other)
    return first


def _contents(engine: SparkEngine, lot: _Lot) -> DataFrame | None:
    """Every file's name, time of writing, length and bytes; None where there is none."""
    frames = []
    full = [name for name in lot.items if name not in lot.empty]
    if full:
        frames.append(engine.session.read.format("binaryFile").options(**_OPTIONS).load(full))
    if lot.empty:
        # Spark passes over files without a byte; a reader of ours does not.
        frames.append(engine.session.createDataFrame(_empty(lot.empty)))
    if not frames:
        return None
    first, *rest = frames
    for other in rest:
        first = first.unionByName(other)
    return first


def _empty(written: Mapping[str, int]) -> pa.Table:
    rows = [
        {"path": name, "modificationTime": ns // 1000, "length": 0, "content": b""}
        for name, ns in written.items()
    ]
    return pa.Table.from_pylist(rows, schema=_CONTENT)


def _blame(files: HadoopFiles, lot: _Lot, error: Exception) -> bool:
    """Leave out the file that an error of Spark's names; whether it names one."""
    says = f"{error}\n{getattr(error, '_stackTrace', '')}"
    named = set(re.findall(r"(?:reading file|File) (\S+?)\.?(?:\s|$)", says))
    for name in list(lot.items):
        if files.spark_url(name) in named:
            lot.refuse(name, _cause(says))
            return True
    return False


def _cause(says: str) -> str:
    """The innermost cause of a stack, in one line."""
    lines = [line.strip() for line in says.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    return (causes or lines)[-1 if causes else 0].removeprefix("Caused by: ")
