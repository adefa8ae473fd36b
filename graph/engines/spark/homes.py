"""Where the kept steps of a run stand on a shared scratch: in a folder of that run alone.

Its name is drawn, so two machines whose runs lie at the same path never have one between them.
Both ends tell of each other: the steps' own folder names it, for a job that goes on, and it says
whose it is (`graph.engines.spark.marks`). A copy of the steps' folder names it too: what says that
it is another folder's is neither gone on with nor removed.
"""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from logging import getLogger
from pathlib import Path

from graph.durable import Disk, put_bytes
from graph.engines.spark.failures import first_line
from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.marks import STEPS, Owner, mark, owner_of

ELSEWHERE = "parts-elsewhere.json"
"""The file in a folder of steps that names the folders on shared scratches."""
FORMAT = "ringwatch-elsewhere-1"
"""What that file says it is."""
_SAYS = "Finished steps of a run that was not done; a job that is started again goes on with them."
_UNREADABLE = (
    "`%s` cannot be used (%s), so the folders of kept steps that it named are not known; what is"
    " left of them on a shared scratch is told when it is old"
)
_ANOTHERS = (
    "`%s` was not removed: it says %s, and not that it is for %s; remove it when nobody uses it"
)
_STAYS = "`%s` could not be removed (%s); remove it when nobody uses it"


class Homes:
    """The folders on a shared scratch that hold what was kept for folders of this machine."""

    def __init__(self, files: HadoopFiles, base: str) -> None:
        """Make new ones below `base`, a qualified URI; none is made before something is kept."""
        self._files = files
        self._base = base.rstrip("/")
        # A run that is published has no folder of steps any more, and is let go of after that.
        self._known: dict[Path, tuple[str, ...]] = {}
        self._complained: set[Path] = set()
        self._at_work: set[Path] = set()

    def of(self, folder: Path) -> str:
        """The home of a folder's steps on this scratch: the one it has, or else a new one."""
        known = self.known(folder)
        home = next((place for place in known if self._usable(place, folder)), None)
        if home is None:
            home = f"{self._base}/{STEPS}{uuid.uuid4().hex}"
            self._tell(folder, (*known, home))
        # At every step: the mark's age is the time since the run last came forward.
        mark(self._files, home, _SAYS, folder)
        self._at_work.add(folder)
        return home

    def taken_up(self, folder: Path) -> None:
        """Say in a folder's homes on this scratch that a job goes on with them, once."""
        if folder not in self._at_work:
            self._at_work.add(folder)
            self._mark_again(folder)

    def come_forward(self) -> None:
        """Say in every home of this job that it is still at work."""
        for folder in self._at_work:
            self._mark_again(folder)

    def known(self, folder: Path) -> tuple[str, ...]:
        """The homes of a folder's steps, on this scratch and others; remembered from now on.

        A file that cannot be read, or is not in our way, is logged once and names none.
        """
        file = folder / ELSEWHERE
        try:
            self._known[folder.absolute()] = _places(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            pass
        except (OSError, ValueError, RecursionError) as error:
            if file not in self._complained:
                self._complained.add(file)
                getLogger(__name__).warning(_UNREADABLE, file, first_line(error))
        return self._known.get(folder.absolute(), ())

    def let_go(self, folder: Path) -> None:
        """Remove the homes of a folder's steps; one that is not removed is told.

        Nothing is raised: the run that had them is published, or nobody wants it.
        """
        for place in self.known(folder):
            # The file is anybody's who writes in the folder: nothing else is removed on its word.
            if not place.rpartition("/")[2].startswith(STEPS):
                continue
            try:
                self._remove(place, Owner.here(folder))
            except Exception as error:
                getLogger(__name__).warning(_STAYS, place, first_line(error))
        self._known.pop(folder.absolute(), None)
        self._at_work.discard(folder)
        with suppress(OSError):
            (folder / ELSEWHERE).unlink(missing_ok=True)

    def _mark_again(self, folder: Path) -> None:
        for place in self.known(folder):
            if self._usable(place, folder) and self._files.facts(place) is not None:
                mark(self._files, place, _SAYS, folder)

    def _usable(self, place: str, folder: Path) -> bool:
        """Whether a home that a folder's file names is on this scratch, and no other folder's.

        The machine may be another: a run that goes on in another pod takes its home over.
        """
        if place.rpartition("/")[0] != self._base:
            return False
        try:
            owner = owner_of(self._files, place)
        except OSError:
            return False
        return owner is None or owner.folder == Owner.here(folder).folder

    def _remove(self, place: str, ours: Owner) -> None:
        """Remove a home that says it is ours."""
        if self._files.facts(place) is None:
            return
        owner = owner_of(self._files, place)
        if owner == ours:
            self._files.remove(place)
            return
        says = "nothing of whose it is" if owner is None else f"that it is for {owner}"
        getLogger(__name__).warning(_ANOTHERS, place, says, ours)

    def _tell(self, folder: Path, places: tuple[str, ...]) -> None:
        """Write it down durably before anything stands there."""
        said = {"format": FORMAT, "places": places}
        put_bytes(Disk(), folder / ELSEWHERE, json.dumps(said, sort_keys=True).encode())
        self._known[folder.absolute()] = places


def named_by(folder: Path) -> tuple[str, ...]:
    """The homes that a folder of steps names, as it stands on this machine; none where it cannot.

    Raises:
        OSError: the folder may not be looked into.
        ValueError: its file is not in our way.
    """
    try:
        return _places((folder / ELSEWHERE).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return ()


def _places(data: bytes) -> tuple[str, ...]:
    """The homes that a file names.

    Raises:
        ValueError: it is not in our way.
    """
    said = json.loads(data)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        message = f"it does not say that its format is `{FORMAT}`"
        raise ValueError(message)
    places = said.get("places")
    if not isinstance(places, list) or not all(isinstance(place, str) for place in places):
        message = "its `places` are no list of texts"
        raise ValueError(message)
    return tuple(places)
