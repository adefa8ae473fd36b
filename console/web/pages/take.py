"""Tables of pages as files: whoever takes one says what for, and the history keeps it."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from console.web.asking import Person, Sent, TheSite, asked, one_of
from console.web.guard import Form
from console.web.pages.queue import held_decisions
from console.web.session import Session
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
    told = {
        "run": run.name,
        "filters": {name: value for name, value in view.filters.items() if value is not None},
        "order": view.sort,
    }
    return hand_out(
        site, person, form, "clusters", VIEW_OF_CLUSTERS, lambda: _whole(site, run, view),
        run=run.name, told=told,
    )  # fmt: skip


def hand_out(
    site: Site,
    person: Session,
    form: Form,
    what: str,
    schema: Schema,
    rows: Callable[[], pa.Table],
    *,
    run: str | None = None,
    told: Mapping[str, Any] | None = None,
) -> Response:
    """A table as a file, as the form asks (`purpose`, `format`); the history knows of it first.

    Args:
        site: the console.
        person: who takes it.
        form: what was sent.
        what: the table's name, and the file's: nothing from outside reaches a header.
        schema: its columns.
        rows: makes it, all of it; asked for once it is known what for.
        run: the run that it is of, if it is of one.
        told: what else a JSON file tells.

    Raises:
        ConfigError: no purpose or one that is too long, or no format that there is.
    """
    purpose, kind = one_of(form, "purpose"), one_of(form, "format")
    if kind not in TYPES:
        message = f"a table leaves as {' or '.join(TYPES)}, not as {kind[:40]!a}"
        raise ConfigError(message)
    checked_words(purpose, what="a purpose")
    if len(purpose) > PURPOSE_AT_MOST:
        message = f"a purpose has at most {PURPOSE_AT_MOST} characters, not {len(purpose):,}"
        raise ConfigError(message)
    table = rows()
    data = _csv(table, schema) if kind == "csv" else _json(what, table, told or {})
    name = f"{what}.{kind}"
    site.store.record_export(
        run,
        file=name,
        sha256=hashlib.sha256(data).hexdigest(),
        rows=table.num_rows,
        purpose=purpose,
        by=person.person,
    )
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=TYPES[kind], headers=headers)


def _csv(table: pa.Table, schema: Schema) -> bytes:
    """A CSV that a spreadsheet opens without running anything."""
    out = io.BytesIO()
    write_csv(Sheet(schema, table.to_batches()), out)
    return out.getvalue()


def _json(what: str, table: pa.Table, told: Mapping[str, Any]) -> bytes:
    """The rows as JSON, in ASCII."""
    whole = {**told, "matching": table.num_rows, what: table.to_pylist()}
    return json.dumps(whole, indent=1, allow_nan=False).encode("ascii")


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
