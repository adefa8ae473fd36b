"""What the functions behind the programs' routes ask for: the site, who asks, the run."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from console.web.access import Access
from console.web.api.problems import not_there
from console.web.site import Site
from graph.errors import ConfigError
from review.held import HeldRun
from review.naming import named_cluster
from review.people.acting import Acting


def _acting(request: Request) -> Acting:
    acting: Acting = request.scope["acting"]
    return acting


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


Asking = Annotated[Acting, Depends(_acting)]
TheAccess = Annotated[Access, Depends(_access)]


def run_of(site: Site, name: str | None) -> HeldRun:
    """The run that is meant; one that nobody knows is 404."""
    try:
        return site.run(name)
    except ConfigError as error:
        raise not_there(error) from error


def cluster_of(site: Site, run: HeldRun, given: str) -> str:
    """The cluster that is meant; one that nobody knows is 404."""
    with run.opened(site.engine, "clusters", "members") as tables:
        try:
            return named_cluster(run, site.store, given, tables["clusters"], tables["members"])
        except ConfigError as error:
            raise not_there(error) from error
