"""The tables of a published run that exports and reports read, held by an engine."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING

from graph.table import Table
from review.run import Run

if TYPE_CHECKING:
    from graph.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTables:
    """One run's tables, each of the schema of its name in `graph.schemas`."""

    clusters: Table
    members: Table
    also_in: Table
    edges: Table
    evidence: Table
    cluster_objects: Table
    joint_acts: Table
    member_interactions: Table
    edges_inside: Table | None = None
    """`review.by_cluster.EDGES_INSIDE`, where somebody made it: the same edges, found sooner"""


READ = tuple(entry.name for entry in fields(RunTables) if entry.default is MISSING)
"""The run's own tables among them."""


def run_tables(run: Run, engine: Engine) -> RunTables:
    """A published run's tables as `engine` reads them."""
    return RunTables(**{name: run.table(engine, name) for name in READ})
