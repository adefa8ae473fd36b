"""What dead jobs left on a shared scratch: each folder says whose it is, and old ones are told.

Nothing is removed here. A job on another machine may be at work in a folder, or be started again
and go on with it, and only people know.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.engines.spark.files import HadoopFiles

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OWN = "ringwatch-"
"""Folders of engines have names that begin so."""
STEPS = "ringwatch-steps-"
"""Folders of kept steps have names that begin so."""
ABOUT = "ABOUT.json"
"""The file that says whose a folder is."""
OLD_DAYS = 7
"""A folder that was not touched for so many days is told of."""

_OURS = re.compile(r"ringwatch-(steps-)?[0-9a-f]{12,32}")
_TOLD = "spark.ringwatch.told"
"""Stands in a session's settings once what lies in a scratch was told."""
_SHOWN = 5
_LONGEST = 4_096
_DAY_NS = 86_400 * 10**9


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A folder that was not touched for long: where, for how many days, and whose it says it is."""

    place: str
    days: int
    whose: str


def mark(files: HadoopFiles, place: str, says: str, folder: Path) -> None:
    """Say in a folder of the scratch what it is, and for which folder of which machine.

    Args:
        files: file operations of the session.
        place: the folder on the scratch; it is made where it is not there.
        says: what it holds, in a sentence.
        folder: the local folder for which it is.
    """
    told = {
        "says": says,
        "host": socket.gethostname(),
        "folder": str(folder.absolute()),
        "process": os.getpid(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with tempfile.TemporaryDirectory(prefix="ringwatch-about-") as holder:
        file = Path(holder) / ABOUT
        file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        files.upload(file, f"{place}/{ABOUT}")


def left_behind(files: HadoopFiles, base: str, *, days: int = OLD_DAYS) -> list[LeftBehind]:
    """The engines' folders below `base` that were marked, or else made, `days` or more ago.

    Oldest first. A folder's mark is written anew with each step that a run keeps.
    """
    found: list[LeftBehind] = []
    for name, (is_file, _, made) in files.entries(base):
        if is_file or not _OURS.fullmatch(name):
            continue
        place = f"{base.rstrip('/')}/{name}"
        about = files.facts(f"{place}/{ABOUT}")
        touched = made if about is None else about[2]
        age = (time.time_ns() - touched) // _DAY_NS
        if age >= days:
            found.append(LeftBehind(place, age, _whose(files, place, about)))
    return sorted(found, key=lambda each: (-each.days, each.place))


def tell_left_behind(session: SparkSession, files: HadoopFiles, base: str) -> None:
    """Log what was left in a scratch, once a session; a scratch that lists nothing is no error."""
    if session.conf.get(_TOLD, "") == base:
        return
    session.conf.set(_TOLD, base)
    with suppress(OSError):
        for line in in_words(left_behind(files, base)):
            getLogger(__name__).warning("%s", line)


def in_words(found: list[LeftBehind]) -> list[str]:
    """A line for each folder that was left, the oldest ones, with the command that removes it."""
    lines = [
        f"left in the scratch for {each.days} days{each.whose}; if nobody goes on with it:"
        f" {_removal(each.place)}"
        for each in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        lines.append(f"and {len(found) - _SHOWN} more such folders of `{OWN}...`")
    return lines


def _whose(files: HadoopFiles, place: str, about: tuple[bool, int, int] | None) -> str:
    """Whose a folder says it is; nothing where it does not say so, or not in our way."""
    if about is None or about[1] > _LONGEST:
        return ""
    try:
        said: dict[str, Any] = json.loads(files.read(f"{place}/{ABOUT}") or b"")
        # Everybody may write in a shared folder: what is shown is text without control characters.
        host, folder = (json.dumps(str(said[name])) for name in ("host", "folder"))
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return f" by {folder} on {host}"


def _removal(place: str) -> str:
    """The command that removes a folder of the scratch."""
    if place.startswith("file:"):
        return f"rm -r {shlex.quote('/' + place.removeprefix('file:').lstrip('/'))}"
    return f"hadoop fs -rm -r {shlex.quote(place)}"
