"""Whether what is read of a file is what it held when it was looked at."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from builders.files.listing import ExtractFile
from builders.files.system_says import system_says
from graph.errors import FileChanged, FileUnreadable

_CLOCKS_APART_NS = 60 * 1_000_000_000
"""How far the clocks of file servers may be from ours, and ticks in which two writes are one."""


def digest_of(content: BufferedReader) -> str:
    """The BLAKE2b of what a file holds, in hexadecimal digits."""
    return hashlib.file_digest(content, "blake2b").hexdigest()


def refuse_changed(file: ExtractFile) -> None:
    """Raise if a file of this machine has another size or time of writing than when it was listed.

    Where it is known what the file held, the time says nothing: a file may be touched, or delivered
    once more, and hold the same. That is asked when it has been read (`unchanged`).

    Raises:
        FileChanged: with both sizes.
        FileNotFoundError: it is gone.
    """
    facts = file.path.stat()
    written = file.content is None and facts.st_mtime_ns != file.modified_ns
    if facts.st_size != file.bytes or written:
        message = (
            f"it changed while it was read: {facts.st_size} bytes where {file.bytes} were listed,"
            " or written to since; let its writer finish, and start again"
        )
        raise FileChanged(message)


@contextmanager
def unchanged(file: ExtractFile) -> Iterator[None]:
    """A block that reads a file of this machine, which must be what it was until the block ends.

    A file that changed fails in many ways, so whatever goes wrong with it is first held against
    this. Where that cannot be asked any more, what went wrong stands as it is.

    Raises:
        FileChanged: the block read, or may have read, something else.
        FileUnreadable: the block read it, and nobody can say whether it is still the same.
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
    except OSError as refusal:
        if error is not None:
            return
        message = (
            f"{file.name}: it was read and cannot be looked at again: {system_says(refusal)};"
            " mend that, and start again"
        )
        raise FileUnreadable(message) from refusal
    if other:
        message = (
            f"{file.name}: it changed while it was read: as many bytes, but not those that were"
            " looked at; let its writer finish, and start again"
        )
        raise FileChanged(message) from error


def _touched(file: ExtractFile) -> bool:
    """Whether anything may have been done to the file since shortly before it was looked at.

    Size and time of writing do not tell all: a writer may set the time back, or write twice within
    the clock's tick. The time at which a file was changed in any way (ctime) nobody can set on
    the disks of Linux and macOS, so what it says to be older need not be read once more. On FUSE,
    SMB and exFAT it may be no more than the time of writing: whoever writes as many other bytes
    there and sets the time back is not noticed.

    What was fetched for this reading is always newer, and is compared: it is a copy that nobody
    else writes to, and lies here already.
    """
    if file.content is None:
        return False
    facts = file.path.stat()
    since = file.content.looked_at_ns - _CLOCKS_APART_NS
    return facts.st_mtime_ns != file.modified_ns or facts.st_ctime_ns >= since


def _holds_the_same(file: ExtractFile) -> bool:
    # After the reading: a file that is what it was then, was so before.
    with file.path.open("rb") as content:
        return file.content is not None and digest_of(content) == file.content.digest
