"""Where a Spark engine's tables lie while it is open: Parquet that every worker can reach.

A table that is written and read back has no lineage: the plan of an iterative algorithm does not
grow, and a lost worker loses nothing (a local checkpoint would die with it). Every folder is
removed when its table is dropped, and the whole when the engine is closed.
"""

from __future__ import annotations

import itertools
import re
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.marks import OWN
from graph.engines.within import leaving_none
from graph.errors import RingwatchError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_TOLD = "spark.ringwatch.defaultTold"
"""Stands in a session's settings once it was told where a scratch without a scheme lies."""


class Scratch:
    """A folder on a file system that the driver and all workers share."""

    def __init__(self, session: SparkSession, base: str) -> None:
        """Make a folder of this engine's own below `base`, a path or a URI of a file system.

        A path is one of the session's default file system, which is not this machine's disk on
        every cluster, as Spark takes it too.

        Raises:
            OSError: the session's Hadoop knows no such file system, or is refused by it.
        """
        self._session = session
        self._numbers = itertools.count()
        # In the order in which they were given.
        self._given: dict[str, None] = {}
        self.files = HadoopFiles(session)
        self.base = self.files.spark_name(base)
        self.root = f"{self.base.rstrip('/')}/{OWN}{uuid.uuid4().hex[:12]}"
        self.files.make_folder(self.root)

    def place(self, name: str) -> str:
        """The URI of a folder that nobody has yet."""
        place = f"{self.root}/{name}-{next(self._numbers)}"
        self._given[place] = None
        return place

    @contextmanager
    def filling(self, name: str) -> Iterator[str]:
        """A place for a block of work to write to; nothing stays there if the block fails."""
        place = self.place(name)
        try:
            yield place
        except BaseException:
            # The reason is on its way to the user; a session that died with it removes nothing.
            with suppress(Exception):
                self.remove(place)
            raise

    def remove(self, place: str) -> None:
        """Remove a folder with all it holds; what is not there is no error."""
        self.files.remove(place)
        self._given.pop(place, None)

    def within(self) -> AbstractContextManager[None]:
        """A block of work whose folders are removed as it is left."""
        return leaving_none(lambda: list(self._given), self.remove)

    def parts(self, place: str) -> list[str]:
        """The Parquet files of a folder that Spark wrote, in the order of their partitions."""
        return [f"{place}/{name}" for name in sorted(self.sizes(place))]

    def sizes(self, place: str) -> dict[str, int]:
        """The Parquet files of a folder by name, with their bytes; none where it is not there."""
        found = self.files.sizes(place)
        return {name: size for name, size in found.items() if name.endswith(".parquet")}

    def rows(self, place: str) -> int:
        """The rows of a folder, by the footers of its files."""
        parts = self.parts(place)
        if all(_on_this_machine(part) is not None for part in parts):
            return sum(self._footer_rows(part) for part in parts)
        # No column is asked for, so the footers are all that is read.
        return self._session.read.schema("nothing int").parquet(place).count() if parts else 0

    @contextmanager
    def opened(self, part: str) -> Iterator[pq.ParquetFile]:
        """A file that Spark wrote, for pyarrow to read; fetched first where it lies elsewhere."""
        path = _on_this_machine(part)
        if path is not None:
            with pq.ParquetFile(path) as file:
                yield file
            return
        with tempfile.TemporaryDirectory(prefix="ringwatch-part-") as folder:
            copy = Path(folder) / "part.parquet"
            self.files.download(part, copy)
            with pq.ParquetFile(copy) as file:
                yield file

    def close(self) -> None:
        """Remove everything."""
        self.remove(self.root)

    def _footer_rows(self, part: str) -> int:
        with self.opened(part) as file:
            return int(file.metadata.num_rows)


def meant_by(given: str, base: str) -> str:
    """Where a scratch lies that was named without a file system; empty where it is as it reads.

    Args:
        given: the scratch as the user named it.
        base: its whole name, as the session's Hadoop takes it.
    """
    if _SCHEME.match(given) or base.startswith("file:"):
        return ""
    return (
        f"the scratch `{given}` is `{base}`, on the session's default file system"
        f" (`fs.defaultFS`); a folder that is mounted on every machine is `file://{given}`"
    )


def tell_default(session: SparkSession, given: str | None, base: str) -> None:
    """Log where a scratch without a scheme lies, once a session, if that is not this disk."""
    says = meant_by(given, base) if given is not None else ""
    if says and session.conf.get(_TOLD, "") != base:
        session.conf.set(_TOLD, base)
        getLogger(__name__).warning("%s", says)


def refuse_lost(what: str, place: str, *, written: int, found: int) -> None:
    """Raise if other than the rows that were written can be read back.

    Raises:
        RingwatchError: with both numbers and the place.
    """
    if found != written:
        message = (
            f"`{what}` was written with {written} rows and {found} can be read back from"
            f" `{place}`: the scratch file system lost some; put `scratch` on another"
        )
        raise RingwatchError(message)


def _on_this_machine(part: str) -> Path | None:
    """The path of a file whose URI is one of this machine's disk; places are never bare paths."""
    return Path("/" + part.removeprefix("file:").lstrip("/")) if part.startswith("file:") else None
