"""Layers as steps of a run: drawn once, read back after a break, and the acts behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from graph.model import Clustering, InteractionGraph
from graph.schemas import BOUNDS, EDGES, JOINT_ACTS
from graph.table import Table
from jobs.detector import Detector, Layer, World
from jobs.steps import Steps


def drawn(steps: Steps, detector: Detector[Any], world: World) -> Layer | None:
    """The detector's layer, or None where the extract lacks what the detector needs."""
    name = detector.name
    steps.make(f"facts-{name}", lambda: _draw(steps, detector, world))
    facts = steps.facts(f"facts-{name}")
    if not facts["drawn"]:
        return None
    return Layer(
        name=name,
        graph=InteractionGraph(steps.kept(f"edges-{name}", EDGES)),
        bounds=steps.kept(f"bounds-{name}", BOUNDS),
        facts=facts["facts"],
        tables={key: steps.kept(f"{key}-{name}", schema) for key, schema in detector.keeps.items()},
        weak=steps.kept(f"weak-{name}", EDGES),
    )


def _draw(steps: Steps, detector: Detector[Any], world: World) -> None:
    """Draw a layer and keep it."""
    name = detector.name
    layer = detector.draw(world, detector.settings)
    if layer is not None:
        steps.writer.keep(layer.graph.edges, f"edges-{name}")
        steps.writer.keep(layer.bounds, f"bounds-{name}")
        none = pa.Table.from_pylist([], schema=EDGES.arrow)
        weak = layer.weak or steps.engine.from_arrow(none, EDGES)
        steps.writer.keep(weak, f"weak-{name}")
        for key in detector.keeps:
            steps.writer.keep(layer.tables[key], f"{key}-{name}")
    # The facts go last: a step that is finished has its edges and bounds beside it.
    steps.keep_facts(_facts(layer), f"facts-{name}")


def evidence_of(
    steps: Steps,
    detectors: Sequence[Detector[Any]],
    layers: Sequence[Layer],
    world: World,
    graph: InteractionGraph,
    clustering: Clustering,
) -> tuple[Table, Table]:
    """The interactions behind every edge of `graph` inside a cluster (`JOINT_ACTS`).

    The second table (`BOUNDS`) counts what the bound on each edge's acts left out.
    """
    by_name = {layer.name: layer for layer in layers}
    engine = steps.engine
    parts = [engine.from_arrow(JOINT_ACTS.arrow.empty_table(), JOINT_ACTS)]
    left_out = []
    for detector in detectors:
        if detector.name not in by_name:
            continue
        # The graph shows weak edges too, which the layer refused.
        shown_edges = engine.sql(
            "select * from {edges} where layer = $layer",
            EDGES,
            {"layer": detector.name},
            edges=graph.edges,
        )
        layer = replace(by_name[detector.name], graph=InteractionGraph(shown_edges))
        shown, more = detector.acts(world, detector.settings, layer, clustering)
        parts.append(shown)
        if more:
            left_out.append(_left_out(detector.name, more))
    bounds = pa.Table.from_pylist(left_out, schema=BOUNDS.arrow)
    return engine.union(parts, JOINT_ACTS), engine.from_arrow(bounds, BOUNDS)


def _left_out(layer: str, acts: int) -> dict[str, object]:
    return {
        "layer": layer,
        "bound": "acts-per-edge",
        "subject": "all edges inside clusters",
        "accounts": 0,
        "interactions": 0,
        "pairs_not_counted": acts,
        "says": "pairs of posts beyond `acts_per_edge` are counted and not shown",
    }


def _facts(layer: Layer | None) -> dict[str, Any]:
    return {"drawn": layer is not None, "facts": dict(layer.facts) if layer else {}}
