"""What each part of a job is worth: found again without it, and the time that it takes.

Three kinds of part. *Signals* are detectors, and the windows of those that have several. *Defences*
keep the innocent out or the members in: what happens to the graph, the gates, the explanations.
*Terms* are those of the scorecard. A part that is left out where another sees the same shows no
worth, though both may be needed where one fails: the numbers are of one world and its rings.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from algorithms.explain import ALL
from algorithms.explain.arrivals import arrived
from algorithms.explain.schema import Known
from graph.engine import Engine
from graph.model import Clustering
from graph.schemas import CLUSTERING, INTERACTIONS
from graph.table import Table
from jobs.config import DetectJob
from jobs.detector import Detector
from jobs.evaluation.again import again
from jobs.evaluation.document import brief
from jobs.evaluation.drawn_once import DrawnOnce
from jobs.evaluation.found import found_in
from jobs.evaluation.labels import Labels
from jobs.evaluation.measures import Held, Population
from jobs.evaluation.reflagged import (
    CLOSED,
    KNIT,
    LIKELY,
    SUFFICIENT,
    judged,
    terms_of,
    without_gates,
    without_term,
)
from jobs.progress import Progress
from review.run import Run

NEVER = 1.1
"""A share that nothing reaches."""
NOT_ASKED: dict[str, dict[str, Any]] = {"without": {}, "defences": {}, "terms": {}, "seconds": {}}
_GATES = {
    "gate closed": {CLOSED},
    "gate knit": {KNIT},
    "gate likely": {LIKELY},
    "all explanations": set(SUFFICIENT),
    **{f"explanation {name}": {name} for name in SUFFICIENT},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is evaluated: the job and its run, the truth, and where poorer runs go."""

    job: DetectJob
    run: Run
    labels: Labels
    population: Population
    out: Path
    said: Progress

    def held(self, found: Any) -> dict[str, Any]:  # noqa: ANN401 - `Found`
        """The numbers of what would be found."""
        return brief(Held(found, self.labels, self.population))

    def again(self, job: DetectJob) -> dict[str, Any]:
        """The numbers of a poorer job."""
        return again(job, self.labels, self.population, self.out, self.said)


def ablation(
    of: Subject, once: DrawnOnce, engine: Engine, carried: Table, accounts: Table | None
) -> dict[str, Any]:
    """The job again without each part; the keys of `NOT_ASKED`, each part by name.

    Args:
        of: what is evaluated.
        once: the layers drawn so far, which are used again.
        engine: where the run's tables are read.
        carried: the extract on that engine, for the time that explanations take.
        accounts: what is known of accounts, there too.
    """
    clusters = judged(of.run, engine, of.job)
    weak = found_in(of.run, engine, weak=True)
    least = of.job.flags.least_precision
    return {
        "without": {name: of.again(once.of(job)) for name, job in _fewer_signals(of.job)},
        "defences": {
            **{name: of.again(once.of(job)) for name, job in _fewer_steps(of.job)},
            "refused edges": of.again(_renamed(once.of(of.job, weak=False))),
            "weak members aside": of.held(weak),
            **{
                name: of.held(without_gates(clusters, frozenset(gates)))
                for name, gates in _GATES.items()
            },
        },
        "terms": {
            name: of.held(without_term(clusters, name, least_precision=least))
            for name in terms_of(clusters)
        },
        "seconds": {
            **{name: sum(told.values()) for name, told in once.seconds.items()},
            **_seconds_of_explanations(of.run, engine, carried, accounts),
        },
    }


def _fewer_signals(job: DetectJob) -> Iterator[tuple[str, DetectJob]]:
    """The job without each detector, and without each window of a detector that has several."""
    if len(job.detectors) > 1:
        for left_out in job.detectors:
            kept = tuple(each for each in job.detectors if each is not left_out)
            yield left_out.name, replace(job, detectors=kept)
    for detector in job.detectors:
        for window, poorer in _fewer_windows(detector):
            swapped = tuple(poorer if each is detector else each for each in job.detectors)
            yield f"{detector.name} {window:g} s", replace(job, detectors=swapped)


def _fewer_windows(detector: Detector[Any]) -> Iterator[tuple[float, Detector[Any]]]:
    windows = getattr(detector.settings, "within_seconds", None)
    if isinstance(windows, tuple) and len(windows) > 1:
        for window in windows:
            kept = tuple(each for each in windows if each != window)
            yield (
                window,
                replace(detector, settings=replace(detector.settings, within_seconds=kept)),
            )


def _fewer_steps(job: DetectJob) -> Iterator[tuple[str, DetectJob]]:
    """The job without each step that mends a division."""
    yield "wider", replace(job, cluster=replace(job.cluster, wider=()))
    yield "pieces", replace(job, cluster=replace(job.cluster, piece_share=NEVER))
    yield "recruits", replace(job, cluster=replace(job.cluster, recruit_share=NEVER))


def _renamed(job: DetectJob) -> DetectJob:
    """The job as one whose run is another: its settings do not tell that its layers are poorer."""
    return replace(job, job=replace(job.job, name=f"{job.job.name}-without-refused"))


def _seconds_of_explanations(
    run: Run, engine: Engine, carried: Table, accounts: Table | None
) -> dict[str, float]:
    """What each explanation takes on the run's clusters; how members arrive stands by itself."""
    clustering = Clustering(engine.project(run.table(engine, "members"), CLUSTERING), method="run")
    known = Known(
        clustering=clustering,
        interactions=engine.project(carried, INTERACTIONS),
        carried=carried,
        objects=run.table(engine, "cluster_objects"),
        accounts=accounts,
    )
    began = time.monotonic()
    known = replace(known, arrived=arrived(known))
    spent = {"arrivals": round(time.monotonic() - began, 3)}
    for each in ALL:
        began = time.monotonic()
        each.check(known)
        spent[f"explanation {each.name}"] = round(time.monotonic() - began, 3)
    return spent
