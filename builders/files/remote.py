"""Places on file systems that are reached over the network: by Arrow's clients, or an engine's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import Protocol

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
    "hdfs": (
        "; it needs Hadoop's own client (`libhdfs`, CLASSPATH, JAVA_HOME) on every machine, or"
        " `--engine spark`, whose session has one"
    ),
    "s3": "; addresses and credentials are those of the environment (`AWS_...`)",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of a file or folder; `modified_ns` is its time of writing, since 1970."""

    is_file: bool
    bytes: int
    modified_ns: int


class Client(Protocol):
    """An engine's own way to files elsewhere, by URI (Spark's: its session's Hadoop).

    Of a file it tells whether it is one, its bytes and its time of writing (ns since 1970). It
    stays in the process that made it; engines that compute elsewhere bring files there themselves.
    """

    def knows(self, scheme: str) -> bool:
        """Whether it has a file system of this scheme."""

    def facts(self, place: str) -> tuple[bool, int, int] | None:
        """What is told of a place; None: nothing is there."""

    def below(self, folder: str) -> list[tuple[str, tuple[bool, int, int]]]:
        """All in a folder and below by its relative name, with what is told of it."""

    def download(self, place: str, path: Path) -> None:
        """Copy a file to this machine."""

    def opened(self, place: str) -> BufferedReader:
        """A file's bytes, fetched as they are read."""


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A file or folder: the scheme and host as they were written, and the path below, literally.

    As in Hadoop, a place is no URL: a percent sign in it is part of a name. `client` reaches it;
    where there is none, Arrow does. It does not travel to other processes.
    """

    scheme: str
    host: str
    path: str
    client: Client | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[type[RemotePlace], tuple[str, str, str]]:
        """What travels to another process."""
        return RemotePlace, (self.scheme, self.host, self.path)

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

    def inner(self, *names: str) -> RemotePlace:
        """What lies below this folder by these names."""
        path = "/".join((self.path.rstrip("/"), *names))
        return RemotePlace(self.scheme, self.host, path, self.client)

    def facts(self) -> Facts | None:
        """What is told of it; None: nothing is there.

        Raises:
            OSError: the file system does not answer.
            ExtractError: there is no such file system, or its client is lacking.
        """
        if self.client is not None:
            told = self.client.facts(str(self))
            return None if told is None else Facts(*told)
        system, path = self._opened()
        return _arrow_facts(system.get_file_info(path))

    def below(self) -> list[tuple[tuple[str, ...], Facts]]:
        """All that lies in this folder and the folders below it, by the names on the way there.

        An object store may list a file and not its folders.

        Raises:
            OSError: the file system does not answer.
            ExtractError: there is no such file system, or its client is lacking.
        """
        if self.client is not None:
            told = self.client.below(str(self))
            return [(tuple(name.split("/")), Facts(*facts)) for name, facts in told]
        system, path = self._opened()
        infos = system.get_file_info(pafs.FileSelector(path, recursive=True))
        found = [(info.path.removeprefix(path).strip("/"), _arrow_facts(info)) for info in infos]
        return [(tuple(name.split("/")), facts) for name, facts in found if facts is not None]

    def fetch(self, path: Path) -> None:
        """Copy the file to this machine.

        Raises:
            OSError: it cannot be read.
            ExtractError: there is no such file system, or its client is lacking.
        """
        if self.client is not None:
            self.client.download(str(self), path)
            return
        system, source = self._opened()
        pafs.copy_files(
            source,
            str(path),
            source_filesystem=system,
            destination_filesystem=pafs.LocalFileSystem(),
        )

    @contextmanager
    def content(self) -> Iterator[BufferedReader]:
        """The file's bytes, from its beginning or from anywhere.

        Raises:
            OSError: it cannot be read.
            ExtractError: there is no such file system, or its client is lacking.
        """
        if self.client is not None:
            with self.client.opened(str(self)) as file:
                yield file
            return
        system, path = self._opened()
        with system.open_input_file(path) as content:
            yield content

    def _opened(self) -> tuple[pafs.FileSystem, str]:
        try:
            system = _system(_SCHEMES[self.scheme], self.host)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise ExtractError(self.refusal(error)) from error
        return system, self._path()

    def refusal(self, error: Exception) -> str:
        """Why it cannot be read, with what the client of its file system needs."""
        needs = _NEEDS.get(_SCHEMES[self.scheme], "") if self.client is None else ""
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


def reached(place: RemotePlace, client: Client | None) -> RemotePlace | None:
    """The place as `client` reaches it, else as Arrow does; None where neither knows the scheme."""
    if client is not None and client.knows(place.scheme):
        return RemotePlace(place.scheme, place.host, place.path, client)
    return place if place.scheme in _SCHEMES else None


def _arrow_facts(info: pafs.FileInfo) -> Facts | None:
    if info.type == pafs.FileType.NotFound:
        return None
    return Facts(info.is_file, int(info.size or 0), int(info.mtime_ns or 0))


@cache
def _system(scheme: str, host: str) -> pafs.FileSystem:
    """A client, opened once in a process: it keeps its connections."""
    system, _ = pafs.FileSystem.from_uri(f"{scheme}://{host}/" if host else f"{scheme}:///")
    return system
