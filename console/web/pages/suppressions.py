"""What never leaves: the list, a form that adds to it, and the end of an entry."""

from __future__ import annotations

import time
from dataclasses import asdict

import pyarrow as pa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.days import first_moment_of
from console.web.asking import Person, Sent, TheSite, one_of
from console.web.drawing import page, url
from console.web.guard import Form
from console.web.pages.take import hand_out
from console.web.site import Site
from graph.errors import ConfigError, StoreError
from graph.schema import Column, Schema
from review.deliveries.suppressions import ACCOUNT, CLUSTER

routes = APIRouter()

ROWS_AT_MOST = 200
FIELDS = ("kind", "subject", "reason", "until")
LIST = Schema(
    "suppressions",
    (
        Column("seq", "BIGINT", "its number"),
        Column("kind", "VARCHAR", "`account` or `cluster`"),
        Column("subject", "VARCHAR", "the account's id, or the cluster's lasting id"),
        Column("reason", "VARCHAR", "why"),
        Column("by", "VARCHAR", "its owner"),
        Column("at", "BIGINT", "since when, ms since 1970 UTC"),
        Column("expires_at", "BIGINT", "until when, ms since 1970 UTC"),
    ),
    key=("seq",),
)
"""What the file of the list holds."""


@routes.get("/suppressions", response_class=HTMLResponse)
def suppressions(request: Request, site: TheSite, person: Person) -> Response:
    """What never leaves now, and the form to add to it."""
    return _list(request, site, person)


@routes.post("/suppress")
def suppress(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Keep an account or a cluster from leaving until a day."""
    kind, subject = one_of(form, "kind"), one_of(form, "subject").strip()
    try:
        if kind not in (ACCOUNT, CLUSTER):
            message = f"suppress an {ACCOUNT} or a {CLUSTER}, not {kind[:40]!a}"
            raise ConfigError(message)
        if not subject:
            message = "name what is not to leave"
            raise ConfigError(message)
        site.store.deliveries.suppress(
            account=subject if kind == ACCOUNT else None,
            cluster=subject if kind == CLUSTER else None,
            reason=one_of(form, "reason"),
            by=person.person,
            at=time.time_ns() // 1_000_000,
            expires_at=first_moment_of(one_of(form, "until")),
        )
    except (ConfigError, StoreError) as error:
        return _list(request, site, person, form=form, why=str(error))
    return _see(request)


@routes.post("/lift")
def lift(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """End an entry before its day."""
    number = one_of(form, "number")
    try:
        if not (number.isascii() and number.isdigit() and len(number) <= 18):
            message = "the form lacks what the page put into it: load the page again"
            raise ConfigError(message)
        site.store.deliveries.lift(
            int(number),
            reason=one_of(form, "reason"),
            by=person.person,
            at=time.time_ns() // 1_000_000,
        )
    except (ConfigError, StoreError) as error:
        return _list(request, site, person, why=str(error))
    return _see(request)


@routes.post("/take-suppressions", response_class=Response)
def take(site: TheSite, person: Person, form: Sent) -> Response:
    """The whole list as a file."""

    def rows() -> pa.Table:
        found = site.store.deliveries.suppressions(at=time.time_ns() // 1_000_000)
        return pa.Table.from_pylist([asdict(each) for each in found], LIST.arrow)

    return hand_out(site, person, form, "suppressions", LIST, rows)


def _list(
    request: Request, site: Site, person: Person, *, form: Form | None = None, why: str = ""
) -> Response:
    found = site.store.deliveries.suppressions(at=time.time_ns() // 1_000_000)[::-1]
    given = form or {}
    return page(
        "suppressions.html",
        person,
        status=422 if why else 200,
        run_name=site.run(request.query_params.get("run")).name,
        rows=found[:ROWS_AT_MOST],
        known=len(found),
        why=why,
        given={name: one_of(given, name).replace("\x00", "") for name in FIELDS},
        lifting=form is None and bool(why),
    )


def _see(request: Request) -> Response:
    to = url("/suppressions", run=request.query_params.get("run"))
    return RedirectResponse(to, status_code=303)
