"""The decoy run: the same job where nobody can be coordinated, to see what it flags all the same.

Inside each hour of the extract, who did which of the acts is drawn anew. Every account keeps how
often it acts in each hour, every object how often it is acted on in each; who meets whom is chance.
Names and creation times are dealt anew among the accounts. Whose device or address it is does not
depend on who acts when, so detectors of these (`Detector.of_chance`) are left out.
Whatever is flagged then is flagged by chance, or by a fault of the code. It does not check the null
model against what people do (`algorithms.calibration` does): people who share an interest are
separated too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from algorithms.dealing_anew import accounts_anew, drawn_anew
from graph.schemas import INTERACTIONS
from jobs.config import DetectJob
from jobs.detector import Layer, World
from jobs.fuse import coordination_graph, divide, joined, large
from jobs.layers import evidence_of
from jobs.measure import measure
from jobs.steps import Steps


def decoy_facts(job: DetectJob, steps: Steps, world: World) -> dict[str, Any]:
    """What the job finds in the decoy: edges called, clusters, and how many are flagged.

    Args:
        job: the job, with its detectors and settings.
        steps: of the run; nothing of the decoy is kept.
        world: what the job's detectors saw.
    """
    decoy = _decoy(world)
    layers: list[Layer] = []
    detectors = [each for each in job.detectors if each.of_chance]
    for detector in detectors:
        layer = detector.draw(replace(decoy, layers=tuple(layers)), detector.settings)
        if layer is not None:
            layers.append(layer)
    coordination = coordination_graph(steps.engine, layers)
    whole = divide(coordination, job.cluster, seed=job.job.seed)
    graph = joined(coordination, whole)
    clustering = large(whole, job.cluster)
    acts, _ = evidence_of(steps, detectors, layers, decoy, graph, clustering)
    tables = measure(
        graph,
        whole,
        clustering,
        decoy.interactions,
        acts,
        accounts=decoy.accounts,
        carried=decoy.carried,
        families={each.name: each.family for each in detectors},
        within_seconds=job.job.joint_within_seconds,
        tissue=coordination.tissue,
        flags=job.flags,
        card=job.card,
    )
    flagged = tables.clusters.engine.query(
        "select layers from {clusters} where flagged order by place", clusters=tables.clusters
    )["layers"].to_pylist()
    return {
        "decoy_edges": coordination.called.edges.count(),
        "decoy_clusters": tables.clusters.count(),
        "decoy_flagged": len(flagged),
        "decoy_flagged_by": flagged,
        "decoy_edges_by_layer": {each.name: each.graph.edges.count() for each in layers},
    }


def _decoy(world: World) -> World:
    """The world with its acts dealt anew, and what is known of accounts too."""
    accounts = world.accounts
    carried = drawn_anew(world.carried or world.interactions, seed=world.seed)
    interactions = carried
    if carried.schema.names != INTERACTIONS.names:
        interactions = carried.engine.project(carried, INTERACTIONS)
    return replace(
        world,
        interactions=interactions,
        accounts=None if accounts is None else accounts_anew(accounts, seed=world.seed),
        carried=None if world.carried is None else carried,
        layers=(),
    )
