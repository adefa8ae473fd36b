"""Places on file systems that are reached over the network, by Arrow's clients for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.fs as pafs

from builders.files.names import first_line, shown_text
from graph.errors import ConfigError, ExtractError

_SCHEMES = {
    "s3": "s3",
    "s3a": "s3",
    "s3n": "s3",
    "gs": "gs",
    "abfs": "abfs",
    "abfss": "abfss",
    "hdfs": "hdfs",
}
_PLACE = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?://(?P<host>[^/]*))?(?P<path>(?:/.*)?)", re.DOTALL
)
_NEEDS = {
    "hdfs": "; it needs Hadoop's own client (`libhdfs`, CLASSPATH, JAVA_HOME) on every machine",
    "s3": "; addresses and credentials are those of the environment (`AWS_...`)",
}


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A file or folder: the scheme and host as they were written, and the path below, literally.

    As in Hadoop, a place is no URL: a percent sign in it is part of a name.
    """

    scheme: str
    host: str
    path: str

    def __str__(self) -> str:
        """As it is written in a job file."""
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def name(self) -> str:
        """The last part."""
        return PurePosixPath(self.path).name

    @property
    def suffixes(self) -> list[str]:
        """The endings of the last part."""
        return PurePosixPath(self.path).suffixes

    def below(self, *names: str) -> RemotePlace:
        """What lies below this folder by these names."""
        return RemotePlace(self.scheme, self.host, "/".join((self.path.rstrip("/"), *names)))

    def opened(self) -> tuple[pafs.FileSystem, str]:
        """The file system, and the path as it knows it.

        Raises:
            ExtractError: there is no such file system, or its client is lacking.
        """
        try:
            system = _system(_SCHEMES[self.scheme], self.host)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ExtractError(self.refusal(error)) from error
        return system, self._path()

    def refusal(self, error: Exception) -> str:
        """Why it cannot be read, with what the client of its file system needs."""
        needs = _NEEDS.get(_SCHEMES[self.scheme], "")
        return f"{shown_text(str(self))} cannot be read: {first_line(error)}{needs}"

    def _path(self) -> str:
        if _SCHEMES[self.scheme] == "hdfs":
            return self.path or "/"
        # An object store's path begins with the bucket; Azure's container stands before the `@`.
        return f"{self.host.partition('@')[0]}{self.path}".rstrip("/")


def remote_place(text: str) -> RemotePlace | None:
    """The place that `text` names on another file system, or None where it is a path.

    Raises:
        ConfigError: the scheme is none that can be read.
    """
    found = _PLACE.fullmatch(text)
    if found is None or (found["host"] is None and found["scheme"].lower() != "hdfs"):
        return None
    scheme = found["scheme"].lower()
    if scheme not in _SCHEMES:
        known = ", ".join(f"`{one}://`" for one in _SCHEMES)
        message = f"`{shown_text(text)}` cannot be read; there are paths, `hive://`, {known}"
        raise ConfigError(message)
    return RemotePlace(scheme, found["host"] or "", found["path"])


@cache
def _system(scheme: str, host: str) -> pafs.FileSystem:
    """A client, opened once in a process: it keeps its connections."""
    system, _ = pafs.FileSystem.from_uri(f"{scheme}://{host}/" if host else f"{scheme}:///")
    return system
