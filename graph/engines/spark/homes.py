"""Where the kept steps of a run stand on a shared scratch: in a folder of that run alone.

Its name is drawn, so two machines whose runs lie at the same path never have one between them.
Both ends tell of each other: the steps' own folder names it, for a job that goes on, and it says
whose it is, for people who look at the scratch (`graph.engines.spark.left_behind`).
"""

from __future__ import annotations

import json
import uuid
from logging import getLogger
from pathlib import Path
from typing import Any

from graph.engines.spark.failures import first_line
from graph.engines.spark.files import HadoopFiles
from graph.engines.spark.left_behind import STEPS, mark

ELSEWHERE = "parts-elsewhere.json"
"""The file in a folder of steps that names the folders on shared scratches."""
_FORMAT = "ringwatch-elsewhere-1"
_SAYS = "Finished steps of a run that was not done; a job that is started again goes on with them."


class Homes:
    """The folders on a shared scratch that hold what was kept for folders of this machine."""

    def __init__(self, files: HadoopFiles, base: str) -> None:
        """Make new ones below `base`, a qualified URI; none is made before something is kept."""
        self._files = files
        self._base = base.rstrip("/")
        # A run that is published has no folder of steps any more, and is let go of after that.
        self._known: dict[Path, tuple[str, ...]] = {}

    def of(self, folder: Path) -> str:
        """The home of a folder's steps on this scratch: the one it has, or else a new one."""
        known = self.known(folder)
        home = next((place for place in known if place.rpartition("/")[0] == self._base), None)
        if home is None:
            home = f"{self._base}/{STEPS}{uuid.uuid4().hex}"
            self._tell(folder, (*known, home))
        # At every step: the mark's age is the time since the run last came forward.
        mark(self._files, home, _SAYS, folder)
        return home

    def known(self, folder: Path) -> tuple[str, ...]:
        """The homes of a folder's steps, on this scratch and others; remembered from now on."""
        file = folder / ELSEWHERE
        if file.is_file():
            said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            self._known[folder.absolute()] = tuple(said["places"])
        return self._known.get(folder.absolute(), ())

    def let_go(self, folder: Path) -> None:
        """Remove the homes of a folder's steps; one that cannot be removed is told.

        Nothing is raised: the run that had them is published, or nobody wants it.
        """
        for place in self.known(folder):
            # The file is anybody's who writes in the folder: nothing else is removed on its word.
            if not place.rpartition("/")[2].startswith(STEPS):
                continue
            try:
                self._files.remove(place)
            except OSError as error:
                says = "`%s` could not be removed (%s); remove it when nobody uses it"
                getLogger(__name__).warning(says, place, first_line(error))
        self._known.pop(folder.absolute(), None)
        (folder / ELSEWHERE).unlink(missing_ok=True)

    def _tell(self, folder: Path, places: tuple[str, ...]) -> None:
        """Write it down before anything stands there, in one step."""
        beside = folder / f"{ELSEWHERE}.tmp"
        said = {"format": _FORMAT, "places": places}
        beside.write_text(json.dumps(said, sort_keys=True), encoding="utf-8")
        beside.replace(folder / ELSEWHERE)
        self._known[folder.absolute()] = places
