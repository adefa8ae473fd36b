"""Search: a cluster by its name or place, an account by its id, whatever holds a text."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console.web.asking import Person, TheSite
from console.web.drawing import page
from review.search import search

routes = APIRouter()


@routes.get("/search", response_class=HTMLResponse)
def found(request: Request, site: TheSite, person: Person) -> Response:
    """What a text means in a run."""
    run = site.run(request.query_params.get("run"))
    text = request.query_params.get("q", "").strip()
    result = search(run, site.store, text, engine=site.engine) if text else None
    return page("search.html", person, run_name=run.name, text=text, result=result)
