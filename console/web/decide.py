"""Decisions, second reviews, their undoing, claims and notes: the forms of a cluster's page.

A form says which decision the person had before them (`seen`). Where a newer one has come since,
nothing is written, and the page comes back with what was decided meanwhile and the person's words.
"""

from __future__ import annotations

import time
from typing import NoReturn

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from console.web.asking import Person, Sent, TheSite, asked, one_of
from console.web.drawing import url
from console.web.guard import Form
from console.web.pages.cluster import Said, cluster_page, members_by_number
from console.web.site import Site
from graph.errors import ConfigError, StoreError
from review.decisions import OPEN, Overtaken
from review.held import HeldRun
from review.paged import page_of_clusters
from review.second.pending import ADJUDICATION, SECOND_REVIEW

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
            only_new=one_of(form, "about") == "new",
        )
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    site.store.claims.release(run.name, name, by=person.person, at=_now())
    return _on(site, person, run, name, form, OPEN)


@routes.post("/second")
def second(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Review a decision as the second person, who does not know it."""
    return _reviewed(request, site, person, form, "second", SECOND_REVIEW)


@routes.post("/settle")
def settle(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Settle a decision and a second review that differ."""
    return _reviewed(request, site, person, form, "settle", ADJUDICATION)


@routes.post("/second-undo")
def undo_second(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Take one's own second review back."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    said = Said(why="", form="second-undo", words=one_of(form, "reason"))
    try:
        _refuse_long(said.words)
        site.store.second.undo(run.name, name, reason=said.words, by=person.person, at=_now())
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    return _see(url("/cluster", run=run.name, cluster=name))


@routes.post("/claim")
def claim(request: Request, site: TheSite, person: Person, form: Sent) -> Response:
    """Claim a cluster for a while, or let go of it."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    claims = site.store.claims
    try:
        if one_of(form, "turn") == "release":
            claims.release(run.name, name, by=person.person, at=_now())
        else:
            claims.take(run.name, name, by=person.person, at=_now())
    except (ConfigError, StoreError) as error:
        said = Said(why=str(error), form="claim")
        return cluster_page(site, person, run, name, said=said, status=409)
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


def _reviewed(
    request: Request, site: Site, person: Person, form: Form, what: str, state: str
) -> Response:
    """Take a second review or what settles one; then show the cluster, or the next that waits."""
    run, name = site.run(asked(request, "run")), asked(request, "cluster")
    numbers = frozenset(map(_number, form.get("exclude", [])))
    said = Said(
        why="",
        form=what,
        outcome=one_of(form, "outcome"),
        words=one_of(form, "reason"),
        excluded=numbers,
    )
    try:
        excluded = _accounts(site, run, name, numbers)
        _refuse_long(said.words)
        if not said.outcome:
            _refuse("choose an outcome")
        take = site.store.second.review if what == "second" else site.store.second.settle
        take(
            run.name,
            name,
            said.outcome,
            reason=said.words,
            by=person.person,
            at=_now(),
            excluded=excluded,
            seen=_number(one_of(form, "seen")),
        )
    except (ConfigError, StoreError) as error:
        return _again(request, site, person, run, name, said, error)
    site.store.claims.release(run.name, name, by=person.person, at=_now())
    return _on(site, person, run, name, form, state)


def _on(site: Site, person: Person, run: HeldRun, name: str, form: Form, state: str) -> Response:
    """To the next cluster in a state that nobody else is at work on, or back to this one."""
    following = None
    if one_of(form, "then") == "next":
        taken = [
            cluster
            for cluster, held in site.store.claims.of_run(run.name, at=_now()).items()
            if held.by != person.person
        ]
        if state != OPEN:
            taken += [
                each.cluster
                for each in site.store.second.waiting(run.name)
                if not (each.may_review(person.person) or each.may_settle(person.person))
            ]
        found = page_of_clusters(
            run, site.store, limit=1, after=name, engine=site.engine, state=state, without=taken
        ).rows
        following = str(found["cluster"][0].as_py()) if found.num_rows else None
    return _see(url("/cluster", run=run.name, cluster=following or name))


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


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    _refuse("the form lacks what the page put into it: load the page again")


def _refuse_long(words: str) -> None:
    if len(words) > WORDS_AT_MOST:
        _refuse(f"at most {WORDS_AT_MOST:,} characters, not {len(words):,}; keep what matters")


def _refuse(why: str) -> NoReturn:
    raise ConfigError(why)


def _now() -> int:
    return time.time_ns() // 1_000_000


def _see(where: str) -> Response:
    return RedirectResponse(where, status_code=303)
