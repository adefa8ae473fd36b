"""An account's page: its clusters in every run, who it acts with, and what it did."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite, asked
from console.web.drawing import page
from console.web.site import Site
from graph.errors import ConfigError
from review.neighbours import expand
from review.queries import AccountView, account_view
from review.run import Run

routes = APIRouter()

PARTNERS_AT_MOST = 25
ACTS_AT_MOST = 200


@routes.get("/account", response_class=HTMLResponse)
def account(request: Request, site: TheSite, person: Person) -> Response:
    """All that the runs and the store know of one account."""
    run = site.run(request.query_params.get("run"))
    id = asked(request, "account")
    view = _view(site, run, id)
    memberships = site.store.memberships(id) if view is None else view.memberships
    states = {
        (each.run, each.cluster): site.store.state(each.run, each.cluster) for each in memberships
    }
    partners = (
        []
        if view is None
        else expand(run, id, limit=PARTNERS_AT_MOST, engine=site.engine).to_pylist()
    )
    return page(
        "account.html",
        person,
        run_name=run.name,
        id=id,
        known_here=view is not None,
        clusters=[] if view is None else view.clusters.to_pylist(),
        memberships=memberships,
        states=states,
        partners=partners,
        partners_known=0 if view is None else _partners(view),
        acts=[] if view is None else view.interactions.slice(0, ACTS_AT_MOST).to_pylist(),
        acts_known=0 if view is None else view.interactions.num_rows,
    )


def _view(site: Site, run: Run, id: str) -> AccountView | None:
    """The account in this run; None where only other runs know it."""
    try:
        return account_view(run, site.store, id, engine=site.engine)
    except ConfigError as error:
        if site.store.memberships(id):
            return None
        raise HTTPException(404, str(error)) from error


def _partners(view: AccountView) -> int:
    ends = zip(view.edges["src"].to_pylist(), view.edges["dst"].to_pylist(), strict=True)
    return len({end for both in ends for end in both} - {view.account})
