"""The queue: a run's clusters, ranked and filtered, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite
from console.web.drawing import page
from console.web.site import Site
from console.web.view import View, asked_view
from review.decisions import OPEN, STATES, Decision, standing
from review.matching import SORTS
from review.paged import page_of_clusters
from review.people.roles import READ_ACCOUNTS
from review.run import Run

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
