"""Files on whatever file system Spark's Hadoop knows: HDFS, object stores, this machine's disk.

Everything goes through the driver's JVM, so it works wherever the session works, with the
session's own addresses and credentials.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from graph.engines.spark.engine import SparkEngine


def uri_of(path: Path) -> str:
    """A path of this machine as Hadoop takes it, which decodes no `%20`."""
    return f"file://{path.absolute()}"


class HadoopFiles:
    """File operations by URI, as the session's Hadoop does them."""

    def __init__(self, session: SparkSession) -> None:
        """Use the session's JVM and its Hadoop settings."""
        self._session: Any = session

    def make_folder(self, place: str) -> None:
        """Make a folder and those above it."""
        self._system(place).mkdirs(self._path(place))

    def sizes(self, folder: str) -> dict[str, int]:
        """The files of a folder by name, with their bytes; none where it is not there."""
        if not self._system(folder).exists(self._path(folder)):
            return {}
        entries = self._system(folder).listStatus(self._path(folder))
        return {
            str(entry.getPath().getName()): int(entry.getLen())
            for entry in entries
            if not entry.isDirectory()
        }

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place."""
        source = self._path(uri_of(path))
        self._system(place).copyFromLocalFile(source, self._path(place))

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""
        source, target = self._path(place), self._path(uri_of(path))
        # The raw local file system leaves no checksum file beside the copy.
        self._system(place).copyToLocalFile(False, source, target, True)

    def rename(self, source: str, target: str) -> None:
        """Give a file or folder another name; a file may replace a file.

        Raises:
            OSError: the file system refused.
        """
        system = self._system(source)
        if system.exists(self._path(target)) and not system.isDirectory(self._path(target)):
            # HDFS replaces a file in one step only by this call.
            context = self._jvm.org.apache.hadoop.fs.FileContext.getFileContext(
                self._path(source).toUri(), self._configuration
            )
            options = self._session.sparkContext._gateway.new_array(
                self._jvm.org.apache.hadoop.fs.Options.Rename, 1
            )
            options[0] = self._jvm.org.apache.hadoop.fs.Options.Rename.OVERWRITE
            context.rename(self._path(source), self._path(target), options)
            return
        if not system.rename(self._path(source), self._path(target)):
            message = f"`{source}` could not be renamed to `{target}`"
            raise OSError(message)

    def read(self, place: str) -> bytes | None:
        """A small file's bytes, or None where it is not there."""
        if not self._system(place).exists(self._path(place)):
            return None
        with tempfile.TemporaryDirectory(prefix="ringwatch-read-") as folder:
            copy = Path(folder) / "file"
            self.download(place, copy)
            return copy.read_bytes()

    def write(self, place: str, data: bytes) -> None:
        """Make a small file hold `data`, in one step for whoever reads it."""
        with tempfile.TemporaryDirectory(prefix="ringwatch-write-") as folder:
            source = Path(folder) / "file"
            source.write_bytes(data)
            beside = f"{place}.tmp"
            self.upload(source, beside)
        self.rename(beside, place)

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds; what is not there is no error."""
        self._system(place).delete(self._path(place), True)

    @property
    def _jvm(self) -> Any:  # noqa: ANN401 - the JVM's names
        return self._session._jvm

    @property
    def _configuration(self) -> Any:  # noqa: ANN401 - an object of the JVM
        return self._session._jsc.hadoopConfiguration()

    def _path(self, place: str) -> Any:  # noqa: ANN401 - an object of the JVM
        return self._jvm.org.apache.hadoop.fs.Path(place)

    def _system(self, place: str) -> Any:  # noqa: ANN401 - an object of the JVM
        return self._path(place).getFileSystem(self._configuration)


def files_of(engine: SparkEngine) -> HadoopFiles:
    """The file operations of an engine's session."""
    return engine.scratch.files
