"""The web console as an application: its routes, its failures, and the guard before it."""

from __future__ import annotations

from importlib import resources

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from console.web import decide
from console.web.guard import Guard
from console.web.pages import (
    account,
    audit,
    cluster,
    compare,
    deliveries,
    entry,
    explore,
    queue,
    runs,
    search,
    suppressions,
    take,
)
from console.web.site import Site
from graph.errors import ConfigError, RingwatchError
from review.report.page import style_sheet

STATIC = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "mark.svg": "image/svg+xml",
}
_PAGES = (
    queue, cluster, account, explore, search, runs, compare, take, deliveries, suppressions, audit,
)  # fmt: skip
_PAGES_STYLE = "pages.css"


def console_of(site: Site, *, address: str, hosts: list[str]) -> Guard:
    """The application of an open site, behind its guard.

    Args:
        site: what the pages work with.
        address: how browsers reach the console, as `http://127.0.0.1:8472`; links begin with it.
        hosts: every value of the header `Host` that is this console.
    """
    app = FastAPI(title="Ringwatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = site
    app.state.address = address
    # Browsers send cookies to every port of a host: two consoles need two names.
    app.state.cookie = f"ringwatch-{address.rsplit(':', 1)[-1]}"
    for part in (*_PAGES, decide, entry):
        app.include_router(part.routes)
    app.add_api_route("/static/{name}", static, methods=["GET"], response_class=Response)
    app.add_exception_handler(RingwatchError, _explained)
    app.add_exception_handler(HTTPException, _refused)
    return Guard(
        app,
        sessions=site.sessions,
        hosts=[host.lower() for host in hosts],
        cookie=app.state.cookie,
        refusal=entry.refusal,
    )


def static(name: str) -> Response:
    """One of the few files that pages ask for; they lie in the package."""
    if name == _PAGES_STYLE:
        return Response(style_sheet(), media_type="text/css")
    if name not in STATIC:
        raise HTTPException(404, "there is no such file")
    found = resources.files("console.web") / "static" / name
    return Response(found.read_bytes(), media_type=STATIC[name])


def _explained(_: Request, error: Exception) -> Response:
    return entry.refusal(400 if isinstance(error, ConfigError) else 503, str(error))


def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return entry.refusal(error.status_code, error.detail)
