"""Layers drawn once and used again: what an evaluation leaves alone should not cost it twice."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from graph.model import Clustering, InteractionGraph
from graph.schema import Schema
from graph.schemas import BOUNDS, EDGES
from graph.table import Table
from jobs.config import DetectJob
from jobs.detector import Detector, Layer, World
from jobs.detectors.seeded import SEEDED
from review.manifest import digest


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A layer on disk, for whichever engine asks for it next; no files where it was left out."""

    layer: Layer | None
    files: Mapping[str, tuple[Path, Schema]] = field(default_factory=dict)

    def read(self, world: World) -> Layer | None:
        """The layer with its tables on the engine of a world."""
        if self.layer is None:
            return None
        engine = world.interactions.engine
        tables = {name: engine.kept(*told) for name, told in self.files.items()}
        return replace(
            self.layer,
            graph=InteractionGraph(tables.pop("edges")),
            bounds=tables.pop("bounds"),
            weak=tables.pop("weak", None),
            tables=tables,
        )


class DrawnOnce:
    """The layers of one extract's detectors, each drawn when it is first asked for.

    It serves jobs over the same extract, with the same seed and engine: settings tell layers apart,
    and nothing else does. `seeded` looks at the layers of the others and is drawn each time.

    Attributes:
        seconds: what each detector took, by detector and `draw` or `acts`; of `acts` the first
            time, since later ones are of poorer jobs.
    """

    def __init__(self, folder: Path) -> None:
        """Keep layers in a folder, which whoever asks removes in the end."""
        self._folder = folder
        self._drawn: dict[str, _Drawn] = {}
        self.seconds: dict[str, dict[str, float]] = defaultdict(dict)

    def of(self, job: DetectJob, *, weak: bool = True) -> DetectJob:
        """The same job, with the same answer, which draws no layer twice.

        Args:
            job: the job.
            weak: whether layers have the edges that they refused; a job without is another.
        """
        once = tuple(
            replace(
                each,
                draw=partial(self._layer, each, weak=weak),
                acts=partial(self._acts, each),
            )
            for each in job.detectors
        )
        return replace(job, detectors=once)

    def _layer(
        self,
        detector: Detector[Any],
        world: World,
        settings: Any,  # noqa: ANN401 - the detector's own
        *,
        weak: bool,
    ) -> Layer | None:
        if detector.name == SEEDED.name:
            layer = detector.draw(world, settings)
        else:
            key = f"{detector.name}-{digest(asdict(settings))[:12]}"
            if key not in self._drawn:
                self._drawn[key] = self._first(key, detector, world, settings)
            layer = self._drawn[key].read(world)
        return layer if weak or layer is None else replace(layer, weak=None)

    def _first(
        self,
        key: str,
        detector: Detector[Any],
        world: World,
        settings: Any,  # noqa: ANN401 - the detector's own
    ) -> _Drawn:
        began = time.monotonic()
        layer = detector.draw(world, settings)
        drawn = _Drawn(layer)
        if layer is not None:
            named = {"edges": (layer.graph.edges, EDGES), "bounds": (layer.bounds, BOUNDS)}
            if layer.weak is not None:
                named["weak"] = (layer.weak, EDGES)
            named |= {name: (layer.tables[name], told) for name, told in detector.keeps.items()}
            self._folder.mkdir(parents=True, exist_ok=True)
            drawn = _Drawn(layer, {name: self._kept(key, name, *t) for name, t in named.items()})
        self.seconds[detector.name].setdefault("draw", _since(began))
        return drawn

    def _kept(self, key: str, name: str, table: Table, schema: Schema) -> tuple[Path, Schema]:
        path = self._folder / f"{key}-{name}"
        table.engine.keep(table, path)
        return path, schema

    def _acts(
        self,
        detector: Detector[Any],
        world: World,
        settings: Any,  # noqa: ANN401 - the detector's own
        layer: Layer,
        clustering: Clustering,
    ) -> tuple[Table, int]:
        began = time.monotonic()
        found = detector.acts(world, settings, layer, clustering)
        self.seconds[detector.name].setdefault("acts", _since(began))
        return found


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
