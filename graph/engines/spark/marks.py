"""Whose a folder of a shared scratch is: a small file in it says so, for people and for jobs.

Everybody may write in a shared scratch. What a mark says is a stranger's word: it is read up to a
length, and whatever is not in our way says nothing.
"""

from __future__ import annotations

import json
import socket
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from graph.engines.spark.files import Facts, HadoopFiles
from graph.engines.spark.processes import Process

OWN = "ringwatch-"
"""Folders of engines have names that begin so."""
STEPS = "ringwatch-steps-"
"""Folders of kept steps have names that begin so."""
ABOUT = "ABOUT.json"
"""The file that says whose a folder is."""

_LONGEST = 4_096


@dataclass(frozen=True, slots=True)
class Owner:
    """For which folder of which machine a folder of the scratch says it is."""

    host: str
    folder: str

    @classmethod
    def here(cls, folder: Path) -> Owner:
        """The owner of what this machine puts in the scratch for a local folder.

        A folder is one folder by whatever links and `..` it is named.
        """
        return cls(socket.gethostname(), str(folder.resolve()))

    def __str__(self) -> str:
        """As it is shown: without the control characters that a stranger may have written."""
        return f"{json.dumps(self.folder)} on {json.dumps(self.host)}"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a folder says of itself: whose it is, and which process said so last, if it tells."""

    owner: Owner
    process: Process | None


def mark(files: HadoopFiles, place: str, says: str, folder: Path) -> None:
    """Say in a folder of the scratch what it is, and for which folder of which machine.

    Args:
        files: file operations of the session.
        place: the folder on the scratch; it is made where it is not there.
        says: what it holds, in a sentence.
        folder: the local folder for which it is.
    """
    owner = Owner.here(folder)
    told = {
        "says": says,
        "host": owner.host,
        "folder": owner.folder,
        **Process.here().facts(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with tempfile.TemporaryDirectory(prefix="ringwatch-about-") as holder:
        file = Path(holder) / ABOUT
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        files.upload(file, f"{place}/{ABOUT}")


def mark_facts(files: HadoopFiles, place: str) -> Facts | None:
    """What is known of a folder's mark without reading it; None where it has none.

    Raises:
        OSError: the file system refuses.
    """
    about = files.facts(f"{place}/{ABOUT}")
    return about if about is not None and about[0] else None


def read_mark(files: HadoopFiles, place: str) -> Mark | None:
    """What a folder says of itself; None where it does not say so, or not in our way.

    Raises:
        OSError: the file system refuses.
    """
    about = mark_facts(files, place)
    # What has no length may be a pipe, and whoever opens one waits for its other end.
    if about is None or not 0 < about[1] <= _LONGEST:
        return None
    with files.opened(f"{place}/{ABOUT}") as file:
        data = file.read(_LONGEST)
    try:
        said: dict[str, Any] = json.loads(data)
        return Mark(Owner(str(said["host"]), str(said["folder"])), Process.told(said))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def owner_of(files: HadoopFiles, place: str) -> Owner | None:
    """Whose a folder says it is; None where it does not say so, or not in our way.

    Raises:
        OSError: the file system refuses.
    """
    found = read_mark(files, place)
    return None if found is None else found.owner
