"""The queue: a run's clusters, ranked and filtered, page by page."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.web.asking import Person, Sent, TheSite, one_of
from console.web.drawing import page
from console.web.site import Site
from console.web.view import View, asked_view, view_of_text
from graph.errors import ConfigError
from review.decisions import GROWN, OPEN, STATES, Decision, standing
from review.matching import SORTS
from review.paged import page_of_clusters
from review.people.roles import READ_ACCOUNTS
from review.run import Run
from review.saved_views import SavedView
from review.second.pending import ADJUDICATION, SECOND_REVIEW

routes = APIRouter()

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
    ("Second review", View(state=SECOND_REVIEW)),
    ("To settle", View(state=ADJUDICATION)),
    ("Grown since", View(state=GROWN)),
    ("Needs more", View(state="needs-more")),
    ("Confirmed", View(state="confirmed")),
    ("Listed, not flagged", View(flagged="no")),
)


@routes.get("/", response_class=HTMLResponse)
def queue(request: Request, site: TheSite, person: Person) -> Response:
    """The clusters of a run, ranked and filtered."""
    view = asked_view(request.query_params)
    if view.text:
        # Who asks for a text learns whether an account is in a cluster.
        person.demand(READ_ACCOUNTS)
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
    now = time.time_ns() // 1_000_000
    sees = person.may(READ_ACCOUNTS)
    kept = [_kept(each, view, sees=sees) for each in site.store.views.of(person.person)]
    return page(
        "queue.html",
        person,
        run_name=run.name,
        runs=[entry.run for entry in site.runs()],
        view=view,
        views=[(name, each, _same(each, view)) for name, each in VIEWS],
        kept=kept,
        me=person.person,
        claims=site.store.claims.of_run(run.name, at=now),
        rows=rows,
        decisions=_decisions(site, run, rows),
        found=found,
        layers=_layers(run, view),
        states=STATES,
        orders=ORDERS,
    )


@routes.post("/view")
def keep_view(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Keep the view under a name, or remove one of one's own."""
    view = asked_view(request.query_params)
    if view.text:
        person.demand(READ_ACCOUNTS)
    name, now = one_of(form, "name"), time.time_ns() // 1_000_000
    if one_of(form, "turn") == "remove":
        site.store.views.remove(name, by=person.person, at=now)
    else:
        site.store.views.save(
            name,
            view.as_text,
            by=person.person,
            at=now,
            shared=one_of(form, "shared") == "yes",
        )
    return RedirectResponse(view.at("/"), status_code=303)


def _kept(saved: SavedView, view: View, *, sees: bool) -> dict[str, Any]:
    """A saved view as a link; one that an earlier version kept may mean nothing any more.

    One that asks for a text may name an account: it leads on whoever sees accounts, and no others.
    """
    try:
        meant = view_of_text(saved.filters)
    except ConfigError as error:
        return {"saved": saved, "to": None, "why": str(error), "same": False}
    if meant.text and not sees:
        return {"saved": saved, "to": None, "why": "it asks for accounts", "same": False}
    return {
        "saved": saved,
        "to": meant.at("/", run=view.run),
        "why": "",
        "same": _same(meant, view),
    }


def _decisions(site: Site, run: Run, rows: list[dict[str, Any]]) -> dict[str, Decision]:
    """The decisions that stand on the clusters of a page."""
    decided = [row["cluster"] for row in rows if row["state"] != OPEN]
    return held_decisions(site.store.decisions(run.name, *decided)) if decided else {}


def held_decisions(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The decision that stands on each cluster, where one does."""
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
