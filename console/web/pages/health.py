"""Whether the console lives and is ready, and its numbers: for supervisors, not for people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from console.failures import say
from console.web.asking import TheSite
from console.web.site import Site
from console.web.watching import Watch
from graph.errors import RingwatchError

routes = APIRouter()


@routes.get("/healthz", response_class=PlainTextResponse)
def alive() -> str:
    """The process answers."""
    return "ok\n"


@routes.get("/readyz")
def ready(site: TheSite) -> Response:
    """Whether the console can do its work: 503 with the reasons where not."""
    reasons = [why for why in (_store_fault(site), _run_fault(site)) if why]
    return JSONResponse(
        {"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200
    )


@routes.get("/metrics")
def metrics(request: Request) -> Response:
    """The numbers, as Prometheus reads them."""
    watch: Watch = request.app.state.watch
    told, kind = watch.text()
    return Response(told, media_type=kind)


def _store_fault(site: Site) -> str:
    try:
        site.store.check()
    except RingwatchError as error:
        # Whoever asks is not known: no path and no address goes out.
        say(f"not ready: {error}")
        return "the store does not answer, or its tables are of another version"
    return ""


def _run_fault(site: Site) -> str:
    try:
        found = site.runs()
    except RingwatchError as error:
        say(f"not ready: {error}")
        return "the list of runs cannot be read"
    return "" if found else "no run is published"
