"""Decisions, their undoing, and notes, by programs: the same functions as the pages' forms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from console.web.api import asks, shapes
from console.web.api.asking import Asking, cluster_of, run_of
from console.web.api.clusters import told_decision
from console.web.api.problems import CONFLICT, Problem
from console.web.asking import TheSite

routes = APIRouter(tags=["deciding"])

_CONFLICT: dict[int | str, dict[str, Any]] = {
    status: {"description": says, "model": Problem} for status, says in CONFLICT.items()
}


@routes.post("/decide", response_model=shapes.DecisionTold, responses=_CONFLICT)
def decide(site: TheSite, asking: Asking, asked: asks.Decide) -> dict[str, Any]:
    """Take a decision on a cluster."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    taken = site.store.decide(
        run.name,
        name,
        asked.outcome,
        reason=asked.reason,
        by=asking.person,
        excluded=asked.excluded,
        seen=asked.seen,
    )
    return told_decision(taken, asking)


@routes.post("/undo", response_model=shapes.DecisionTold, responses=_CONFLICT)
def undo(site: TheSite, asking: Asking, asked: asks.Undo) -> dict[str, Any]:
    """Take back the decision that stands."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    taken = site.store.undo(run.name, name, reason=asked.reason, by=asking.person, seen=asked.seen)
    return told_decision(taken, asking)


@routes.post("/note", response_model=shapes.NoteTold)
def note(site: TheSite, asking: Asking, asked: asks.Remark) -> dict[str, Any]:
    """Add a remark on a cluster."""
    run = run_of(site, asked.run)
    name = cluster_of(site, run, asked.cluster)
    return asdict(site.store.note(run.name, name, asked.text, by=asking.person))
