"""The way in and out: a one-time link or a name and password, and leaving.

Where the store has people they sign in. Where it has none, whoever reads the console's own
terminal enters by a link that it prints.
"""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.failures import say
from console.web.asking import Person, Sent, TheSite, one_of
from console.web.drawing import page, url
from console.web.guard import Cookie
from console.web.known import session_token
from console.web.site import Site
from console.web.watching import Watch
from graph.errors import ConfigError, StoreError
from review.decisions import checked_words
from review.people.people import NOT_IN, TooManyTries

routes = APIRouter()

NO_LINK = "this link was used already, or it is too old"


@routes.get("/enter", response_class=HTMLResponse)
def door(request: Request, site: TheSite) -> Response:
    """Where people sign in, or where a link leads.

    Looking does not use a link up, for mail and chat look at links too.
    """
    if site.store.people.known():
        return page("sign_in.html", None, why="", name="")
    token = request.query_params.get("link", "")
    if not site.sessions.link_holds(token):
        return refusal(site, 401, NO_LINK)
    return page("enter.html", None, link=token, name=site.sessions.person, why="")


@routes.post("/enter")
def enter(request: Request, site: TheSite, form: Sent) -> Response:
    """Use the link up, and begin a session."""
    if site.store.people.known():
        return refusal(site, 401, "links let nobody in where the store has people")
    token = one_of(form, "link")
    try:
        session = site.sessions.enter(token, one_of(form, "name"))
    except ConfigError as error:
        return page("enter.html", None, status=422, link=token, name=None, why=str(error))
    if session is None:
        return refusal(site, 401, NO_LINK)
    return _entered(request.app.state.cookie, session)


@routes.post("/sign-in")
def sign_in(request: Request, site: TheSite, form: Sent) -> Response:
    """Begin a session for whoever gives their name and password; the one before it ends."""
    name = one_of(form, "name").strip()
    client = request.client
    watch: Watch = request.app.state.watch
    if not request.app.state.tries.may(client.host if client else ""):
        watch.tried("too-many")
        why = "too many tries from your address; wait a minute"
        return page("sign_in.html", None, status=429, why=why, name=name)
    try:
        checked_words(name, what="a name")
        # Not stripped: spaces may belong to a password.
        now = time.time_ns() // 1_000_000
        acting = site.store.people.sign_in(name, one_of(form, "password"), at=now)
    except TooManyTries as error:
        watch.tried("too-many")
        return page("sign_in.html", None, status=429, why=str(error), name=name)
    except ConfigError:
        watch.tried("wrong")
        shown = name.replace("\x00", "")
        return page("sign_in.html", None, status=401, why=NOT_IN, name=shown)
    except StoreError as error:
        return refusal(site, 503, str(error))
    watch.tried("in")
    cookie: Cookie = request.app.state.cookie
    before = session_token(request.headers, cookie.name)
    return _entered(cookie, site.sessions.sign_in(acting.person, instead_of=before))


@routes.post("/link")
def ask_for_link(request: Request, site: TheSite) -> Response:
    """Print a new link where the console runs: whoever reads that terminal may enter."""
    if site.store.people.known():
        return refusal(site, 401, "links let nobody in where the store has people")
    if not site.sessions.may_ask_for_link():
        return refusal(site, 429, "a link was asked for a moment ago: look at the terminal")
    say(f"a new link was asked for: {request.app.state.address}{entry(site.sessions.new_link())}")
    return page("asked.html", None)


@routes.post("/leave")
def leave(request: Request, site: TheSite, person: Person) -> Response:
    """End the session."""
    cookie: Cookie = request.app.state.cookie
    token = session_token(request.headers, cookie.name)
    if token is not None:
        site.sessions.leave(token)
    answer = refusal(site, 200, "you have left the console")
    answer.headers.append("set-cookie", cookie.of("", seconds=0))
    return answer


def entry(token: str) -> str:
    """The path of a link."""
    return url("/enter", link=token)


def refusal(site: Site, status: int, why: str) -> Response:
    """The page of a request that goes no further, with the reason and the way in."""
    try:
        people = site.store.people.known()
    except StoreError:
        # The store is what refused: say so, and offer no way in.
        people = True
    return page("refused.html", None, status=status, number=status, why=why, people=people)


def _entered(cookie: Cookie, session: str) -> Response:
    answer = RedirectResponse("/", status_code=303)
    answer.headers.append("set-cookie", cookie.of(session))
    return answer
