"""Decisions, their undoing, and notes: the forms of a cluster's page.

A form says which decision the person had before them (`seen`). Where a newer one has come since,
nothing is written, and the page comes back with what was decided meanwhile and the person's words.
"""

from __future__ import annotations

from typing import NoReturn

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.web.asking import Person, Sent, TheSite, asked, one_of
from console.web.drawing import url
from console.web.pages.cluster import Said, cluster_page, members_by_number
from console.web.site import Site
from graph.errors import ConfigError, StoreError
from review.decisions import OPEN, Overtaken
from review.held import HeldRun
from review.paged import page_of_clusters

routes = APIRouter()

WORDS_AT_MOST = 4_000


@routes.post("/decide")
def decide(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Take a decision on a cluster; then show it, or the next one to decide."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    numbers = frozenset(map(_number, form.get("exclude", [])))
    said = Said(
        why="",
        form="decide",
        outcome=one_of(form, "outcome"),
        words=one_of(form, "reason"),
        excluded=numbers,
    )
    try:
        excluded = _accounts(site, run, name, numbers)
        _refuse_long(said.words)
        if not said.outcome:
            _refuse("choose an outcome")
        site.store.decide(
            run.name,
            name,
            said.outcome,
            reason=said.words,
            by=person.person,
            excluded=excluded,
            seen=_number(one_of(form, "seen")),
        )
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    if one_of(form, "then") == "next":
        following = _next_open(site, run, name)
        if following is not None:
            return _see(url("/cluster", run=run.name, cluster=following))
    return _see(url("/cluster", run=run.name, cluster=name))


@routes.post("/undo")
def undo(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Take back the decision that stands; what stood before it stands again."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    said = Said(why="", form="undo", words=one_of(form, "reason"))
    try:
        _refuse_long(said.words)
        site.store.undo(
            run.name,
            name,
            reason=said.words,
            by=person.person,
            seen=_number(one_of(form, "seen")),
        )
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    return _see(url("/cluster", run=run.name, cluster=name))


@routes.post("/note")
def note(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Add a remark on a cluster."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    said = Said(why="", form="note", words=one_of(form, "text"))
    try:
        _refuse_long(said.words)
        site.store.note(run.name, name, said.words, by=person.person)
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    return _see(url("/cluster", run=run.name, cluster=name) + "#history")


def _again(
    request: Request,
    site: Site,
    person: Person,
    run: HeldRun,
    name: str,
    said: Said,
    error: ConfigError | StoreError,
) -> Response:
    """The page once more, with the words that were sent and why they were not taken."""
    shown = Said(
        why=str(error),
        form=said.form,
        outcome=said.outcome,
        # A page can hold no NUL, and no reason can: it is what was refused.
        words=said.words.replace("\x00", ""),
        excluded=said.excluded,
    )
    status = 422
    if isinstance(error, StoreError):
        status = 409 if isinstance(error, Overtaken) else 503
    return cluster_page(site, person, run, name, said=shown, status=status)


def _accounts(site: Site, run: HeldRun, name: str, numbers: frozenset[int]) -> list[str]:
    if not numbers:
        return []
    members = members_by_number(site, run, name)
    for number in sorted(numbers):
        if not 1 <= number <= len(members):
            _refuse(f"the cluster has no member number {number}")
    return [members[number - 1] for number in sorted(numbers)]


def _next_open(site: Site, run: HeldRun, name: str) -> str | None:
    found = page_of_clusters(
        run, site.store, limit=1, after=name, engine=site.engine, state=OPEN
    ).rows
    return str(found["cluster"][0].as_py()) if found.num_rows else None


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    _refuse("the form lacks what the page put into it: load the page again")


def _refuse_long(words: str) -> None:
    if len(words) > WORDS_AT_MOST:
        _refuse(f"at most {WORDS_AT_MOST:,} characters, not {len(words):,}; keep what matters")


def _refuse(why: str) -> NoReturn:
    raise ConfigError(why)


def _see(where: str) -> Response:
    return RedirectResponse(where, status_code=303)
