"""What dead jobs left on a shared scratch: each folder says whose it is, and old ones are told.

Nothing is removed here (`graph.engines.spark.sweeping` does). A job on another machine may be at
work in a folder, or be started again and go on with it, and only people know.
"""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass
from logging import getLogger
from typing import TYPE_CHECKING

from graph.engines.spark.failures import first_line
from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.marks import OWN, mark_facts, owner_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

OLD_DAYS = 7
"""A folder that was not touched for so many days is told of."""

_OURS = re.compile(r"ringwatch-(steps-)?[0-9a-f]{12,32}")
_TOLD = "spark.ringwatch.told"
"""Stands in a session's settings once what lies in a scratch was told."""
_SHOWN = 5
_DAY_NS = 86_400 * 10**9
_CLOSED = " (whose it is could not be read)"


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A folder that was not touched for long: where, for how many days, and whose it says it is."""

    place: str
    days: int
    whose: str


def left_behind(files: HadoopFiles, base: str, *, days: int = OLD_DAYS) -> list[LeftBehind]:
    """The engines' folders below `base` that were marked, or else made, `days` or more ago.

    Oldest first. A folder's mark is written anew with each step that a run keeps. One that may not
    be looked into, another user's, is told by the time that the folder itself has.

    Raises:
        OSError: `base` cannot be listed.
    """
    found: list[LeftBehind] = []
    for name, (is_file, _, made) in files.entries(base):
        if is_file or not is_ours(name):
            continue
        place = f"{base.rstrip('/')}/{name}"
        touched = _marked(files, place) or made
        age = _days_since(touched)
        if age >= days:
            found.append(LeftBehind(place, age, _whose(files, place)))
    return sorted(found, key=lambda each: (-each.days, each.place))


def is_ours(name: str) -> bool:
    """Whether a folder of a scratch has a name that engines give."""
    return _OURS.fullmatch(name) is not None


def days_untouched(files: HadoopFiles, place: str) -> int:
    """For how many days nobody has come forward in a folder; 0 where it does not say so."""
    touched = _marked(files, place)
    return 0 if touched is None else _days_since(touched)


def tell_left_behind(session: SparkSession, files: HadoopFiles, base: str) -> None:
    """Log what was left in a scratch, once a session."""
    if session.conf.get(_TOLD, "") == base:
        return
    session.conf.set(_TOLD, base)
    for line in lines_of(files, base):
        getLogger(__name__).warning("%s", line)


def lines_of(files: HadoopFiles, base: str) -> list[str]:
    """What was left in a scratch, in lines; one that cannot be listed is told and no error."""
    try:
        return in_words(left_behind(files, base))
    except OSError as error:
        return [f"what older jobs left in the scratch could not be listed ({first_line(error)})"]


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


def _days_since(touched: int) -> int:
    return (time.time_ns() - touched) // _DAY_NS


def _marked(files: HadoopFiles, place: str) -> int | None:
    """When a folder was marked (ns since 1970); None where it was not, or may not be seen."""
    try:
        about = mark_facts(files, place)
    except OSError:
        return None
    return None if about is None else about[2]


def _whose(files: HadoopFiles, place: str) -> str:
    """Whose a folder says it is; nothing where it does not say so."""
    try:
        owner = owner_of(files, place)
    except OSError:
        return _CLOSED
    return "" if owner is None else f" by {owner}"


def _removal(place: str) -> str:
    """The command that removes a folder of the scratch."""
    if place.startswith("file:"):
        return f"rm -r {shlex.quote('/' + place.removeprefix('file:').lstrip('/'))}"
    return f"hadoop fs -rm -r {shlex.quote(place)}"
