"""What a run would have flagged without a gate, an explanation or a term of its scorecard.

A run keeps all that decides: which gates each cluster passes follows from its tables, and its
expected precision without a term stands in its evidence. So nothing is detected anew. The scorecard
is not fitted anew either: what a term adds is told beside the others, as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from algorithms.explain import ALL
from algorithms.explain.schema import EXPLANATIONS
from algorithms.explain.verdict import accounted_for
from algorithms.facts import inner_edges
from algorithms.flags import knit_accounts
from algorithms.ways import joined_by, layers_inside
from graph.engine import Engine
from graph.model import Clustering
from graph.schemas import CLUSTERING
from graph.table import Table
from jobs.config import DetectJob
from jobs.evaluation.found import Cluster, Found, found_in
from review.run import Run

CLOSED, KNIT, LIKELY = "closed", "knit", "likely"
"""The gates that measure (docs/scores.md, Flagged)."""
SUFFICIENT = tuple(each.name for each in ALL if each.sufficient_for)
"""The explanations that may keep a cluster from being flagged."""
_CHECKED, _TERM = "explanation:", "term:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A listed cluster, and why it is not flagged.

    Attributes:
        cluster: the cluster as the run lists it.
        fails: the gates and explanations that keep it from being flagged; none where it is.
        place: its place in the run.
        seeded: whether it is near accounts judged bad before: such go first.
        without: its expected precision without each term.
    """

    cluster: Cluster
    fails: frozenset[str]
    place: int
    seeded: bool
    without: Mapping[str, float]


def judged(run: Run, engine: Engine, job: DetectJob) -> tuple[Judged, ...]:
    """Every listed cluster of a run with all that decides whether it is flagged.

    Args:
        run: the run of `job`.
        engine: where its tables are read.
        job: whose gates and detectors count.
    """
    clusters = {row["cluster"]: row for row in run.table(engine, "clusters").arrow().to_pylist()}
    evidence = run.table(engine, "evidence").arrow().to_pylist()
    clustering = Clustering(engine.project(run.table(engine, "members"), CLUSTERING), method="run")
    inner = inner_edges(run.table(engine, "edges"), clustering)
    fails = {name: _failed(row, job) for name, row in clusters.items()}
    for row in knit_accounts(inner, clustering).rows():
        if row["knit"] < job.flags.knit_accounts:
            fails[row["cluster"]].add(KNIT)
    for name in SUFFICIENT:
        checked = engine.from_arrow(_explanations(evidence, name), EXPLANATIONS)
        for cluster in _accounted(checked, inner, clustering, job):
            fails[cluster].add(name)
    without: dict[str, dict[str, float]] = {name: {} for name in clusters}
    for row in evidence:
        if row["kind"] == "term":
            without[row["cluster"]][row["name"].removeprefix(_TERM)] = row["without"]
    return tuple(
        Judged(
            cluster=each,
            fails=frozenset(fails[each.name]),
            place=clusters[each.name]["place"],
            seeded="seeded" in clusters[each.name]["layers"].split(","),
            without=without[each.name],
        )
        for each in found_in(run, engine).clusters
    )


def without_gates(clusters: tuple[Judged, ...], left_out: frozenset[str]) -> Found:
    """What would be found if some gates and explanations did not count."""
    return _in_order([(each, _flagged(each, each.fails - left_out)) for each in clusters])


def without_term(clusters: tuple[Judged, ...], term: str, *, least_precision: float) -> Found:
    """What would be found if a term of the scorecard said nothing."""
    changed = []
    for each in clusters:
        expected = each.without[term]
        fails = each.fails - {LIKELY} | ({LIKELY} if expected < least_precision else set())
        cluster = replace(each.cluster, expected_precision=expected)
        changed.append((each, _flagged(replace(each, cluster=cluster), fails)))
    return _in_order(changed)


def terms_of(clusters: tuple[Judged, ...]) -> tuple[str, ...]:
    """The terms that the run's scorecard has, by name."""
    return tuple(sorted({term for each in clusters for term in each.without}))


def _failed(row: Mapping[str, Any], job: DetectJob) -> set[str]:
    fails = set()
    if row["conductance"] > job.flags.most_conductance:
        fails.add(CLOSED)
    if row["expected_precision"] < job.flags.least_precision:
        fails.add(LIKELY)
    return fails


def _explanations(evidence: list[dict[str, Any]], name: str) -> pa.Table:
    """What a run's evidence says of one explanation, as `EXPLANATIONS`."""
    [explanation] = [each for each in ALL if each.name == name]
    rows = [
        {
            **{key: row[key] for key in ("cluster", "measured", "usual", "degree", "says")},
            "explanation": name,
            "sufficient_for": ",".join(explanation.sufficient_for),
        }
        for row in ({**row, "measured": row["value"]} for row in evidence)
        if row["name"] == _CHECKED + name
    ]
    return pa.Table.from_pylist(rows, schema=EXPLANATIONS.arrow)


def _accounted(
    checked: Table, inner: Table, clustering: Clustering, job: DetectJob
) -> tuple[str, ...]:
    found = accounted_for(
        checked,
        joined_by(layers_inside(inner, clustering)),
        families={each.name: each.family for each in job.detectors},
        at_least=job.flags.explained_from,
    )
    return tuple(row["cluster"] for row in found.rows())


def _flagged(each: Judged, fails: frozenset[str]) -> Cluster:
    explained = each.cluster.explained if fails else None
    return replace(each.cluster, flagged=not fails, explained=explained)


def _in_order(changed: list[tuple[Judged, Cluster]]) -> Found:
    """The clusters in the order of a run: flagged, seeded, by expected precision, as they stood."""
    ordered = sorted(
        changed,
        key=lambda one: (
            not one[1].flagged,
            not one[0].seeded,
            -(one[1].expected_precision or 0.0),
            one[0].place,
        ),
    )
    return Found(tuple(cluster for _, cluster in ordered))
