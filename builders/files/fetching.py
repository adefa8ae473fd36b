"""Files of other file systems, brought to this machine for as long as they are read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path, PurePosixPath

import pyarrow as pa

from builders.files.listing import ExtractFile
from builders.files.remote import Facts, RemotePlace
from graph.errors import FileChanged, FileUnreadable

_LONGEST_ENDING = 20


@contextmanager
def at_hand(file: ExtractFile) -> Iterator[ExtractFile]:
    """The file on this machine: itself, or a copy that is removed again.

    Raises:
        FileUnreadable: it cannot be fetched.
        FileChanged: it is not the file that was listed.
    """
    if file.remote is None:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="ringwatch-fetched-") as folder:
        ending = PurePosixPath(file.remote.path).suffix[:_LONGEST_ENDING]
        path = Path(folder) / f"fetched{ending}"
        facts = _fetch(file, file.remote, path)
        yield brought(file, path, facts.bytes, facts.modified_ns)


@contextmanager
def opened(file: ExtractFile) -> Iterator[BufferedReader]:
    """The file's bytes from its beginning, wherever it lies, for one reading of them.

    Raises:
        OSError: it cannot be read.
    """
    if file.remote is None:
        with file.path.open("rb") as content:
            yield content
        return
    with file.remote.content() as content:
        yield content


def brought(file: ExtractFile, copy: Path, size: int, modified_ns: int) -> ExtractFile:
    """A file of which an engine has brought a copy here, and told what it was when it did.

    If it is not what was listed, reading the copy finds that it changed; or, where it is known what
    the file held, holds the copy against that.
    """
    listed = (size, modified_ns) == (file.bytes, file.modified_ns)
    modified = copy.stat().st_mtime_ns if listed else file.modified_ns - 1
    return replace(file, path=copy, modified_ns=modified, remote=None)


def _fetch(file: ExtractFile, place: RemotePlace, path: Path) -> Facts:
    try:
        _refuse_changed(file, place)
        place.fetch(path)
        return _refuse_changed(file, place)
    except (OSError, pa.ArrowException) as error:
        raise FileUnreadable(place.refusal(error)) from error


def _refuse_changed(file: ExtractFile, place: RemotePlace) -> Facts:
    """What is told of the file now; as for a file of this machine (`unchanged.refuse_changed`)."""
    facts = place.facts()
    if facts is None or not facts.is_file:
        message = "it vanished after it was listed; let its writer finish, list again"
        raise FileChanged(message)
    written = file.content is None and facts.modified_ns != file.modified_ns
    if facts.bytes != file.bytes or written:
        message = (
            f"it changed while it was read: {facts.bytes} bytes where {file.bytes} were"
            " listed, or written to since; let its writer finish, and start again"
        )
        raise FileChanged(message)
    return facts
