"""Where a table's files lie: a Hive location as a folder that the house's reader can list."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from builders.files.names import shown_path, shown_text
from builders.files.remote import Client, RemotePlace, reached
from graph.errors import ExtractError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/)")


def folder_of(location: str | None, *, of: str, client: Client | None = None) -> Path | RemotePlace:
    """The folder that a location names; the one place where file systems are told apart.

    A location is a Hadoop path, not a URL: a percent sign in it is part of a folder's name.

    Args:
        location: as the catalogue has it.
        of: the table or partition, for messages.
        client: the engine's own way to other file systems, if it has one.

    Raises:
        ExtractError: there is no location, or it lies on a file system that is not reached.
    """
    if not location:
        message = f"{of} has no location in its catalogue; nothing says where its files lie"
        raise ExtractError(message)
    found = _SCHEME.match(location)
    if found is None and location.startswith("/"):
        return Path(location)
    if found is None:
        message = (
            f"{of} lies at `{shown_text(location)}`, which is no place: a location is a path from"
            " `/` or begins with a scheme, as `hdfs://`; its catalogue is damaged"
        )
        raise ExtractError(message)
    scheme, host, path = found[1].lower(), "", location[found.end() :]
    if path.startswith("//"):
        host, slash, path = path[2:].partition("/")
        path = slash + path
    if scheme == "file":
        return Path(path)
    place = reached(RemotePlace(scheme, host, path), client)
    if place is not None:
        return place
    mend = (
        f"the session of Spark has no file system `{scheme}:` either; give it the jars that it has"
        " where the table is used, as `--spark spark.jars=...`"
        if client is not None
        else "`--engine spark` reads it where its session has that file system; else mount it, or"
        " copy the table's folder to a disk and name that folder as `path`"
    )
    message = f"{of} lies at `{shown_text(location)}`, which this engine does not reach: {mend}"
    raise ExtractError(message)


def is_there(folder: Path | RemotePlace) -> bool:
    """Whether a folder is there.

    Raises:
        ExtractError: its file system does not answer.
    """
    if isinstance(folder, Path):
        return folder.exists()
    try:
        return folder.facts() is not None
    except OSError as error:
        raise ExtractError(folder.refusal(error)) from error


def shown_folder(folder: Path | RemotePlace) -> str:
    """A folder's name as text that can be printed."""
    return shown_path(folder) if isinstance(folder, Path) else shown_text(str(folder))


def way_to(folder: Path | RemotePlace) -> tuple[str, ...]:
    """The names from the root of all file systems to a folder; links are followed on this one."""
    if isinstance(folder, Path):
        return ("file", *folder.resolve().parts)
    return (f"{folder.scheme}://{folder.host}", *PurePosixPath(folder.path).parts)
