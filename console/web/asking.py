"""What the functions behind routes ask for: the site, who is in, the form that was sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from console.web.guard import Form
from console.web.session import Session
from console.web.site import Site
from graph.errors import ConfigError


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _person(request: Request) -> Session:
    session: Session | None = request.scope["session"]
    if session is None:
        raise HTTPException(401, "you are not in, or your session has ended")
    return session


def _form(request: Request) -> Form:
    form: Form = request.scope["form"]
    return form


TheSite = Annotated[Site, Depends(_site)]
Person = Annotated[Session, Depends(_person)]
Sent = Annotated[Form, Depends(_form)]


def asked(request: Request, name: str) -> str:
    """A part of the address that a page cannot do without.

    Raises:
        ConfigError: the address lacks it.
    """
    value = request.query_params.get(name)
    if value is None:
        message = f"the address lacks `{name}`"
        raise ConfigError(message)
    return value


def one_of(form: Form, name: str) -> str:
    """A field of a form that has one value, blank where it was not sent; line ends are LF."""
    values = form.get(name, [])
    return values[0].replace("\r\n", "\n") if values else ""
