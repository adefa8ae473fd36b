"""The way in and out: the one-time link, a new link on the console's own terminal, leaving."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.failures import say
from console.web.asking import Person, Sent, TheSite, one_of
from console.web.drawing import page, url
from console.web.guard import session_token
from console.web.session import LONGEST_SECONDS
from graph.errors import ConfigError

routes = APIRouter()


@routes.get("/enter", response_class=HTMLResponse)
def door(request: Request, site: TheSite) -> Response:
    """Where a link leads; looking does not use it up, for mail and chat look at links too."""
    token = request.query_params.get("link", "")
    if not site.sessions.link_holds(token):
        return refusal(401, "this link was used already, or it is too old")
    return page("enter.html", None, link=token, name=site.sessions.person, why="")


@routes.post("/enter")
def enter(request: Request, site: TheSite, form: Sent) -> Response:
    """Use the link up, and begin a session."""
    token = one_of(form, "link")
    try:
        session = site.sessions.enter(token, one_of(form, "name"))
    except ConfigError as error:
        return page("enter.html", None, status=422, link=token, name=None, why=str(error))
    if session is None:
        return refusal(401, "this link was used already, or it is too old")
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        request.app.state.cookie,
        session,
        max_age=LONGEST_SECONDS,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return answer


@routes.post("/link")
def ask_for_link(request: Request, site: TheSite) -> Response:
    """Print a new link where the console runs: whoever reads that terminal may enter."""
    if not site.sessions.may_ask_for_link():
        return refusal(429, "a link was asked for a moment ago: look at the terminal")
    say(f"a new link was asked for: {request.app.state.address}{entry(site.sessions.new_link())}")
    return page("asked.html", None)


@routes.post("/leave")
def leave(request: Request, site: TheSite, person: Person) -> Response:
    """End the session."""
    token = session_token(request.headers, request.app.state.cookie)
    if token is not None:
        site.sessions.leave(token)
    answer = refusal(200, "you have left the console")
    answer.delete_cookie(request.app.state.cookie, path="/", httponly=True, samesite="strict")
    return answer


def entry(token: str) -> str:
    """The path of a link."""
    return url("/enter", link=token)


def refusal(status: int, why: str) -> Response:
    """The page of a request that goes no further, with the reason and the way in."""
    return page("refused.html", None, status=status, number=status, why=why)
