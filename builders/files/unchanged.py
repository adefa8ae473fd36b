"""Whether what is read of a file is what it held when it was looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from builders.files.listing import ExtractFile
from graph.errors import FileChanged

_CLOCKS_APART_NS = 60 * 1_000_000_000
"""How far the clocks of file servers may be from ours, and ticks in which two writes are one."""


def digest_of(content: BufferedReader) -> str:
    """The BLAKE2b of what a file holds, in hexadecimal digits."""
    return hashlib.file_digest(content, "blake2b").hexdigest()


def refuse_changed(file: ExtractFile) -> None:
    """Raise if a file of this machine has another size or time of writing than when it was listed.

    Raises:
        FileChanged: with both sizes.
        FileNotFoundError: it is gone.
    """
    facts = file.path.stat()
    if (facts.st_size, facts.st_mtime_ns) != (file.bytes, file.modified_ns):
        message = (
            f"it changed while it was read: {facts.st_size} bytes where {file.bytes} were listed,"
            " or written to since; let its writer finish, and start again"
        )
        raise FileChanged(message)


@contextmanager
def unchanged(file: ExtractFile) -> Iterator[None]:
    """A block that reads a file of this machine, which must be what it was until the block ends.

    A file that changed fails in many ways, so whatever goes wrong with it is first held against
    this.

    Raises:
        FileChanged: the block read, or may have read, something else.
    """
    try:
        yield
    except FileChanged:
        raise
    except Exception as error:
        _refuse_other(file, error)
        raise
    _refuse_other(file, None)


def _refuse_other(file: ExtractFile, error: Exception | None) -> None:
    try:
        refuse_changed(file)
        other = _touched(file) and not _holds_the_same(file)
    except FileNotFoundError:
        message = f"{file.name}: it vanished after it was listed; let its writer finish, list again"
        raise FileChanged(message) from None
    except FileChanged as changed:
        message = f"{file.name}: {changed}"
        raise FileChanged(message) from error
    if other:
        message = (
            f"{file.name}: it changed while it was read: as many bytes, but not those that were"
            " looked at; let its writer finish, and start again"
        )
        raise FileChanged(message) from error


def _touched(file: ExtractFile) -> bool:
    """Whether anything was done to the file since shortly before it was looked at.

    Size and time of writing do not tell all: a writer may set the time back, or write twice within
    the clock's tick. The time at which a file was changed in any way nobody can set, so what it
    says to be older need not be read once more. What was fetched for this reading is always newer,
    and is compared: it is a copy that nobody else writes to, and lies here already.
    """
    if file.content is None:
        return False
    return file.path.stat().st_ctime_ns >= file.content.looked_at_ns - _CLOCKS_APART_NS


def _holds_the_same(file: ExtractFile) -> bool:
    # After the reading: a file that is what it was then, was so before.
    with file.path.open("rb") as content:
        return file.content is not None and digest_of(content) == file.content.digest
