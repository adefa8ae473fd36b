"""The decoy run: the same job where nobody can be coordinated, to see what it flags all the same.

Inside each hour of the extract, who did which of the acts is drawn anew. Every account keeps how
often it acts in each hour, every object how often it is acted on in each; who meets whom is chance.
Whatever is flagged then is flagged by chance, or by a fault of the code. It does not check the null
model against what people do (`algorithms.calibration` does): people who share an interest are
separated too.
"""

from __future__ import annotations

from dataclasses import replace

from algorithms.dealing_anew import drawn_anew
from graph.schemas import INTERACTIONS
from jobs.config import DetectJob
from jobs.detector import Layer, World
from jobs.fuse import coordination_graph, divide, joined, large
from jobs.layers import evidence_of
from jobs.measure import measure
from jobs.steps import Steps


def decoy_facts(job: DetectJob, steps: Steps, world: World) -> dict[str, int]:
    """What the job finds in the decoy: edges called, clusters, and how many are flagged.

    Args:
        job: the job, with its detectors and settings.
        steps: of the run; nothing of the decoy is kept.
        world: what the job's detectors saw.
    """
    decoy = _decoy(world)
    layers: list[Layer] = []
    for detector in job.detectors:
        layer = detector.draw(replace(decoy, layers=tuple(layers)), detector.settings)
        if layer is not None:
            layers.append(layer)
    coordination = coordination_graph(steps.engine, layers)
    whole = divide(coordination, job.cluster, seed=job.job.seed)
    graph = joined(coordination, whole)
    clustering = large(whole, job.cluster)
    acts, _ = evidence_of(steps, job.detectors, layers, decoy, graph, clustering)
    tables = measure(
        graph,
        whole,
        clustering,
        decoy.interactions,
        acts,
        accounts=decoy.accounts,
        carried=decoy.carried,
        families={each.name: each.family for each in job.detectors},
        within_seconds=job.job.joint_within_seconds,
        tissue=coordination.tissue,
        flags=job.flags,
    )
    flagged = tables.clusters.engine.query(
        "select count(case when flagged then 1 end) as flagged from {clusters}",
        clusters=tables.clusters,
    )
    return {
        "decoy_edges": coordination.called.edges.count(),
        "decoy_clusters": tables.clusters.count(),
        "decoy_flagged": int(flagged["flagged"][0].as_py()),
    }


def _decoy(world: World) -> World:
    """The world with its acts dealt anew."""
    carried = world.carried or world.interactions
    dealt = drawn_anew(carried, seed=world.seed)
    interactions = dealt
    if dealt.schema.names != INTERACTIONS.names:
        interactions = dealt.engine.project(dealt, INTERACTIONS)
    return replace(
        world,
        interactions=interactions,
        carried=None if world.carried is None else dealt,
        layers=(),
    )
