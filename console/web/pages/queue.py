"""The queue: a run's clusters, ranked and filtered, page by page, and the same as a file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite
from console.web.drawing import page
from console.web.site import Site
from console.web.view import View, asked_view
from graph.schema import Column, Schema
from graph.schemas import CLUSTERS
from review.decisions import OPEN, STATES, Decision, standing
from review.export.csv import write_csv
from review.export.sheet import Sheet
from review.matching import SORTS
from review.paged import page_of_clusters
from review.queries import list_clusters
from review.run import Run

routes = APIRouter()

VIEW_OF_CLUSTERS = Schema(
    "clusters",
    (
        *CLUSTERS.columns,
        Column("state", "VARCHAR", "the outcome that stands, or `open`"),
        Column("decided_by", "VARCHAR", "who decided so", nullable=True),
        Column("reason", "VARCHAR", "why, in words", nullable=True),
    ),
    key=("cluster",),
)
"""What the file of a view holds."""

ORDERS = {
    "place": "place in the ranking",
    "score": "score",
    "accounts": "members",
    "objects": "shared objects",
    "first": "first joint act",
    "last": "last joint act",
    "name": "name",
}
assert ORDERS.keys() == SORTS.keys()

VIEWS = (
    ("Every cluster", View()),
    ("Flagged, to decide", View(flagged="yes", state=OPEN)),
    ("Needs more", View(state="needs-more")),
    ("Confirmed", View(state="confirmed")),
    ("Listed, not flagged", View(flagged="no")),
)


@routes.get("/", response_class=HTMLResponse)
def queue(request: Request, site: TheSite, person: Person) -> Response:
    """The clusters of a run, ranked and filtered."""
    view = asked_view(request.query_params)
    run = site.run(view.run or None)
    found = page_of_clusters(
        run,
        site.store,
        sort=view.sort,
        limit=view.limit,
        after=view.after or None,
        before=view.before or None,
        engine=site.engine,
        **view.filters,
    )
    rows = found.rows.to_pylist()
    return page(
        "queue.html",
        person,
        run_name=run.name,
        runs=[entry.run for entry in site.runs()],
        view=view,
        views=[(name, each, _same(each, view)) for name, each in VIEWS],
        rows=rows,
        decisions=_decisions(site, run, rows),
        found=found,
        layers=_layers(run, view),
        states=STATES,
        orders=ORDERS,
    )


@routes.get("/queue.csv", response_class=Response)
def queue_as_csv(request: Request, site: TheSite, person: Person) -> Response:
    """Every cluster of a view as a CSV that a spreadsheet opens without running anything."""
    view = asked_view(request.query_params)
    table = _whole(site, view)
    out = io.BytesIO()
    write_csv(Sheet(VIEW_OF_CLUSTERS, table.to_batches()), out)
    return Response(out.getvalue(), media_type="text/csv", headers=_file("clusters.csv"))


@routes.get("/queue.json", response_class=Response)
def queue_as_json(request: Request, site: TheSite, person: Person) -> Response:
    """Every cluster of a view as JSON, in ASCII."""
    view = asked_view(request.query_params)
    rows = _whole(site, view).to_pylist()
    filters = {name: value for name, value in view.filters.items() if value is not None}
    told = {
        "run": site.run(view.run or None).name,
        "filters": filters,
        "order": view.sort,
        "matching": len(rows),
        "clusters": rows,
    }
    text = json.dumps(told, indent=1, allow_nan=False)
    return Response(text, media_type="application/json", headers=_file("clusters.json"))


def _whole(site: Site, view: View) -> pa.Table:
    run = site.run(view.run or None)
    rows = list_clusters(
        run, site.store, sort=view.sort, limit=None, engine=site.engine, **view.filters
    ).to_pylist()
    held = _held(site.store.decisions(run.name))
    for row in rows:
        decision = held.get(row["cluster"])
        row["decided_by"] = None if decision is None else decision.by
        row["reason"] = None if decision is None else decision.reason
    return pa.Table.from_pylist(rows, schema=VIEW_OF_CLUSTERS.arrow)


def _decisions(site: Site, run: Run, rows: list[dict[str, Any]]) -> dict[str, Decision]:
    """The decisions that stand on the clusters of a page."""
    decided = [row["cluster"] for row in rows if row["state"] != OPEN]
    return _held(site.store.decisions(run.name, *decided)) if decided else {}


def _held(decisions: Iterable[Decision]) -> dict[str, Decision]:
    by_cluster: dict[str, list[Decision]] = {}
    for each in decisions:
        by_cluster.setdefault(each.cluster, []).append(each)
    found = {name: standing(given) for name, given in by_cluster.items()}
    return {name: held for name, held in found.items() if held is not None}


def _layers(run: Run, view: View) -> list[str]:
    known = run.manifest.summary.get("layers", {})
    named = set(known) if isinstance(known, dict) else set()
    return sorted(named | {view.layer} - {""})


def _same(one: View, other: View) -> bool:
    return (one.filters, one.sort) == (other.filters, other.sort)


def _file(name: str) -> dict[str, str]:
    # The name is ours: nothing from outside reaches a header.
    return {"content-disposition": f'attachment; filename="{name}"'}
