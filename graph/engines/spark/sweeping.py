"""Removing what dead jobs left on a shared scratch: unasked only what is surely dead and our own.

A job that opens a scratch removes what a killed one left that worked for the same folder of the
same machine. It holds that folder's lock, and the process that marked the folder has surely ended
(`graph.engines.spark.processes`). Steps that a folder of runs still names stay: a job goes on with
them. All else goes by the word of people, who ask for it by age (`ringwatch sweep`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path

from graph.engines.spark.failures import first_line
from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.homes import named_by
from graph.engines.spark.left_behind import days_untouched, is_ours, left_behind
from graph.engines.spark.marks import STEPS, Mark, Owner, read_mark
from graph.engines.spark.session import open_session

_REMOVED = "removed what a killed job of this folder had left in the scratch: `%s`"
_STAYS = "`%s` could not be removed (%s); remove it when nobody uses it"
REMOVED = "removed"
OLD = "old"
AT_WORK = "its process is at work"
UNMARKED = "it does not say whose it is"
CAME_FORWARD = "somebody came forward in between"


@dataclass(frozen=True, slots=True)
class Swept:
    """A folder that was not touched for long: where, days, whose, and what became of it."""

    place: str
    days: int
    whose: str
    state: str


def sweep_own(files: HadoopFiles, base: str, spill: Path) -> list[str]:
    """Remove what killed jobs of the same folder of runs left; give their places.

    Nothing is raised: what cannot be looked at or removed stays, and is told when it is old.

    Args:
        files: file operations of the session.
        base: the scratch, a qualified URI.
        spill: the folder for which the engine works, in the folder of runs that it has locked.
    """
    removed = []
    for place, found in _marked(files, base):
        try:
            if _is_dead_and_own(place, found, spill):
                files.remove(place)
                getLogger(__name__).warning(_REMOVED, place)
                removed.append(place)
        except (OSError, ValueError) as error:
            getLogger(__name__).warning(_STAYS, place, first_line(error))
    return removed


def sweep_old(files: HadoopFiles, base: str, *, days: int, remove: bool) -> list[Swept]:
    """What was not touched for so many days, removed if asked, but for what is at work.

    A folder without a readable mark is never removed: nobody says that it is nobody's.

    Args:
        files: file operations of the session.
        base: the scratch, a qualified URI.
        days: how long nobody may have come forward. A job that runs does so every hour.
        remove: remove them; else they are only told.

    Raises:
        OSError: the scratch cannot be listed, or refuses to remove a folder.
    """
    swept = []
    for each in left_behind(files, base, days=days):
        state = _state(files, each.place)
        if state == OLD and remove:
            # Between listing and removing, a job may have gone on with its steps.
            state = REMOVED if days_untouched(files, each.place) >= days else CAME_FORWARD
        if state == REMOVED:
            files.remove(each.place)
        swept.append(Swept(each.place, each.days, each.whose.removeprefix(" by "), state))
    return swept


def sweep(
    scratch: str, *, days: int, remove: bool, master: str | None, conf: Mapping[str, str]
) -> list[Swept]:
    """As `sweep_old`, in a session of its own or in the one that runs.

    Args:
        scratch: a path or URI of a file system that the session's Hadoop reaches.
        days: how long nobody may have come forward.
        remove: remove them; else they are only told.
        master: as `spark-submit` takes it; files are looked at by the driver alone.
        conf: further settings of Spark.

    Raises:
        NotOnThisEngine: PySpark, Java or the session is not as the engine needs it.
        OSError: the file system refuses.
    """
    session = open_session(master=master, memory="1GB", threads=1, conf=conf)
    files = HadoopFiles(session)
    return sweep_old(files, files.spark_name(scratch), days=days, remove=remove)


def _marked(files: HadoopFiles, base: str) -> Iterator[tuple[str, Mark]]:
    """The engines' folders of a scratch that say whose they are, and what they say."""
    try:
        names = [name for name, (is_file, _, _) in files.entries(base) if not is_file]
    except OSError:
        return
    for name in filter(is_ours, names):
        place = f"{base.rstrip('/')}/{name}"
        try:
            found = read_mark(files, place)
        except OSError:
            continue
        if found is not None:
            yield place, found


def _is_dead_and_own(place: str, found: Mark, spill: Path) -> bool:
    """Whether a folder was a dead process's, for the folder of runs that `spill` lies in.

    Raises:
        OSError: the steps of the run may not be looked into.
        ValueError: what they say is not in our way.
    """
    own = Owner.here(spill)
    if found.owner.host != own.host or found.process is None or not found.process.is_gone():
        return False
    if not place.rpartition("/")[2].startswith(STEPS):
        return found.owner == own
    steps = Path(found.owner.folder)
    # Steps stand in `<runs>/staging-<run>/steps`, and the engine works in `<runs>/spill`.
    return steps.parent.parent == Path(own.folder).parent and place not in named_by(steps)


def _state(files: HadoopFiles, place: str) -> str:
    """Whether an old folder may go, or why it may not."""
    try:
        found = read_mark(files, place)
    except OSError as error:
        return first_line(error)
    if found is None:
        return UNMARKED
    return AT_WORK if found.process is not None and found.process.is_at_work() else OLD
