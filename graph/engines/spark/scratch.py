"""Where a Spark engine's tables lie while it is open: Parquet that every worker can reach.

A table that is written and read back has no lineage: the plan of an iterative algorithm does not
grow, and a lost worker loses nothing (a local checkpoint would die with it). Every folder is
removed when its table is dropped, and the whole when the engine is closed.
"""

from __future__ import annotations

import itertools
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.fs as pafs
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class Scratch:
    """A folder on a file system that the driver and all workers share."""

    def __init__(self, session: SparkSession, base: str) -> None:
        """Make a folder of this engine's own below `base`, a path or a URI of a file system."""
        self._session = session
        self._numbers = itertools.count()
        self.root = f"{base.rstrip('/')}/ringwatch-{uuid.uuid4().hex[:12]}"
        self._hadoop(self.root).mkdirs(self._path(self.root))

    def place(self, name: str) -> str:
        """The URI of a folder that nobody has yet."""
        return f"{self.root}/{name}-{next(self._numbers)}"

    def remove(self, place: str) -> None:
        """Remove a folder with all it holds; what is not there is no error."""
        self._hadoop(place).delete(self._path(place), True)

    def parts(self, place: str) -> list[str]:
        """The Parquet files of a folder that Spark wrote, in the order of their partitions."""
        entries = self._hadoop(place).listStatus(self._path(place))
        found = [str(entry.getPath()) for entry in entries]
        return sorted(name for name in found if name.endswith(".parquet"))

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place of the file system."""
        source = self._path(path.absolute().as_uri())
        self._hadoop(place).copyFromLocalFile(source, self._path(place))

    def sizes(self, place: str) -> dict[str, int]:
        """The Parquet files of a folder by name, with their bytes; none where it is not there."""
        if not self._hadoop(place).exists(self._path(place)):
            return {}
        entries = self._hadoop(place).listStatus(self._path(place))
        found = {str(entry.getPath().getName()): int(entry.getLen()) for entry in entries}
        return {name: size for name, size in found.items() if name.endswith(".parquet")}

    def rows(self, place: str) -> int:
        """The rows of a folder, by the footers of its files."""
        rows = 0
        for part in self.parts(place):
            system, path = open_part(part)
            with system.open_input_file(path) as opened:
                rows += pq.read_metadata(opened).num_rows
        return rows

    def close(self) -> None:
        """Remove everything."""
        self.remove(self.root)

    def _path(self, place: str) -> Any:  # noqa: ANN401 - an object of the JVM
        return _jvm(self._session).org.apache.hadoop.fs.Path(place)

    def _hadoop(self, place: str) -> Any:  # noqa: ANN401 - an object of the JVM
        session: Any = self._session
        return self._path(place).getFileSystem(session._jsc.hadoopConfiguration())


def _jvm(session: SparkSession) -> Any:  # noqa: ANN401 - the JVM's names
    within: Any = session
    return within._jvm


def open_part(part: str) -> tuple[pafs.FileSystem, str]:
    """The file system and the path of a file that Spark wrote, for pyarrow to read."""
    if "://" not in part and not part.startswith("file:"):
        return pafs.LocalFileSystem(), part
    if part.startswith("file:"):
        return pafs.LocalFileSystem(), str(Path("/" + part.removeprefix("file:").lstrip("/")))
    system, path = pafs.FileSystem.from_uri(part.replace("s3a://", "s3://", 1))
    return system, path
