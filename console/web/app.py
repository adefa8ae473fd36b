"""The web console as an application: its routes, its failures, and the guard before it."""

from __future__ import annotations

from importlib import resources

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from console.web import decide
from console.web.access import Access
from console.web.api.app import programs_app
from console.web.api.problems import problem
from console.web.guard import Cookie, Guard
from console.web.known import Known
from console.web.pages import (
    account,
    audit,
    cluster,
    compare,
    deliveries,
    entry,
    explore,
    health,
    queue,
    runs,
    search,
    suppressions,
    take,
)
from console.web.permits import API
from console.web.site import Site
from console.web.tries import Tries
from console.web.watching import Watch
from graph.errors import ConfigError, RingwatchError
from review.people.acting import Refused
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


def console_of(
    site: Site, *, address: str, hosts: list[str], access: Access | None = None
) -> Guard:
    """The application of an open site, behind its guard.

    Args:
        site: what the pages work with.
        address: how browsers reach the console, as `http://127.0.0.1:8472`; links begin with it.
        hosts: every value of the header `Host` that is this console.
        access: who may come how else; by default nobody.
    """
    access = access or Access()
    app = FastAPI(title="Ringwatch", docs_url=None, redoc_url=None, openapi_url=None)
    cookie = _cookie(address)
    app.state.site = site
    app.state.address = address
    app.state.cookie = cookie
    app.state.tries = Tries()
    app.state.watch = Watch(site)
    for part in (*_PAGES, decide, entry, health):
        app.include_router(part.routes)
    app.add_api_route("/static/{name}", static, methods=["GET"], response_class=Response)
    app.mount(API, programs_app(site, access))
    app.add_exception_handler(RingwatchError, _explained)
    app.add_exception_handler(HTTPException, _refused)
    return Guard(
        app,
        known=Known(site.sessions, site.store.people, cookie=cookie.name, proxy=access.proxy),
        access=access,
        watch=app.state.watch,
        hosts=[host.lower() for host in hosts],
        cookie=cookie,
        refusal=lambda status, why: entry.refusal(site, status, why),
        problem=problem,
    )


def _cookie(address: str) -> Cookie:
    # Browsers send cookies to every port of a host: two consoles need two names.
    scheme, _, host = address.partition("://")
    port = host.rsplit(":", 1)[-1] if ":" in host.rsplit("]", 1)[-1] else scheme
    secure = scheme == "https"
    return Cookie(f"{'__Host-' if secure else ''}ringwatch-{port}", secure)


def static(name: str) -> Response:
    """One of the few files that pages ask for; they lie in the package."""
    if name == _PAGES_STYLE:
        return Response(style_sheet(), media_type="text/css")
    if name not in STATIC:
        raise HTTPException(404, "there is no such file")
    found = resources.files("console.web") / "static" / name
    return Response(found.read_bytes(), media_type=STATIC[name])


def _explained(request: Request, error: Exception) -> Response:
    status = 503
    if isinstance(error, ConfigError):
        status = 403 if isinstance(error, Refused) else 400
    return entry.refusal(request.app.state.site, status, str(error))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return entry.refusal(request.app.state.site, error.status_code, error.detail)
