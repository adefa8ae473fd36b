"""The main job: an extract in, a published run of ranked clusters out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from algorithms.nearness import nearness
from graph.model import Clustering, InteractionGraph
from graph.schemas import (
    BOUNDS,
    CLUSTERING,
    DAY_GROUPS,
    EDGES,
    JOINT_ACTS,
)
from graph.table import Table
from jobs.config import DetectJob
from jobs.day_groups import day_groups, no_day_groups
from jobs.decoy import decoy_facts
from jobs.detector import Layer, Seeds, World
from jobs.detectors.seeded import NAME as SEEDED
from jobs.fuse import Coordination, coordination_graph, divide, joined, large
from jobs.inputs import Inputs, inputs_of
from jobs.layers import drawn, evidence_of
from jobs.measure import ClusterTables, measure
from jobs.opening import engine_of
from jobs.other_days import other_days, with_other_days
from jobs.progress import Progress, Silent
from jobs.reading import world_read
from jobs.sharing import bring, share, share_again
from jobs.steps import Steps
from review.manifest import digest, run_name, versions
from review.publish import RunFacts, RunWriter
from review.run import Run, published


@dataclass(frozen=True, slots=True)
class Detected:
    """A run, and whether it was there already: the same job over the same input is one run."""

    run: Run
    already: bool


def detect(job: DetectJob, out: Path, *, progress: Progress | None = None) -> Detected:
    """Read the extract, draw the layers, divide, measure, and publish a run into `out`.

    A run that was broken off goes on from its finished steps. The run's name follows from the
    content of the input, the settings and the versions, so running the same job again gives the
    run that is there and changes nothing.

    Args:
        job: what to do (`jobs.config.read_job`).
        out: the folder of runs.
        progress: who hears how it goes.

    Raises:
        ConfigError: the job asks for what is not there.
        ExtractError: the extract cannot be read, or its quarantine is over the budget; it is
            then written to `out/quarantine/`.
        NotOnThisEngine: the engine or the installation lacks what the job needs.
        StoreError: the folder of runs refused.
    """
    said = progress or Silent()
    said.step("fingerprint", "look at every input file")
    inputs = inputs_of(job)
    basis = digest(
        {"input": inputs.digest, "settings": job.settings(), "versions": _basis_versions()}
    )
    name = run_name(job.job.name, basis)
    if published(out, name) is None:
        bring(job, name, out)
    with RunWriter.open(out, name, basis=basis) as writer:
        if writer.published is not None:
            # It stands here; where it is shared it may not have arrived.
            share_again(job, writer.published)
            return Detected(writer.published, already=True)
        # The lock is ours: what lies in the spill folder is a dead writer's.
        spill = out / "spill"
        shutil.rmtree(spill, ignore_errors=True)
        steps_folder = writer.steps
        engine = engine_of(job, spill=spill)
        try:
            with engine.watched(said) as heard:
                run = _detect(job, Steps.resumed(writer, engine), inputs, heard)
            engine.let_go(steps_folder)
            share(job, run, engine)
        finally:
            engine.close()
            shutil.rmtree(spill, ignore_errors=True)
    return Detected(run, already=False)


@dataclass(frozen=True, slots=True)
class _Divided:
    """The coordination graph and its clusters, as all that follows needs them.

    `whole` are all clusters of `coordination`, `clustering` the large ones; `graph` is what a run
    shows.
    """

    coordination: Coordination
    whole: Clustering
    graph: InteractionGraph
    clustering: Clustering


def _detect(job: DetectJob, steps: Steps, inputs: Inputs, said: Progress) -> Run:
    world, totals = world_read(job, steps, inputs, said)
    # Once the run's tables are written, nothing that led to them is needed.
    with steps.engine.within():
        found = _clusters(job, steps, world, said)
    decoy = _decoy(job, steps, world, said)
    said.step("publish", "write the run")
    return steps.writer.publish(
        RunFacts(
            job=job.job.name,
            seed=job.job.seed,
            settings=job.settings(),
            input={"fingerprint": inputs.digest, **totals},
            summary={
                **found,
                "scorecard": job.card.made_of,
                **decoy,
            },
        )
    )


def _clusters(job: DetectJob, steps: Steps, world: World, said: Progress) -> dict[str, Any]:
    """Find the clusters and write the run's tables; give what the manifest tells of them."""
    layers, left_out = _layers(job, steps, world, said)
    said.step("divide", "join the layers and divide them into clusters")
    divided = _divided(job, steps, coordination_graph(steps.engine, layers), said)
    said.step("evidence", "collect the interactions behind every edge")
    steps.make("joint_acts", lambda: _collect(job, steps, world, layers, divided))
    said.step("measure", "measure, score and rank the clusters")
    return {
        **_measured(job, steps, world, layers, divided, said),
        "layers": {layer.name: dict(layer.facts) for layer in layers},
        "left_out": left_out,
    }


def _collect(
    job: DetectJob, steps: Steps, world: World, layers: Sequence[Layer], divided: _Divided
) -> None:
    """Keep the interactions behind every edge inside a cluster."""
    shown, unshown = evidence_of(
        steps, job.detectors, layers, world, divided.graph, divided.clustering
    )
    steps.writer.keep(unshown, "bounds-acts")
    steps.writer.add(shown, "joint_acts")


def _measured(
    job: DetectJob,
    steps: Steps,
    world: World,
    layers: Sequence[Layer],
    divided: _Divided,
    said: Progress,
) -> dict[str, Any]:
    """Measure the clusters and write the run's tables; give the numbers for the manifest."""
    graph = divided.graph
    tables = measure(
        graph,
        divided.whole,
        divided.clustering,
        world.interactions,
        steps.kept("joint_acts", JOINT_ACTS),
        accounts=world.accounts,
        carried=world.carried,
        families={each.name: each.family for each in job.detectors},
        within_seconds=job.job.joint_within_seconds,
        tissue=divided.coordination.tissue,
        flags=job.flags,
        card=job.card,
        near=_near(graph, world.seeds),
        leaning=[each.name for each in job.detectors if not each.stands_alone],
        repeating=SEEDED,
    )
    days = _on_other_days(job, steps, world, said)
    if days:
        tried = other_days(divided.clustering, steps.kept("day_groups", DAY_GROUPS))
        tables = replace(tables, evidence=with_other_days(tables.evidence, tried))
    _add_tables(steps, graph, layers, tables)
    return {
        "clusters": tables.clusters.count(),
        "members": tables.members.count(),
        "also_in": tables.also_in.count(),
        "near_seeds": None if world.seeds is None else tables.near_seeds.count(),
        "accounts": tables.background.accounts,
        "interactions": tables.background.interactions,
        "edges": graph.edges.count(),
        "weak_edges": graph.edges.count() - divided.coordination.called.edges.count(),
        "flagged": _flagged(tables.clusters),
        "usual": asdict(tables.background),
        **days,
    }


def _near(graph: InteractionGraph, seeds: Seeds | None) -> Table | None:
    """How near everybody in the graph is to the seeds, if there are any (`NEARNESS`)."""
    if seeds is None:
        return None
    # What `seeded` added came from nearness, and would count it twice.
    others = graph.engine.sql(
        "select * from {edges} where layer <> $seeded", EDGES, {"seeded": SEEDED}, edges=graph.edges
    )
    return nearness(InteractionGraph(others), bad=seeds.bad, good=seeds.good)


def _on_other_days(job: DetectJob, steps: Steps, world: World, said: Progress) -> dict[str, Any]:
    """Test groups on days that did not choose them, if asked; tell which period that covers."""
    asked, acts = job.job.other_days, world.interactions
    if asked:
        said.step("other-days", "look for groups on every second day, test them on the others")
    steps.make(
        "day_groups",
        lambda: steps.writer.add(
            day_groups(acts, seed=job.job.seed) if asked else no_day_groups(acts)
        ),
    )
    if not asked:
        return {}
    period = steps.engine.query(
        "select min(acted_at) as first_at, max(acted_at) as last_at from {acts}", acts=acts
    )
    return {"other_days": period.to_pylist()[0]}


def _decoy(job: DetectJob, steps: Steps, world: World, said: Progress) -> dict[str, Any]:
    """What the job flags where nobody can be coordinated, if that is asked for."""
    if not job.job.decoy:
        return {}
    said.step("decoy", "deal the acts anew, and look for clusters there")
    step = "facts-decoy"
    steps.make(step, lambda: steps.keep_facts(decoy_facts(job, steps, world), step))
    return {"decoy": steps.facts(step)}


def _divided(job: DetectJob, steps: Steps, graph: Coordination, said: Progress) -> _Divided:
    """The coordination graph's division; what could not be divided as a whole is told."""

    def work() -> None:
        found = divide(graph, job.cluster, seed=job.job.seed)
        cut = found.bounds or steps.engine.from_arrow(BOUNDS.arrow.empty_table(), BOUNDS)
        for giant in cut.rows():
            said.note(f"{giant['says']}: a hub or a threshold at fault, see docs/algorithms.md")
        # The members go last: a step that is finished has its bounds beside it.
        steps.writer.keep(cut, "bounds-clustering")
        steps.writer.keep(found.members, "clustering")

    steps.make("clustering", work)
    whole = Clustering(steps.kept("clustering", CLUSTERING), method=job.cluster.method)
    return _Divided(graph, whole, joined(graph, whole), large(whole, job.cluster))


def _layers(
    job: DetectJob, steps: Steps, world: World, said: Progress
) -> tuple[list[Layer], dict[str, str]]:
    layers: list[Layer] = []
    left_out: dict[str, str] = {}
    for detector in job.detectors:
        said.step(detector.name, detector.says)
        layer = drawn(steps, detector, replace(world, layers=tuple(layers)))
        if layer is None:
            left_out[detector.name] = detector.needs
            said.note(f"`{detector.name}` was left out: it needs {detector.needs}")
        else:
            layers.append(layer)
            if "note" in layer.facts:
                said.note(f"`{detector.name}`: {layer.facts['note']}")
    return layers, left_out


def _add_tables(
    steps: Steps, graph: InteractionGraph, layers: Sequence[Layer], tables: ClusterTables
) -> None:
    writer = steps.writer
    writer.add(tables.clusters, "clusters")
    writer.add(tables.members, "members")
    writer.add(tables.also_in, "also_in")
    writer.add(tables.near_seeds, "near_seeds")
    writer.add(graph.edges, "edges")
    writer.add(tables.evidence, "evidence")
    writer.add(tables.cluster_objects, "cluster_objects")
    writer.add(tables.member_interactions, "member_interactions")
    bounds = [layer.bounds for layer in layers]
    bounds += [tables.bounds, steps.kept("bounds-acts", BOUNDS)]
    bounds.append(steps.kept("bounds-clustering", BOUNDS))
    writer.add(steps.engine.union(bounds, BOUNDS), "bounds")


def _flagged(clusters: Table) -> int:
    """How many clusters (`CLUSTERS`) are flagged."""
    found = clusters.engine.query(
        "select count(case when flagged then 1 end) as flagged from {clusters}", clusters=clusters
    )
    return int(found["flagged"][0].as_py())


def _basis_versions() -> dict[str, str]:
    """The versions that shape an answer; Python's patch level and the store's library do not."""
    return {
        name: version
        for name, version in versions().items()
        if name in ("ringwatch", "igraph", "duckdb", "numba", "numpy", "scipy")
    }
