"""The history: what was done, by whom, to what; does it hold, and where it is anchored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, Sent, TheSite
from console.web.drawing import page
from console.web.pages.take import hand_out
from console.web.site import Site
from graph.errors import ConfigError, RingwatchError
from graph.schema import Column, Schema
from review.anchor import read_anchors, verify_all
from review.history import HistoryEntry

routes = APIRouter()

ROWS_AT_MOST = 100
ANCHORS_AT_MOST = 25
LIST = Schema(
    "history",
    (
        Column("seq", "BIGINT", "the entry's number"),
        Column("at", "BIGINT", "when, ms since 1970 UTC"),
        Column("by", "VARCHAR", "who"),
        Column("action", "VARCHAR", "what was done"),
        Column("run", "VARCHAR", "to which run", nullable=True),
        Column("cluster", "VARCHAR", "to which cluster of it", nullable=True),
        Column("details", "VARCHAR", "all else, as JSON"),
        Column("previous", "VARCHAR", "the hash of the entry before"),
        Column("hash", "VARCHAR", "the entry's own"),
    ),
    key=("seq",),
)
"""What the file of the history holds."""

HIDDEN = {"kept_from_view": "until the second review is in"}
_TELLING = ("decide", "undo", "note")


@routes.get("/audit", response_class=HTMLResponse)
def audit(request: Request, site: TheSite, person: Person) -> Response:
    """The entries, the newest first, narrowed to a person or a cluster."""
    asked = request.query_params
    by, cluster = asked.get("by") or None, asked.get("cluster") or None
    found = site.store.history_page(
        by=by, cluster=cluster, before=_number(asked.get("before")), limit=ROWS_AT_MOST
    )
    hidden = site.store.second.hidden(person.person)
    return page(
        "audit.html",
        person,
        run_name=site.run(asked.get("run")).name,
        by=by,
        cluster=cluster,
        rows=[_row(each, hidden) for each in found.entries],
        found=found,
        verified=_verified(site) if asked.get("verify") == "yes" else None,
        **_anchors(site),
    )


@routes.post("/take-audit", response_class=Response)
def take(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Every entry of what is asked for as a file."""
    asked = request.query_params
    by, cluster = asked.get("by") or None, asked.get("cluster") or None

    def rows() -> pa.Table:
        found = site.store.history_page(by=by, cluster=cluster, limit=None)
        hidden = site.store.second.hidden(person.person)
        return pa.Table.from_pylist([_row(each, hidden) for each in found.entries], LIST.arrow)

    told = {"by": by, "cluster": cluster}
    return hand_out(site, person, form, "history", LIST, rows, told=told)


def _row(entry: HistoryEntry, hidden: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """An entry as a row; of what awaits a second review it tells no more than that it was done."""
    details: Mapping[str, Any] = entry.details
    taken_by = hidden.get((entry.run or "", entry.cluster or ""))
    if entry.action in _TELLING and taken_by == entry.by:
        details = HIDDEN
    return {
        "seq": entry.seq,
        "at": entry.at,
        "by": entry.by,
        "action": entry.action,
        "run": entry.run,
        "cluster": entry.cluster,
        "details": json.dumps(details, sort_keys=True),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _verified(site: Site) -> dict[str, Any]:
    """Whether the chain holds, or the first thing that does not."""
    try:
        found = verify_all(site.store, site.anchors)
    except RingwatchError as error:
        return {"holds": False, "says": str(error)}
    says = (
        f"{found.entries:,} entries hold, and the ids of {found.identified_runs:,} runs, against"
        f" {found.anchors:,} anchors; newest hash {found.head}"
    )
    return {"holds": True, "says": says}


def _anchors(site: Site) -> dict[str, Any]:
    if site.anchors is None:
        return {"anchors": [], "anchors_known": 0, "anchors_file": None, "anchors_fault": ""}
    try:
        found = read_anchors(site.anchors)
    except ConfigError as error:
        found, fault = [], str(error)
    else:
        fault = ""
    return {
        "anchors": found[::-1][:ANCHORS_AT_MOST],
        "anchors_known": len(found),
        "anchors_file": str(site.anchors),
        "anchors_fault": fault,
    }


def _number(given: str | None) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        message = f"entries have numbers, not {given[:40]!a}"
        raise ConfigError(message)
    return int(given)
