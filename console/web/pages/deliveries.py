"""Deliveries: the list, one with its manifest, items and receipts, and what is done with it.

All that a form does is what the commands do (`ringwatch deliver`, `approve`, `cancel`, `send`,
`receipts`, `recall`), by the same functions. What is refused comes back on the page it was sent
from, with the reason.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.web.asking import Person, Sent, TheSite, asked, one_of
from console.web.drawing import page, url
from console.web.guard import Form
from console.web.pages.take import hand_out
from console.web.site import Site
from graph.errors import ConfigError, StoreError
from graph.schema import Column, Schema
from review.deliveries.destinations import FILE, named_destination, read_destinations
from review.deliveries.folder import FOLDER, MANIFEST
from review.deliveries.proposing import propose, recall
from review.deliveries.receipts import read_receipts
from review.deliveries.sending import fetch_receipts, send
from review.deliveries.state import (
    APPROVED,
    CANCELLED,
    DEAD,
    HELD,
    NOT_SENT,
    RECALL,
    RECALLED,
    SENDING,
    Delivery,
)
from review.people import roles

routes = APIRouter()

ROWS_AT_MOST = 100
ITEMS_AT_MOST = 200
FIELDS = ("destination", "purpose", "action", "hold")
HOLD_MINUTES_AT_MOST = 7 * 24 * 60
_VERBS = {
    "approve": roles.APPROVE,
    "cancel": roles.APPROVE,
    "send": roles.SEND,
    "try": roles.SEND,
    "recall": roles.RECALL,
    "fetch": roles.RECEIVE,
}

LIST = Schema(
    "deliveries",
    (
        Column("delivery", "VARCHAR", "its name"),
        Column("op", "VARCHAR", "`upsert` or `recall`"),
        Column("destination", "VARCHAR", "where to"),
        Column("run", "VARCHAR", "the run whose clusters they are"),
        Column("purpose", "VARCHAR", "what for"),
        Column("state", "VARCHAR", "as it stands"),
        Column("items", "BIGINT", "accounts it names"),
        Column("recalled", "BIGINT", "accounts that were taken back"),
        Column("by", "VARCHAR", "who proposed it"),
        Column("at", "BIGINT", "when, ms since 1970 UTC"),
        Column("held_until", "BIGINT", "held until, ms since 1970 UTC"),
        Column("manifest_sha256", "VARCHAR", "the digest of its manifest"),
    ),
    key=("delivery",),
)
ITEMS = Schema(
    "items",
    (
        Column("account", "VARCHAR", "the account"),
        Column("identity", "VARCHAR", "its cluster's lasting id"),
        Column("cluster", "VARCHAR", "the cluster's name in the run"),
        Column("action", "VARCHAR", "what is recommended"),
        Column("decision", "BIGINT", "the decision that confirms it"),
        Column("status", "VARCHAR", "the newest receipt", nullable=True),
        Column("code", "VARCHAR", "the receipt's code"),
        Column("recalled_by", "VARCHAR", "the recall that took it back", nullable=True),
        Column("item_id", "VARCHAR", "the item's name"),
    ),
    key=("item_id",),
)
"""What the files of these tables hold."""


@routes.get("/deliveries", response_class=HTMLResponse)
def deliveries(request: Request, site: TheSite, person: Person) -> Response:
    """Every delivery, the newest first, and the form to propose one."""
    return _list(request, site, person)


@routes.get("/delivery", response_class=HTMLResponse)
def delivery(request: Request, site: TheSite, person: Person) -> Response:
    """One delivery: what it says, what it names, what came back."""
    return _one(request, site, person)


@routes.post("/deliver")
def deliver(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Propose a delivery of what is confirmed in a run."""
    run, now = site.run(asked(request, "run")), _now()
    where, given = one_of(form, "destination"), one_of(form, "hold")
    try:
        named_destination(site.out / FILE, where)
        if not (given.isascii() and given.isdigit() and int(given) <= HOLD_MINUTES_AT_MOST):
            message = f"a delivery is held for 0 to {HOLD_MINUTES_AT_MOST:,} minutes"
            raise ConfigError(message)
        made = propose(
            site.store,
            run,
            site.engine,
            site.out / FOLDER,
            destination=where,
            purpose=one_of(form, "purpose"),
            by=person.person,
            at=now,
            action=one_of(form, "action"),
            hold_ms=int(given) * 60_000,
        )
    except (ConfigError, StoreError) as error:
        return _list(request, site, person, form=form, why=str(error))
    if made.delivery is None:
        stay = "".join(f"; stays: {n} {why}" for why, n in made.left_out.items())
        why = f"nothing is to leave to this destination that did not leave before{stay}"
        return _list(request, site, person, form=form, why=why)
    return _see(made.delivery)


@routes.post("/approve")
def approve(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Let a held delivery leave."""
    name = asked(request, "delivery")
    return _done(
        request, site, person, form, "approve",
        lambda: site.store.deliveries.approve(
            name, by=person.person, at=_now(), reason=one_of(form, "reason")
        ),
    )  # fmt: skip


@routes.post("/cancel")
def cancel(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Keep a delivery that was not sent from leaving."""
    name = asked(request, "delivery")
    return _done(
        request, site, person, form, "cancel",
        lambda: site.store.deliveries.cancel(
            name, by=person.person, at=_now(), reason=one_of(form, "reason")
        ),
    )  # fmt: skip


@routes.post("/send")
def send_now(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Send what is approved and no longer held, or try anew what was given up."""
    name = asked(request, "delivery")

    def send_it() -> object:
        found = site.store.deliveries.get(name)
        where = named_destination(site.out / FILE, found.destination)
        return send(
            site.store.deliveries,
            site.out / FOLDER,
            name,
            where,
            by=person.person,
            again=one_of(form, "again") == "yes",
        )

    return _done(request, site, person, form, "send", send_it)


@routes.post("/receipts")
def receipts(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Ask the receiver what became of each account."""
    name = asked(request, "delivery")

    def fetch() -> object:
        found = site.store.deliveries.get(name)
        where = named_destination(site.out / FILE, found.destination)
        came = read_receipts(fetch_receipts(where, name, now=_now()))
        return site.store.deliveries.receive(name, came, by=person.person, at=_now())

    return _done(request, site, person, form, "receipts", fetch)


@routes.post("/recall")
def take_back(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Take back what a delivery sent, by a delivery of its own, which is shown next."""
    name = asked(request, "delivery")
    try:
        made = recall(
            site.store,
            site.out / FOLDER,
            name,
            reason=one_of(form, "reason"),
            by=person.person,
            at=_now(),
            undone=one_of(form, "which") == "undone",
        )
    except (ConfigError, StoreError) as error:
        return _one(request, site, person, form=form, what="recall", error=error)
    assert made.delivery is not None
    return _see(made.delivery)


@routes.post("/take-deliveries", response_class=Response)
def take_list(site: TheSite, person: Person, form: Sent) -> Response:
    """Every delivery as a file."""

    def rows() -> pa.Table:
        found = [asdict(each) for each in site.store.deliveries.all()]
        names = LIST.arrow.names
        return pa.Table.from_pylist([{n: row[n] for n in names} for row in found], LIST.arrow)

    return hand_out(site, person, form, "deliveries", LIST, rows)


@routes.post("/take-items", response_class=Response)
def take_items(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Every account of a delivery as a file."""
    found = _known(site, asked(request, "delivery"))

    def rows() -> pa.Table:
        items = site.store.deliveries.items(found.delivery)
        return pa.Table.from_pylist([asdict(each) for each in items], ITEMS.arrow)

    told = {"delivery": found.delivery, "state": found.state}
    return hand_out(site, person, form, "items", ITEMS, rows, run=found.run, told=told)


def _done(
    request: Request, site: Site, person: Person, form: Form, what: str, act: Callable[[], object]
) -> Response:
    try:
        act()
    except (ConfigError, StoreError) as error:
        return _one(request, site, person, form=form, what=what, error=error)
    return _see(asked(request, "delivery"))


def _list(
    request: Request, site: Site, person: Person, *, form: Form | None = None, why: str = ""
) -> Response:
    found = site.store.deliveries.all()
    run = site.run(request.query_params.get("run"))
    destinations, fault = _destinations(site)
    given = form or {}
    return page(
        "deliveries.html",
        person,
        status=422 if why else 200,
        run_name=run.name,
        rows=found[:ROWS_AT_MOST],
        known=len(found),
        destinations=destinations,
        fault=fault,
        why=why,
        # A page can hold no NUL, and no purpose can: it is what was refused.
        given={name: one_of(given, name).replace("\x00", "") for name in FIELDS},
        file=FILE,
    )


def _one(
    request: Request,
    site: Site,
    person: Person,
    *,
    form: Form | None = None,
    what: str = "",
    error: ConfigError | StoreError | None = None,
) -> Response:
    found = _known(site, asked(request, "delivery"))
    items = site.store.deliveries.items(found.delivery)
    start = _start(request.query_params.get("from", "0"), len(items))
    state, now = found.state, _now()
    open_now = {
        "approve": state == HELD,
        "cancel": state in NOT_SENT,
        "send": state in (APPROVED, SENDING),
        "try": state == DEAD,
        "recall": found.op != RECALL and state not in (*NOT_SENT, CANCELLED, RECALLED),
        "fetch": _has_receipts(site, found),
    }
    status = 200 if error is None else 409 if isinstance(error, StoreError) else 422
    return page(
        "delivery.html",
        person,
        status=status,
        run_name=found.run,
        one=found,
        manifest=_manifest(site, found),
        items=items[start : start + ITEMS_AT_MOST],
        start=start,
        at_most=ITEMS_AT_MOST,
        known=len(items),
        told=", ".join(f"{count} {each}" for each, count in found.receipts.items()),
        own=person.person in site.store.deliveries.deciders(found.delivery),
        **{f"may_{what}": is_open and _may(person, what) for what, is_open in open_now.items()},
        idle=not any(open_now.values()),
        held_still=now < found.held_until,
        what=what,
        why="" if error is None else str(error),
        words=one_of(form or {}, "reason").replace("\x00", ""),
    )


def _may(person: Person, what: str) -> bool:
    """Whether somebody's role does this with a delivery; whose decisions it rests on is apart."""
    return person.may(_VERBS[what], keeps=("not-own",))


def _known(site: Site, name: str) -> Delivery:
    try:
        return site.store.deliveries.get(name)
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error


def _destinations(site: Site) -> tuple[list[str], str]:
    """The destinations that the file allows; why it cannot be read, if it cannot."""
    try:
        return sorted(read_destinations(site.out / FILE)), ""
    except ConfigError as error:
        return [], str(error)


def _has_receipts(site: Site, found: Delivery) -> bool:
    try:
        where = named_destination(site.out / FILE, found.destination)
    except ConfigError:
        return False
    return where.receipts_url is not None and found.state not in (*NOT_SENT, CANCELLED)


def _manifest(site: Site, found: Delivery) -> Mapping[str, Any]:
    """What the manifest says; empty where its folder was taken away."""
    try:
        text = (site.out / FOLDER / found.delivery / MANIFEST).read_text(encoding="utf-8")
    except OSError:
        return {}
    told: dict[str, Any] = json.loads(text)
    return told


def _start(given: str, known: int) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        message = f"rows begin at a number, not at {given[:40]!a}"
        raise ConfigError(message)
    return min(int(given), max(known - 1, 0))


def _see(delivery: str) -> Response:
    return RedirectResponse(url("/delivery", delivery=delivery), status_code=303)


def _now() -> int:
    return time.time_ns() // 1_000_000
