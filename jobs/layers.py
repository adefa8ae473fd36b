"""Layers as steps of a run: drawn once, read back after a break, and the acts behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graph.model import Clustering, InteractionGraph
from graph.schemas import BOUNDS, EDGES, JOINT_ACTS
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.steps import Steps


def drawn(steps: Steps, detector: Detector[Any], world: World) -> Layer | None:
    """The detector's layer, or None where the extract lacks what the detector needs."""
    name = detector.name
    kept = steps.writer.finished(f"facts-{name}")
    layer = None if kept else detector.draw(world, detector.settings)
    # The facts go last: a step that is finished has its edges and bounds beside it.
    if layer is not None:
        steps.writer.keep(layer.graph.edges, f"edges-{name}")
        steps.writer.keep(layer.bounds, f"bounds-{name}")
    facts = steps.facts(f"facts-{name}", lambda: _facts(layer))
    if not facts["drawn"]:
        return None
    return Layer(
        name=name,
        graph=InteractionGraph(steps.kept(f"edges-{name}", EDGES)),
        bounds=steps.kept(f"bounds-{name}", BOUNDS),
        facts=facts["facts"],
    )


def evidence_of(
    steps: Steps,
    detectors: Sequence[Detector[Any]],
    layers: Sequence[Layer],
    world: World,
    clustering: Clustering,
) -> Table:
    """The interactions behind every edge inside a cluster (`JOINT_ACTS`), of all layers."""
    by_name = {layer.name: layer for layer in layers}
    parts = [
        detector.acts(world, detector.settings, by_name[detector.name].graph.edges, clustering)
        for detector in detectors
        if detector.name in by_name
    ]
    if not parts:
        return steps.engine.from_arrow(JOINT_ACTS.arrow.empty_table(), JOINT_ACTS)
    query = " union all ".join(f"select * from {{part_{n}}}" for n in range(len(parts)))
    tables = {f"part_{n}": part for n, part in enumerate(parts)}
    return steps.engine.sql(query, JOINT_ACTS, **tables)


def _facts(layer: Layer | None) -> dict[str, Any]:
    return {"drawn": layer is not None, "facts": dict(layer.facts) if layer else {}}
