"""Files on whatever file system Spark's Hadoop knows: HDFS, object stores, this machine's disk.

Everything goes through the driver's JVM, so it works wherever the session works, with the
session's own addresses and credentials. What Hadoop refuses is raised as an `OSError` in one line.
"""

from __future__ import annotations

import io
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.engines.spark.hadoop_stream import PIECE, HadoopStream
from graph.engines.spark.refused_files import told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from graph.engines.spark.engine import SparkEngine

Facts = tuple[bool, int, int]

_NS_A_MS = 1_000_000


def uri_of(path: Path) -> str:
    """A path of this machine as Hadoop takes it, which decodes no `%20`."""
    return f"file://{path.absolute()}"


class HadoopFiles:
    """File operations by URI, as the session's Hadoop does them."""

    def __init__(self, session: SparkSession) -> None:
        """Use the session's JVM and its Hadoop settings."""
        self._session: Any = session

    # Writing

    def make_folder(self, place: str) -> None:
        """Make a folder and those above it."""
        with told(place):
            self._system(place).mkdirs(self._path(place))

    def upload(self, path: Path, place: str) -> None:
        """Copy a file of this machine to a place."""
        with told(place):
            source = self._path(uri_of(path))
            self._system(place).copyFromLocalFile(source, self._path(place))

    def move_new(self, source: str, target: str) -> bool:
        """Give a folder a name that nothing has yet; False where something has it.

        Where the file system renames in one step, as HDFS does, the folder stands there whole or
        not at all, and of two that want the name one gets it.
        """
        try:
            with told(target):
                self._rename(source, target, overwrite=False)
        except FileExistsError:
            return False
        return True

    def put_new(self, place: str, data: bytes) -> bool:
        """Make a small file that is not there yet, in one step; False where there is one.

        It is written beside its place and renamed, which replaces nothing: of two that write it at
        once, HDFS tells one of them so.
        """
        beside = self._beside(place, data)
        if self.move_new(beside, place):
            return True
        self.remove(beside)
        return False

    def write(self, place: str, data: bytes) -> None:
        """Make a small file hold `data`, in one step for whoever reads it."""
        beside = self._beside(place, data)
        with told(place):
            self._rename(beside, place, overwrite=True)

    def remove(self, place: str) -> None:
        """Remove a file or a folder with all it holds; what is not there is no error."""
        with told(place):
            self._system(place).delete(self._path(place), True)

    # Reading

    def knows(self, scheme: str) -> bool:
        """Whether the session has a file system of this scheme."""
        try:
            with told(scheme):
                self._jvm.org.apache.hadoop.fs.FileSystem.getFileSystemClass(
                    scheme, self._configuration
                )
        except OSError:
            return False
        return True

    def sizes(self, folder: str) -> dict[str, int]:
        """The files of a folder by name, with their bytes; none where it is not there."""
        return {name: size for name, (file, size, _) in self.entries(folder) if file}

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in a folder; none where it is not there."""
        return [name for name, (file, _, _) in self.entries(folder) if not file]

    def entries(self, folder: str) -> list[tuple[str, Facts]]:
        """All in a folder by name, with what `facts` tells; none where it is not there."""
        try:
            with told(folder):
                found = self._system(folder).listStatus(self._path(folder))
                return [(str(one.getPath().getName()), _facts(one)) for one in found]
        except FileNotFoundError:
            return []

    def facts(self, place: str) -> Facts | None:
        """Whether a file, its bytes and time of writing (ns since 1970); None: nothing there."""
        try:
            with told(place):
                return _facts(self._system(place).getFileStatus(self._path(place)))
        except FileNotFoundError:
            return None

    def below(self, folder: str) -> list[tuple[str, Facts]]:
        """As `entries`, of all folders below too; names are relative, with `/` between them."""
        found = self.entries(folder)
        for name, (file, _, _) in tuple(found):
            if not file:
                inner = self.below(f"{folder.rstrip('/')}/{name}")
                found += [(f"{name}/{each}", facts) for each, facts in inner]
        return found

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""
        with told(place):
            source, target = self._path(place), self._path(uri_of(path))
            # The raw local file system leaves no checksum file beside the copy.
            self._system(place).copyToLocalFile(False, source, target, True)

    def opened(self, place: str) -> io.BufferedReader:
        """A file's bytes, fetched as they are read; whoever opens it closes it."""
        with told(place):
            size = int(self._system(place).getFileStatus(self._path(place)).getLen())
            stream = self._system(place).open(self._path(place))
        return io.BufferedReader(HadoopStream(self._jvm, stream, size, place), PIECE)

    def read(self, place: str) -> bytes | None:
        """A small file's bytes, or None where it is not there."""
        if self.facts(place) is None:
            return None
        with tempfile.TemporaryDirectory(prefix="ringwatch-read-") as folder:
            copy = Path(folder) / "file"
            self.download(place, copy)
            return copy.read_bytes()

    def spark_name(self, place: str) -> str:
        """A file's whole name, as Spark's reader of files gives it in the column `path`.

        It has a file system's scheme and host, where `place` may have left them to the session.
        """
        with told(place):
            return str(self._system(place).makeQualified(self._path(place)).toString())

    def spark_url(self, place: str) -> str:
        """A file's name as Spark's errors give it."""
        with told(place):
            return str(self._system(place).makeQualified(self._path(place)).toUri().toString())

    def _beside(self, place: str, data: bytes) -> str:
        """A new file that holds `data`, beside a place."""
        beside = f"{place}.{uuid.uuid4().hex}.tmp"
        with tempfile.TemporaryDirectory(prefix="ringwatch-write-") as folder:
            source = Path(folder) / "file"
            source.write_bytes(data)
            self.upload(source, beside)
        return beside

    def _rename(self, source: str, target: str, *, overwrite: bool) -> None:
        """Rename by the one call that neither moves a folder into another nor guesses."""
        kinds = self._jvm.org.apache.hadoop.fs.Options.Rename
        options = self._session.sparkContext._gateway.new_array(kinds, 1)
        options[0] = kinds.OVERWRITE if overwrite else kinds.NONE
        context = self._jvm.org.apache.hadoop.fs.FileContext.getFileContext(
            self._path(source).toUri(), self._configuration
        )
        context.rename(self._path(source), self._path(target), options)

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


def _facts(status: Any) -> Facts:  # noqa: ANN401 - an object of the JVM
    return (
        not status.isDirectory(),
        int(status.getLen()),
        int(status.getModificationTime()) * _NS_A_MS,
    )


def files_of(engine: SparkEngine) -> HadoopFiles:
    """The file operations of an engine's session."""
    return engine.scratch.files
