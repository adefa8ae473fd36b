"""The programs' door as an application: its routes, its failures, its description."""

from __future__ import annotations

from importlib import metadata
from typing import Any

from fastapi import FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException

from console.web.access import Access
from console.web.api import accounts, clusters, deciding, problems
from console.web.permits import API
from console.web.site import Site
from graph.errors import RingwatchError

DESCRIPTION = """\
What the console's pages show and take, for programs. Every request bears a token
(`ringwatch people token`), and may do what the token was made for and its person's role allows.
Ids are text, byte for byte. Times are whole milliseconds since 1970 UTC.
"""


def programs_app(site: Site, access: Access) -> FastAPI:
    """The application behind `/api/v1`; who asks was checked before it (`console.web.guard`)."""
    app = _app()
    app.state.site, app.state.access = site, access
    app.add_exception_handler(RingwatchError, problems.of_house)
    app.add_exception_handler(HTTPException, problems.of_framework)
    app.add_exception_handler(RequestValidationError, problems.of_request)
    return app


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description: every refusal is a problem, and says so."""
    told = app.openapi()
    for operations in told["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if status >= "4" and "application/json" in answer.get("content", {}):
                    content = answer["content"]
                    content[problems.TYPE] = content.pop("application/json")
    return told


def _app() -> FastAPI:
    app = FastAPI(
        title="Ringwatch",
        version=metadata.version("ringwatch"),
        summary="Coordinated clusters: what was found, and what people made of it",
        description=DESCRIPTION,
        openapi_url=None,
        servers=[{"url": API}],
        dependencies=[Security(HTTPBearer(auto_error=False, description="`rwt_...`"))],
        responses={
            status: {"description": says, "model": problems.Problem}
            for status, says in problems.STATUSES.items()
        },
    )
    for part in (clusters, accounts, deciding):
        app.include_router(part.routes)
    app.add_api_route("/openapi.json", _openapi, methods=["GET"], include_in_schema=False)
    return app


def _openapi(request: Request) -> JSONResponse:
    return JSONResponse(described(request.app))
