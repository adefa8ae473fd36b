"""What a program that is refused is told (RFC 9457): what is wrong, what was there, the mend."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException as PlainHTTPException
from starlette.responses import JSONResponse, Response

from graph.errors import ConfigError
from review.decisions import Overtaken
from review.people.acting import Refused

TYPE = "application/problem+json"
SHOWN_AT_MOST = 80


class Fault(BaseModel):
    """One part of a request that cannot be taken."""

    where: str = Field(description="the part of the request, as `query.limit` or `body.reason`")
    says: str = Field(description="what is wrong with it, and what would do")
    was: str | None = Field(description="what was there instead, cut after 80 characters")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="always `about:blank`: the status says what kind it is")
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what is wrong, what was there instead, and the mend")
    faults: list[Fault] = Field(
        default_factory=list, description="the parts that cannot be taken, where there are such"
    )


STATUSES: Mapping[int, str] = {
    400: "what was sent cannot be read",
    401: "no token, or none that is in force",
    403: "the token, or the role of its person, does not allow it; with who may",
    404: "there is no such run, cluster, account or delivery",
    405: "it is asked for by another method",
    413: "too much was sent",
    415: "what was sent is no JSON",
    421: "the console is not reached by that host name",
    422: "a part of the request cannot be taken",
    500: "a fault of ours; the console's terminal has the details",
    503: "the store or the run refused",
}
CONFLICT = {409: "somebody decided on the cluster meanwhile; nothing was written"}


def problem(
    status: int, detail: str, *, faults: list[Fault] | None = None, **headers: str
) -> Response:
    """The answer to a request that is refused."""
    told = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        faults=faults or [],
    )
    return JSONResponse(
        told.model_dump(), status_code=status, media_type=TYPE, headers=headers or None
    )


def of_house(_: Request, error: Exception) -> Response:
    """A failure that Ringwatch can explain."""
    if isinstance(error, Overtaken):
        return problem(409, str(error))
    if isinstance(error, Refused):
        return problem(403, str(error))
    return problem(422 if isinstance(error, ConfigError) else 503, str(error))


def of_framework(_: Request, error: Exception) -> Response:
    """A failure that says its own status."""
    assert isinstance(error, PlainHTTPException)
    return problem(error.status_code, str(error.detail))


def of_request(_: Request, error: Exception) -> Response:
    """A request whose parts do not have the shape that the description asks for."""
    assert isinstance(error, RequestValidationError)
    faults = [
        Fault(
            where=".".join(str(part) for part in each["loc"]),
            says=_said(each),
            was=_shown(each.get("input")),
        )
        for each in error.errors()
    ]
    told = "; ".join(
        f"`{each.where}`: {each.says}" + ("" if each.was is None else f", not {each.was}")
        for each in faults[:5]
    )
    return problem(422, told, faults=faults)


def not_there(error: ConfigError) -> HTTPException:
    """What somebody named and nobody knows, as 404 in place of 422."""
    return HTTPException(404, str(error))


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a part, in the house's words where the checker's are about its own."""
    kind = error["type"]
    if kind == "extra_forbidden":
        return "nothing of this name is asked for"
    if kind == "string_pattern_mismatch":
        pattern = str(error["ctx"]["pattern"])
        if pattern.startswith("^("):
            return f"one of {', '.join(pattern[2:-2].split('|'))} is needed"
        return "a text that is not blank and holds no NUL is needed"
    return str(error["msg"])


def _shown(given: Any) -> str | None:  # noqa: ANN401 - whatever was sent
    if given is None or isinstance(given, dict | list):
        return None
    return ascii(given)[:SHOWN_AT_MOST]
