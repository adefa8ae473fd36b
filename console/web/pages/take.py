"""A view of the queue as a file: whoever takes it says what for, and the history keeps it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping

import pyarrow as pa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.web.asking import Person, Sent, TheSite, asked, one_of
from console.web.pages.queue import held_decisions
from console.web.site import Site
from console.web.view import View, asked_view
from graph.errors import ConfigError
from graph.schema import Column, Schema
from graph.schemas import CLUSTERS
from review.decisions import checked_words
from review.export.csv import write_csv
from review.export.sheet import Sheet
from review.held import HeldRun
from review.queries import list_clusters

routes = APIRouter()

PURPOSE_AT_MOST = 400
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

TYPES: Mapping[str, str] = {"csv": "text/csv", "json": "application/json"}


@routes.post("/take", response_class=Response)
def take(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Every cluster of a view as a file, once the history knows of it."""
    # A form says of which run it is: a new one may have come since the page was shown.
    run = site.run(asked(request, "run"))
    view = asked_view(request.query_params)
    purpose, kind = one_of(form, "purpose"), one_of(form, "format")
    if kind not in TYPES:
        message = f"a view leaves as {' or '.join(TYPES)}, not as {kind[:40]!a}"
        raise ConfigError(message)
    checked_words(purpose, what="a purpose")
    if len(purpose) > PURPOSE_AT_MOST:
        message = f"a purpose has at most {PURPOSE_AT_MOST} characters, not {len(purpose):,}"
        raise ConfigError(message)
    table = _whole(site, run, view)
    data = _csv(table) if kind == "csv" else _json(run, view, table)
    # The name is ours: nothing from outside reaches a header.
    name = f"clusters.{kind}"
    site.store.record_export(
        run.name,
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        rows=table.num_rows,
        purpose=purpose,
        by=person.person,
    )
    told = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=TYPES[kind], headers=told)


def _csv(table: pa.Table) -> bytes:
    """A CSV that a spreadsheet opens without running anything."""
    out = io.BytesIO()
    write_csv(Sheet(VIEW_OF_CLUSTERS, table.to_batches()), out)
    return out.getvalue()


def _json(run: HeldRun, view: View, table: pa.Table) -> bytes:
    """The view and its clusters as JSON, in ASCII."""
    told = {
        "run": run.name,
        "filters": {name: value for name, value in view.filters.items() if value is not None},
        "order": view.sort,
        "matching": table.num_rows,
        "clusters": table.to_pylist(),
    }
    return json.dumps(told, indent=1, allow_nan=False).encode("ascii")


def _whole(site: Site, run: HeldRun, view: View) -> pa.Table:
    rows = list_clusters(
        run, site.store, sort=view.sort, limit=None, engine=site.engine, **view.filters
    ).to_pylist()
    held = held_decisions(site.store.decisions(run.name))
    for row in rows:
        decision = held.get(row["cluster"])
        row["decided_by"] = None if decision is None else decision.by
        row["reason"] = None if decision is None else decision.reason
    return pa.Table.from_pylist(rows, schema=VIEW_OF_CLUSTERS.arrow)
