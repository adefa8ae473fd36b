"""Work over files, wherever the engine computes; files that only the engine reaches it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pyarrow as pa

from builders.files.fetching import brought
from builders.files.listing import ExtractFile
from graph.engine import Engine
from graph.schema import Schema
from graph.table import Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class About(Generic[T]):
    """How an item says which file it is about, and how it takes another in its place."""

    file: Callable[[T], ExtractFile]
    with_file: Callable[[T, ExtractFile], T]

    def place(self, item: T) -> str | None:
        """Where the item's file lies, if only the engine's own client reaches it."""
        remote = self.file(item).remote
        return str(remote) if remote is not None and remote.client is not None else None

    def brought(self, item: T, copy: Path, size: int, modified_ns: int) -> T:
        """The item about a copy of its file; `size` and `modified_ns` are those of the file."""
        return self.with_file(item, brought(self.file(item), copy, size, modified_ns))


def spread_over_files(
    engine: Engine,
    items: Sequence[T],
    work: Callable[[T], Iterable[pa.RecordBatch]],
    schema: Schema,
    *,
    about: About[T],
    done: Callable[[T], None] | None = None,
) -> tuple[Table, dict[int, str]]:
    """As `Engine.spread`; and why items were not worked on, by their place among the items.

    An item is left out where its file lies elsewhere and could not be brought: it vanished, may not
    be read, is damaged there, or is too large.
    """
    bring = engine.kernel("spread-files")
    if bring is None or all(about.place(item) is None for item in items):
        return engine.spread(items, work, schema, done=done), {}
    found: tuple[Table, dict[int, str]] = bring(
        engine, items, work, schema, place=about.place, brought=about.brought
    )
    for item in items if done is not None else ():
        done(item)  # type: ignore[misc]
    return found
