"""Tables that outlive the engine: the finished steps of a run that may be broken off.

A step's rows are Parquet parts in a folder that all workers reach. The step's own file, on the
driver's machine, is a marker: it names the folder and every part with its size, so that a part
that was lost or cut short is seen before it is read as fewer rows.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graph.engines.spark.files import uri_of
from graph.engines.spark.homes import Homes
from graph.engines.spark.scratch import Scratch, refuse_lost

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_PARQUET = b"PAR1"
_FORMAT = "ringwatch-parts-1"


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder of Parquet parts: where, which files with how many bytes, and the rows in all."""

    place: str
    files: dict[str, int]
    rows: int


class Kept:
    """Writes steps and finds them again."""

    def __init__(self, scratch: Scratch, *, shared: bool) -> None:
        """Keep parts on the scratch, or beside their marker.

        Args:
            scratch: where the engine's tables lie.
            shared: whether all machines see it; where driver and workers are one machine, parts
                stand beside their marker.
        """
        self.scratch = scratch
        self._shared = shared
        self._homes = Homes(scratch.files, scratch.base)

    def keep(self, frame: DataFrame, path: Path, *, rows: int) -> int:
        """Write a frame's rows and the marker at `path`; give the number of rows.

        Raises:
            RingwatchError: other than `rows` rows can be read back.
        """
        place = f"{self._home(path.parent)}/{uuid.uuid4().hex}.parts"
        frame.write.parquet(place)
        files = self.scratch.sizes(place)
        refuse_lost(path.name, place, written=rows, found=self.scratch.rows(place))
        marker = {"format": _FORMAT, "place": place, "files": files, "rows": rows}
        path.write_text(json.dumps(marker, sort_keys=True), encoding="utf-8")
        return rows

    def found(self, path: Path) -> Parts | None:
        """What the marker at `path` says; None where the file is no marker but the rows."""
        self._homes.known(path.parent)
        with path.open("rb") as file:
            if file.read(len(_PARQUET)) == _PARQUET:
                return None
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Parts(said["place"], said["files"], said["rows"])

    def holds(self, path: Path) -> bool:
        """Whether the rows of the marker at `path` are all there."""
        found = self.found(path)
        if found is None:
            return True
        if self._shared:
            self._homes.taken_up(path.parent)
        return self.scratch.sizes(found.place) == found.files

    def come_forward(self) -> None:
        """Say on a shared scratch that the job whose steps lie there is still at work."""
        self._homes.come_forward()

    def let_go(self, folder: Path) -> None:
        """Remove the parts of a folder's steps that do not stand in it."""
        self._homes.let_go(folder)

    def _home(self, folder: Path) -> str:
        return self._homes.of(folder) if self._shared else uri_of(folder)
