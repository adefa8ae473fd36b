"""Where a table's files lie: a Hive location as a folder that the house's reader can list."""

from __future__ import annotations

import re
from pathlib import Path

from builders.files.names import shown_text
from graph.errors import ExtractError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?=/)")


def local_folder(location: str | None, *, of: str) -> Path:
    """The folder that a location names; the one place where file systems are told apart.

    A location is a Hadoop path, not a URL: a percent sign in it is part of a folder's name.

    Raises:
        ExtractError: there is no location, or it lies on a file system that is not read.
    """
    if not location:
        message = f"{of} has no location in its catalogue; nothing says where its files lie"
        raise ExtractError(message)
    found = _SCHEME.match(location)
    if found is None and location.startswith("/"):
        return Path(location)
    if found is not None and found[1].lower() == "file":
        rest = location[found.end() :]
        if rest.startswith("//"):
            rest = "/" + rest[2:].partition("/")[2]
        return Path(rest)
    message = (
        f"{of} lies at `{shown_text(location)}`, and only `file:` and plain paths are read; mount"
        " it, or copy the table's folder to a disk and name that folder as `path`"
    )
    raise ExtractError(message)
