"""Two clusters side by side: members, shared objects and days in common."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite, asked
from console.web.drawing import page
from console.web.site import Site
from graph.errors import ConfigError
from review.compared import compared
from review.held import HeldRun
from review.naming import named_cluster

routes = APIRouter()

ROWS_AT_MOST = 100


@routes.get("/compare", response_class=HTMLResponse)
def compare(request: Request, site: TheSite, person: Person) -> Response:
    """A cluster beside another, of the same run unless the address names another."""
    run = site.run(request.query_params.get("run"))
    other_run = site.run(request.query_params.get("with_run") or run.name)
    # Forms name a cluster by its place: a browser may send back another text than a name.
    place = request.query_params.get("place")
    cluster = asked(request, "cluster") if place is None else ""
    with_cluster = asked(request, "with_cluster")
    try:
        one = cluster if place is None else _meant(site, run, f"#{place}")
        other = _meant(site, other_run, with_cluster)
        found = compared((run, one), (other_run, other), engine=site.engine)
    except ConfigError as error:
        raise HTTPException(404, str(error)) from error
    days = found.days.to_pylist()
    return page(
        "compare.html",
        person,
        run_name=run.name,
        other_run=other_run.name,
        one=found.one,
        other=found.other,
        members=found.members.slice(0, ROWS_AT_MOST).to_pylist(),
        members_known=found.members.num_rows,
        members_both=found.in_both(found.members, "role"),
        objects=found.objects.slice(0, ROWS_AT_MOST).to_pylist(),
        objects_known=found.objects.num_rows,
        objects_both=found.in_both(found.objects, "members"),
        days=days[-ROWS_AT_MOST:],
        days_known=len(days),
        days_both=found.in_both(found.days, "acts"),
        busiest=max((max(row["acts_one"], row["acts_other"]) for row in days), default=1),
    )


def _meant(site: Site, run: HeldRun, given: str) -> str:
    """The cluster that a name, a place as `#7` or a member's id means."""
    with run.opened(site.engine, "clusters", "members") as tables:
        return named_cluster(run, site.store, given, tables["clusters"], tables["members"])
